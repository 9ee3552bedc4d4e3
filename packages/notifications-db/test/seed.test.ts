import { join } from 'node:path';
import { seedCustomers } from '@finova/accounts-db/seed';
import { readDomain } from '@finova/db-kit/migrations';
import { withMongoClient } from '@finova/db-kit/mongodb';
import { SeedRefusedError } from '@finova/db-kit/seeding';
import { createMongoTestDatabase, type MongoTestDatabase, testMongoUrl } from '@finova/db-kit/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NOTIFICATION_STATUSES } from '../src/index.ts';
import { seed } from '../src/seed/index.ts';
import { validNotification } from './valid-documents.ts';

describe('seed', () => {
  let database: MongoTestDatabase;
  const context = () => ({
    url: database.url,
    namespace: database.databaseName,
    encryption: () => Promise.reject(new Error('notifications are not encrypted')),
  });
  const collection = <T>(
    name: string,
    use: (collection: import('mongodb').Collection<{ _id: string }>) => Promise<T>,
  ) =>
    withMongoClient({ url: database.url, applicationName: 'finova tests' }, (client) =>
      use(client.db(database.databaseName).collection(name)),
    );

  beforeEach(async () => {
    database = await createMongoTestDatabase(testMongoUrl(), await readDomain(join(import.meta.dirname, '..')));
  });
  afterEach(() => database.drop());

  it('gives every customer settings and notifications, once', async () => {
    const first = await seed.run(context());
    expect(first).toMatchObject([{ name: 'notification_settings' }, { name: 'notifications' }]);
    expect(first[1]?.added).toBe(seedCustomers.length * 4);
    const again = await seed.run(context());
    expect(again).toEqual(first.map((count) => ({ ...count, added: 0 })));
  });

  it('has notifications in every state but in the hands of a worker', async () => {
    await seed.run(context());
    const found = await collection('notifications', (notifications) => notifications.distinct('status'));
    expect(found.toSorted()).toEqual(NOTIFICATION_STATUSES.filter((status) => status !== 'leased').toSorted());
  });

  it('shows a few of both', async () => {
    await seed.run(context());
    const tables = await seed.sample(context());
    expect(tables.map(({ name, rows }) => [name, rows.length])).toEqual([
      ['notification_settings', 5],
      ['notifications', 5],
    ]);
    for (const { columns, rows } of tables) {
      expect(rows.every((row) => row.length === columns.length)).toBe(true);
    }
  });

  it('leaves a database in use alone', async () => {
    await collection('notifications', (notifications) => notifications.insertOne(validNotification()));
    await expect(seed.run(context())).rejects.toThrow(SeedRefusedError);
    expect(await collection('notification_settings', (settings) => settings.countDocuments())).toBe(0);
  });
});
