import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type Db, Long, type MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { readDomain } from '../migrations/domain-manifest.ts';
import { createMongoTestDatabase } from '../testing/mongo-test-database.ts';
import { testMongoUrl } from '../testing/test-servers.ts';
import { createMongoClient } from './client.ts';
import { createCollectionsFromDump, dumpMongoCollections } from './collections-dump.ts';
import { describeMongoStructure } from './structure.ts';

const PACKAGES = join(import.meta.dirname, '..', '..', '..');

let client: MongoClient;

beforeAll(() => {
  client = createMongoClient({ url: testMongoUrl(), applicationName: 'finova tests' });
});
afterAll(() => client.close());

/** An empty database of the running test. */
function open(): Db {
  const db = client.db(`finova_test_${randomUUID().replaceAll('-', '')}`);
  onTestFinished(() => db.dropDatabase().then(() => {}));
  return db;
}

async function openDomain(name: string): Promise<Db> {
  const database = await createMongoTestDatabase(testMongoUrl(), await readDomain(join(PACKAGES, name)));
  onTestFinished(() => database.drop());
  return client.db(database.databaseName);
}

async function expectRebuilt(original: Db): Promise<void> {
  const dump = await dumpMongoCollections(original);
  const structure = await describeMongoStructure(original);
  expect(structure).not.toEqual([]);
  const copy = open();
  await createCollectionsFromDump(copy, dump);
  expect(await describeMongoStructure(copy)).toEqual(structure);
  expect(await dumpMongoCollections(copy)).toBe(dump);
}

describe('the dump of a MongoDB database', () => {
  it('makes the same collections, validators, indexes and views again, and is the same there', async () => {
    const db = open();
    await db.createCollection('letters', {
      validator: {
        $jsonSchema: {
          bsonType: 'object',
          properties: {
            version: { bsonType: 'int' },
            amount: { bsonType: 'long', minimum: Long.fromString('9007199254740993') },
            sentAt: { bsonType: 'date' },
          },
        },
      },
    });
    await db.collection('letters').createIndexes([
      { name: 'second', key: { version: -1, amount: 1 }, unique: true },
      { name: 'first', key: { amount: 1 }, partialFilterExpression: { version: { $gt: 1 } } },
      { name: 'expiry', key: { sentAt: 1 }, expireAfterSeconds: 60 },
    ]);
    await db.createCollection('empty');
    await db.createCollection('heavy', { viewOn: 'letters', pipeline: [{ $sort: { version: 1, amount: -1 } }] });
    await expectRebuilt(db);
  });

  it.each(['preferences-db', 'notifications-db'])('makes %s again', async (name) => {
    await expectRebuilt(await openDomain(name));
  });

  it('has what is there and nothing of the server or of migrations', async () => {
    const db = open();
    await db.createCollection('migration_journal');
    await db.createCollection('letters', { validator: { b: 1, a: Long.fromNumber(2) } });
    await db.collection('letters').createIndex({ b: 1, a: -1 }, { name: 'both', unique: true });
    expect(JSON.parse(await dumpMongoCollections(db))).toEqual({
      collections: [
        {
          name: 'letters',
          options: { validator: { a: { $numberLong: '2' }, b: 1 } },
          indexes: [{ name: 'both', key: { b: 1, a: -1 }, unique: true }],
        },
      ],
      views: [],
    });
  });

  it('keeps the order of keys where it means something, and nowhere else', async () => {
    const [one, other] = [open(), open()];
    for (const [db, validator] of [
      [one, { a: 1, b: 2 }],
      [other, { b: 2, a: 1 }],
    ] as const) {
      await db.createCollection('letters', { validator });
      await db.collection('letters').createIndex({ b: 1, a: 1 }, { name: 'both' });
    }
    expect(await dumpMongoCollections(one)).toBe(await dumpMongoCollections(other));
    await other.collection('letters').dropIndex('both');
    await other.collection('letters').createIndex({ a: 1, b: 1 }, { name: 'both' });
    expect(await dumpMongoCollections(one)).not.toBe(await dumpMongoCollections(other));
  });

  it('says that there is nothing in an empty database', async () => {
    expect(JSON.parse(await dumpMongoCollections(open()))).toEqual({ collections: [], views: [] });
  });
});
