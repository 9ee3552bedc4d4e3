import { randomUUID } from 'node:crypto';
import type { Db, MongoClient } from 'mongodb';
import { afterAll, beforeAll, beforeEach, describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { testMongoUrl } from '../testing/index.ts';
import { bson } from './bson-types.ts';
import { InvalidCollectionError, InvalidIndexError } from './check-definition.ts';
import { createMongoClient } from './client.ts';
import { type DocumentOf, defineCollection, type IndexDefinition, typedCollection } from './collection.ts';
import { collectionDifferences } from './collection-differences.ts';
import { mongoJsonSchema } from './json-schema.ts';
import { readShardKeys } from './shard-keys.ts';
import { defineView, type ViewDocumentOf } from './view.ts';

const schema = z.strictObject({
  _id: bson.uuid(),
  userId: bson.uuid(),
  amountMinor: bson.long(),
  expiresAt: bson.date().optional(),
  tags: z.array(z.strictObject({ name: bson.text({ maxLength: 10 }) })).max(3),
  notes: z.array(bson.text({ maxLength: 10 })).max(3),
});

const define = (...indexes: IndexDefinition[]) =>
  defineCollection({ name: 'things', description: 'Things', schema, indexes, shardKey: { userId: 'hashed' } });

describe('defineCollection', () => {
  it('generates the validator from the schema, and the type of its documents', () => {
    const things = define();
    expect(things.validator).toEqual({ $jsonSchema: mongoJsonSchema(schema) });
    expectTypeOf<DocumentOf<typeof things>>().toEqualTypeOf<z.infer<typeof schema>>();
  });

  it.each<[string, IndexDefinition]>([
    ['unique from the shard key on', { name: 'i', key: { userId: 1, amountMinor: 1 }, options: { unique: true } }],
    [
      'a partial filter of what MongoDB knows',
      {
        name: 'i',
        key: { userId: 1 },
        options: {
          partialFilterExpression: {
            expiresAt: { $exists: true },
            $or: [{ amountMinor: { $gt: 5n, $type: 'long' } }, { amountMinor: { $in: [1n] } }],
          },
        },
      },
    ],
    ['an expiry by one field', { name: 'i', key: { expiresAt: 1 }, options: { expireAfterSeconds: 0 } }],
    ['two keys in one array', { name: 'i', key: { 'tags.name': 1, userId: 1 } }],
  ])('takes %s', (_, index) => {
    expect(define(index).indexes).toEqual([index]);
  });

  it.each<[string, IndexDefinition, string]>([
    [
      '$ne in a partial filter',
      { name: 'i', key: { userId: 1 }, options: { partialFilterExpression: { amountMinor: { $ne: 0n } } } },
      '$ne',
    ],
    [
      '$exists: false in a partial filter',
      { name: 'i', key: { userId: 1 }, options: { partialFilterExpression: { expiresAt: { $exists: false } } } },
      '$exists: false',
    ],
    [
      '$not below $and',
      {
        name: 'i',
        key: { userId: 1 },
        options: { partialFilterExpression: { $and: [{ amountMinor: { $not: { $gt: 0n } } }] } },
      },
      '$not',
    ],
    [
      'an expiry by two fields',
      { name: 'i', key: { expiresAt: 1, userId: 1 }, options: { expireAfterSeconds: 0 } },
      'expires documents by 2 fields',
    ],
    ['two arrays in one index', { name: 'i', key: { 'tags.name': 1, notes: 1 } }, 'tags, notes'],
    [
      'unique without the shard key first',
      { name: 'i', key: { amountMinor: 1, userId: 1 }, options: { unique: true } },
      'shard key (userId)',
    ],
    [
      'sparse and partial at once',
      {
        name: 'i',
        key: { userId: 1 },
        options: { unique: true, sparse: true, partialFilterExpression: { userId: 'x' } },
      },
      'is sparse and partial',
    ],
  ])('refuses %s, which MongoDB refuses', (_, index, message) => {
    expect(() => define(index)).toThrow(InvalidIndexError);
    expect(() => define(index)).toThrow(message);
  });

  it('refuses a shard key in an array, and options that do not go together', () => {
    const definition = { name: 'things', description: 'Things', schema, indexes: [] };
    expect(() => defineCollection({ ...definition, shardKey: { 'tags.name': 1 } })).toThrow(InvalidCollectionError);
    expect(() => defineCollection({ ...definition, options: { capped: true } })).toThrow('is capped without a size');
  });
});

describe('defineView', () => {
  const view = { name: 'seen', description: 'Seen', viewOn: 'things', schema: z.strictObject({ _id: bson.uuid() }) };

  it('types its documents', () => {
    const seen = defineView({ ...view, pipeline: [{ $project: { _id: 1 } }] });
    expectTypeOf<ViewDocumentOf<typeof seen>>().toEqualTypeOf<{ _id: string }>();
  });

  it('refuses a stage that writes', () => {
    expect(() => defineView({ ...view, pipeline: [{ $out: 'others' }] })).toThrow(InvalidCollectionError);
  });
});

describe('with a server', () => {
  const things = define(
    { name: 'user_amount', key: { userId: 1, amountMinor: -1 }, options: { unique: true } },
    { name: 'expiry', key: { expiresAt: 1 }, options: { expireAfterSeconds: 0 } },
  );
  let client: MongoClient;
  let db: Db;

  beforeAll(() => {
    client = createMongoClient({ url: testMongoUrl(), applicationName: 'finova tests' });
  });
  beforeEach(() => {
    db = client.db(`finova_test_${randomUUID().replaceAll('-', '')}`);
    return async () => {
      await db.dropDatabase();
    };
  });
  afterAll(() => client.close());

  const create = async (validator: object = things.validator) => {
    await db.createCollection('things', { validator });
    for (const { name, key, options } of things.indexes) {
      await db.collection('things').createIndex(key, { name, ...options });
    }
  };

  describe('typedCollection', () => {
    it('reads 64-bit integers back exactly, small ones too', async () => {
      await create();
      const collection = typedCollection(db, things);
      for (const amountMinor of [5n, 2n ** 53n + 1n]) {
        const _id = randomUUID();
        await collection.insertOne({ _id, userId: _id, amountMinor, tags: [], notes: [] });
        expect((await collection.findOne({ _id }))?.amountMinor).toBe(amountMinor);
      }
    });
  });

  describe('collectionDifferences', () => {
    it('finds none in a collection that is as defined', async () => {
      await create();
      expect(await collectionDifferences(db, things)).toEqual([]);
    });

    it('names a missing collection', async () => {
      expect(await collectionDifferences(db, things)).toEqual(['collection things is missing']);
    });

    it('sees another validator', async () => {
      await create({ $jsonSchema: mongoJsonSchema(schema.omit({ notes: true })) });
      expect(await collectionDifferences(db, things)).toEqual(['validator of things differs from its definition']);
    });

    it('sees a validator that only warns', async () => {
      await create();
      await db.command({ collMod: 'things', validationAction: 'warn' });
      expect(await collectionDifferences(db, things)).toEqual(['validationAction of things is warn: expected error']);
    });

    it('sees another collation of the collection, and options that nobody defined', async () => {
      await db.createCollection('things', {
        validator: things.validator,
        collation: { locale: 'de' },
        changeStreamPreAndPostImages: { enabled: true },
      });
      const collated = { ...things, indexes: [], options: { collation: { locale: 'de', strength: 2 } } };
      expect(await collectionDifferences(db, collated)).toEqual([
        'changeStreamPreAndPostImages of things differs from its definition',
        'collation of things differs from its definition',
      ]);
    });

    it('takes a collation for the same whether a server lists its defaults or not', async () => {
      await db.createCollection('things', {
        validator: things.validator,
        collation: { locale: 'de', strength: 3, caseFirst: 'off' },
      });
      expect(
        await collectionDifferences(db, { ...things, indexes: [], options: { collation: { locale: 'de' } } }),
      ).toEqual([]);
    });

    it('sees another collation of an index', async () => {
      await create();
      await db.collection('things').dropIndex('expiry');
      await db
        .collection('things')
        .createIndex({ expiresAt: 1 }, { name: 'expiry', expireAfterSeconds: 0, collation: { locale: 'de' } });
      expect(await collectionDifferences(db, things)).toEqual(['index things.expiry differs from its definition']);
    });

    it('says nothing of shard keys where the server cannot have any', async () => {
      await create();
      expect(await readShardKeys(db)).toBeUndefined();
    });

    describe('of a view', () => {
      const seen = defineView({
        name: 'seen',
        description: 'Seen',
        viewOn: 'things',
        pipeline: [{ $sort: { userId: 1, amountMinor: -1 } }],
        schema: z.strictObject({ _id: bson.uuid() }),
      });

      it('finds none when it is as defined', async () => {
        await db.createCollection('seen', { viewOn: 'things', pipeline: [...seen.pipeline] });
        expect(await collectionDifferences(db, seen)).toEqual([]);
      });

      it('sees another order in its pipeline, another source, and a collection in its place', async () => {
        expect(await collectionDifferences(db, seen)).toEqual(['view seen is missing']);
        await db.createCollection('seen', {
          viewOn: 'others',
          pipeline: [{ $sort: { amountMinor: -1, userId: 1 } }],
        });
        expect(await collectionDifferences(db, seen)).toEqual([
          'pipeline of seen differs from its definition',
          'viewOn of seen is others: expected things',
        ]);
        await db.dropCollection('seen');
        await db.createCollection('seen');
        expect(await collectionDifferences(db, seen)).toEqual(['seen is a collection: expected a view']);
      });
    });

    it('sees missing, foreign and changed indexes', async () => {
      await create();
      const collection = db.collection('things');
      await collection.dropIndex('expiry');
      await collection.dropIndex('user_amount');
      await collection.createIndex({ amountMinor: -1, userId: 1 }, { name: 'user_amount', unique: true });
      await collection.createIndex({ tags: 1 }, { name: 'tags' });
      expect((await collectionDifferences(db, things)).toSorted()).toEqual([
        'index things.expiry is missing',
        'index things.tags is not in the definition',
        'index things.user_amount differs from its definition',
      ]);
    });
  });
});
