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
import { validPreferences, validTombstone } from './valid-preferences.ts';

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

  const insert = (change: object) =>
    client
      .db(database.databaseName)
      .collection<{ _id: string }>('user_preferences')
      .insertOne({ ...validPreferences(), ...change });
  const refused = { code: MongoErrorCode.documentValidationFailure };

  it('takes a valid document', async () => {
    await expect(insert({})).resolves.toMatchObject({ acknowledged: true });
  });

  it('refuses a revision sent as a double or a long', async () => {
    await expect(insert({ revision: new Double(1) })).rejects.toMatchObject(refused);
    await expect(insert({ revision: 1n })).rejects.toMatchObject(refused);
  });

  it('refuses unknown fields, at the top and inside', async () => {
    await expect(insert({ nickname: 'x' })).rejects.toMatchObject(refused);
    await expect(
      insert({ accessibility: { ...validPreferences().accessibility, fontSize: 12 } }),
    ).rejects.toMatchObject(refused);
  });

  it('refuses a consent for a purpose it does not know', async () => {
    const [consent] = validPreferences().consents;
    await expect(insert({ consents: [{ ...consent, purpose: 'anything' }] })).rejects.toMatchObject(refused);
  });

  it('refuses a tombstone that holds something of the customer', async () => {
    const tombstone = validTombstone();
    await expect(insert(tombstone)).resolves.toMatchObject({ acknowledged: true });
    for (const change of [
      { locale: 'de-AT' },
      { fallbackLocales: ['de'] },
      { theme: 'dark' },
      { accessibility: { ...tombstone.accessibility, screenReader: true } },
      { consents: validPreferences().consents },
    ]) {
      const { _id: _, ...rest } = tombstone;
      await expect(insert({ ...rest, ...change })).rejects.toMatchObject(refused);
    }
  });

  it('refuses other versions than the newest', async () => {
    await expect(insert({ schemaVersion: 1 })).rejects.toMatchObject(refused);
    await expect(insert({ schemaVersion: 3 })).rejects.toMatchObject(refused);
  });

  it('refuses a text that only ends like a currency', async () => {
    await expect(insert({ displayCurrency: 'EUR\n' })).rejects.toMatchObject(refused);
  });
});
