import { join } from 'node:path';
import { seedCustomers } from '@finova/accounts-db/seed';
import { readDomain } from '@finova/db-kit/migrations';
import { withMongoClient } from '@finova/db-kit/mongodb';
import { SeedRefusedError } from '@finova/db-kit/seeding';
import { createMongoTestDatabase, type MongoTestDatabase, testMongoUrl } from '@finova/db-kit/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seed } from '../src/seed/index.ts';
import { validPreferences } from './valid-preferences.ts';

describe('seed', () => {
  let database: MongoTestDatabase;
  const context = () => ({
    url: database.url,
    namespace: database.databaseName,
    encryption: () => Promise.reject(new Error('preferences are not encrypted')),
  });

  beforeEach(async () => {
    database = await createMongoTestDatabase(testMongoUrl(), await readDomain(join(import.meta.dirname, '..')));
  });
  afterEach(() => database.drop());

  it('gives every customer preferences, once', async () => {
    const total = seedCustomers.length;
    expect(await seed.run(context())).toEqual([{ name: 'user_preferences', added: total, total }]);
    expect(await seed.run(context())).toEqual([{ name: 'user_preferences', added: 0, total }]);
  });

  it('shows a few of them', async () => {
    await seed.run(context());
    const [table] = await seed.sample(context());
    expect(table?.rows).toHaveLength(5);
    expect(table?.rows[0]).toHaveLength(table?.columns.length ?? 0);
  });

  it('leaves a database in use alone', async () => {
    await withMongoClient({ url: database.url, applicationName: 'finova tests' }, (client) =>
      client
        .db(database.databaseName)
        .collection('user_preferences')
        .insertOne(validPreferences() as object),
    );
    await expect(seed.run(context())).rejects.toThrow(SeedRefusedError);
  });
});
