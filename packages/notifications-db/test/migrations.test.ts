import { join } from 'node:path';
import { MongoErrorCode } from '@finova/db-kit';
import { readDomain } from '@finova/db-kit/migrations';
import { createMongoClient } from '@finova/db-kit/mongodb';
import {
  createMongoTestDatabase,
  describeMigrationContract,
  describeSchemaDump,
  type MongoTestDatabase,
  testMongoUrl,
} from '@finova/db-kit/testing';
import { Double, type MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { validNotification, validSettings } from './valid-documents.ts';

const folder = join(import.meta.dirname, '..');

describeMigrationContract(folder);
describeSchemaDump(folder);

describe('the server alone', () => {
  let database: MongoTestDatabase;
  let client: MongoClient;

  beforeAll(async () => {
    database = await createMongoTestDatabase(testMongoUrl(), await readDomain(folder));
    client = createMongoClient({ url: database.url, applicationName: 'finova tests' });
  });
  afterAll(async () => {
    await client.close();
    await database.drop();
  });

  const insert = (collection: string, document: object) =>
    client.db(database.databaseName).collection(collection).insertOne(document);
  const insertNotification = (change: object) => insert('notifications', { ...validNotification(), ...change });
  const insertSettings = (change: object) => insert('notification_settings', { ...validSettings(), ...change });
  const refused = { code: MongoErrorCode.documentValidationFailure };
  const now = new Date();

  it('takes valid documents', async () => {
    await expect(insertNotification({})).resolves.toMatchObject({ acknowledged: true });
    await expect(insertSettings({})).resolves.toMatchObject({ acknowledged: true });
  });

  it('refuses money as a double or a 32-bit integer', async () => {
    for (const amountMinor of [new Double(1_250), 1_250, 12.5]) {
      await expect(insertNotification({ amount: { amountMinor, currency: 'EUR' } })).rejects.toMatchObject(refused);
    }
    await expect(insertSettings({ amountThresholds: [{ currency: 'EUR', minimumMinor: 100 }] })).rejects.toMatchObject(
      refused,
    );
  });

  it('refuses a currency without an amount', async () => {
    await expect(insertNotification({ amount: { currency: 'EUR' } })).rejects.toMatchObject(refused);
  });

  it('refuses an expiry on what is not final, so that nothing unsent is deleted', async () => {
    await expect(insertNotification({ expiresAt: now })).rejects.toMatchObject(refused);
    await expect(
      insertNotification({ status: 'leased', leasedUntil: now, leaseOwner: 'w', expiresAt: now }),
    ).rejects.toMatchObject(refused);
  });

  it('refuses final notifications that would be sent again or never expire', async () => {
    const { nextAttemptAt: _, ...final } = { ...validNotification(), status: 'sent', sentAt: now };
    await expect(insert('notifications', { ...final, expiresAt: now, nextAttemptAt: now })).rejects.toMatchObject(
      refused,
    );
    await expect(insert('notifications', final)).rejects.toMatchObject(refused);
    await expect(insert('notifications', { ...final, expiresAt: now })).resolves.toMatchObject({ acknowledged: true });
  });

  it('refuses a lease without its holder', async () => {
    await expect(insertNotification({ status: 'leased', leasedUntil: now })).rejects.toMatchObject(refused);
  });

  it('refuses unread: false, which would never leave the index', async () => {
    await expect(insertNotification({ unread: false })).rejects.toMatchObject(refused);
  });

  it.each([
    ['a global scope with an id', { scope: 'global', scopeId: 'payments' }],
    ['a category that does not exist', { scope: 'category', scopeId: 'weather' }],
    ['an account that is no id', { scope: 'account', scopeId: 'mine' }],
    ['a time of day that does not exist', { quietHours: { start: '24:00', end: '07:00', timeZone: 'UTC' } }],
  ])('refuses settings with %s', async (_, change) => {
    await expect(insertSettings(change)).rejects.toMatchObject(refused);
  });

  it('keeps one notification per customer, event and channel, and one setting per customer and scope', async () => {
    const notification = validNotification();
    await insert('notifications', notification);
    await expect(
      insertNotification({ userId: notification.userId, eventId: notification.eventId }),
    ).rejects.toMatchObject({ code: MongoErrorCode.duplicateKey });
    const settings = validSettings();
    await insert('notification_settings', settings);
    await expect(insertSettings({ userId: settings.userId })).rejects.toMatchObject({
      code: MongoErrorCode.duplicateKey,
    });
  });
});
