import { newId } from '@finova/db-kit';
import { typedCollection } from '@finova/db-kit/mongodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type NotificationsDatabase, openNotificationsDatabase } from '../../test/support/notifications-database.ts';
import { validNotification } from '../../test/valid-documents.ts';
import { RecipientErasedError } from '../errors.ts';
import type { NewNotification } from '../input.ts';
import { notifications } from '../schema/notifications.ts';
import { recipients } from '../schema/recipients.ts';
import { DigestRepository } from './digest-repository.ts';
import { ErasureRepository } from './erasure-repository.ts';
import { NotificationRepository } from './notification-repository.ts';
import { NotificationSettingsRepository } from './notification-settings-repository.ts';
import { passGate, withGates } from './recipient-gate.ts';

const ROUNDS = Number(process.env['FINOVA_ATTACK_ROUNDS'] ?? 6);

describe('ErasureRepository', () => {
  let database: NotificationsDatabase;
  let queue: NotificationRepository;
  let settings: NotificationSettingsRepository;
  let erasures: ErasureRepository;
  let userId: string;

  beforeAll(async () => {
    database = await openNotificationsDatabase();
    queue = new NotificationRepository(database.db);
    settings = new NotificationSettingsRepository(database.db);
    erasures = new ErasureRepository(database.db);
  });
  afterAll(() => database.close());
  beforeEach(async () => {
    await database.empty();
    userId = newId();
  });

  const input = (change: Partial<NewNotification> = {}): NewNotification => ({
    userId,
    eventId: newId(),
    channel: 'email',
    category: 'payments',
    severity: 'notice',
    title: 'Payment received',
    body: 'Jonas Weber sent you 12.50 EUR.',
    ...change,
  });
  const left = async (customer = userId) => ({
    notifications: await database.db.collection('notifications').countDocuments({ userId: customer }),
    settings: await database.db.collection('notification_settings').countDocuments({ userId: customer }),
  });
  const tombstone = () => typedCollection(database.db, recipients).findOne({ _id: userId });

  it('deletes everything of a customer and nothing of others', async () => {
    const other = newId();
    await queue.enqueueMany([input(), input(), input({ userId: other })]);
    await settings.put({ userId, scope: 'global' }, { channels: {} });
    await settings.put({ userId: other, scope: 'global' }, { channels: {} });
    expect(await erasures.erase(userId)).toEqual({ notifications: 2, settings: 1 });
    expect(await left()).toEqual({ notifications: 0, settings: 0 });
    expect(await left(other)).toEqual({ notifications: 1, settings: 1 });
    expect(await erasures.isErased(userId)).toBe(true);
    expect(await erasures.isErased(other)).toBe(false);
  });

  it('leaves nothing but the id and the time, which stay as they are when it is done again', async () => {
    const first = new Date('2026-03-04T09:00:00Z');
    await queue.enqueue(input());
    await new ErasureRepository(database.db, { clock: () => first }).erase(userId);
    expect(await erasures.erase(userId)).toEqual({ notifications: 0, settings: 0 });
    expect(await tombstone()).toEqual({ _id: userId, status: 'erased', erasedAt: first, schemaVersion: 1 });
  });

  it('keeps out whatever comes after, also of somebody who was never known', async () => {
    await erasures.erase(userId);
    await expect(queue.enqueue(input())).rejects.toThrow(RecipientErasedError);
    await expect(settings.put({ userId, scope: 'global' }, { channels: {} })).rejects.toThrow(RecipientErasedError);
    expect(await queue.enqueueMany([input()])).toEqual([{ outcome: 'erased' }]);
    expect(await left()).toEqual({ notifications: 0, settings: 0 });
  });

  it('refuses the outcome of a delivery that was on its way', async () => {
    await queue.enqueue(input());
    const [leased] = await queue.lease({ channel: 'email', owner: 'mailer-1', limit: 1, leaseMs: 60_000 });
    await erasures.erase(userId);
    expect(leased).toBeDefined();
    await expect(leased && queue.markSent(leased)).rejects.toThrow('no longer holds');
    expect(await left()).toMatchObject({ notifications: 0 });
  });

  it('makes no digest for somebody erased', async () => {
    const early = new NotificationRepository(database.db, { clock: () => new Date('2026-03-04T09:00:00Z') });
    await early.enqueue(input({ digest: { every: 'daily', timeZone: 'UTC' } }));
    const digests = new DigestRepository(database.db);
    const [due] = await digests.due({ channel: 'email', limit: 1 });
    await erasures.erase(userId);
    expect(due && (await digests.queue(due, () => ({ title: 'Yesterday', body: '' })))).toBeUndefined();
    expect(await left()).toMatchObject({ notifications: 0 });
  });

  it('waits for a transaction that has passed the gate, and deletes what it stored', async () => {
    const document = { ...validNotification(), userId };
    let passed = () => {};
    let commit = () => {};
    const hasPassed = new Promise<void>((resolve) => (passed = resolve));
    const mayCommit = new Promise<void>((resolve) => (commit = resolve));
    const storing = withGates(database.db, async (session) => {
      await passGate(database.db, session, userId);
      await typedCollection(database.db, notifications).insertOne(document, { session });
      passed();
      await mayCommit;
    });
    await hasPassed;
    let isErased = false;
    const erasing = erasures.erase(userId).then((erasure) => {
      isErased = true;
      return erasure;
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(isErased).toBe(false);
    commit();
    await storing;
    expect(await erasing).toMatchObject({ notifications: 1 });
    expect(await left()).toMatchObject({ notifications: 0 });
  });

  it('leaves nothing behind, whoever races', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const customer = newId();
      const storing = Array.from({ length: 8 }, (_, index) => {
        switch (index % 4) {
          case 0:
            return queue.enqueueMany([input({ userId: customer }), input(), input({ userId: customer })]);
          case 1:
            return settings.put({ userId: customer, scope: 'global' }, { channels: {} });
          default:
            return queue.enqueue(input({ userId: customer }));
        }
      });
      const erasing = new Promise((resolve) => setTimeout(resolve, round * 5)).then(() => erasures.erase(customer));
      const results = await Promise.allSettled([...storing, erasing]);
      for (const result of results) {
        expect(result.status === 'fulfilled' || result.reason instanceof RecipientErasedError, String(result)).toBe(
          true,
        );
      }
      expect(await left(customer)).toEqual({ notifications: 0, settings: 0 });
    }
  });

  it('completes what a crash cut short', async () => {
    await queue.enqueue(input());
    // As after the first of its steps.
    await typedCollection(database.db, recipients).updateOne(
      { _id: userId },
      { $set: { status: 'erasing', erasedAt: new Date() }, $unset: { passes: true } },
    );
    await expect(queue.enqueue(input())).rejects.toThrow(RecipientErasedError);
    expect(await left()).toMatchObject({ notifications: 1 });
    expect(await erasures.resume()).toEqual([userId]);
    expect(await left()).toMatchObject({ notifications: 0 });
    expect(await tombstone()).toMatchObject({ status: 'erased' });
    expect(await erasures.resume()).toEqual([]);
  });
});
