import { randomUUID } from 'node:crypto';
import { type Collection, type Document, Long, type MongoClient, ObjectId } from 'mongodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { testMongoUrl } from '../testing/index.ts';
import {
  type BackfillPosition,
  BackfillStuckError,
  backfillDocuments,
  type DocumentBackfill,
} from './backfill-documents.ts';
import { createMongoClient } from './client.ts';

const doubling: DocumentBackfill = {
  filter: { schemaVersion: 1 },
  change: ({ value, ...rest }) => ({ ...rest, doubled: 2 * value, schemaVersion: 2 }),
  batchSize: 10,
};

describe('backfillDocuments', () => {
  let client: MongoClient;
  let collection: Collection<Document>;
  let positions: BackfillPosition[];
  const checkpoint = {
    read: async () => positions.at(-1),
    write: async (position: BackfillPosition) => void positions.push(position),
  };

  beforeAll(() => {
    client = createMongoClient({ url: testMongoUrl(), applicationName: 'finova tests' });
  });
  afterAll(() => client.close());
  beforeEach(() => {
    positions = [];
    const db = client.db(`finova_test_${randomUUID().replaceAll('-', '')}`);
    collection = db.collection('things');
    return async () => void (await db.dropDatabase());
  });

  const add = (count: number, more: (index: number) => object = () => ({})) =>
    collection.insertMany(
      Array.from({ length: count }, (_, index) => ({
        _id: `id-${String(index).padStart(4, '0')}` as unknown as ObjectId,
        value: index,
        revision: 1,
        schemaVersion: 1,
        ...more(index),
      })),
    );
  const left = () => collection.countDocuments({ schemaVersion: 1 });

  it('changes every document once, in batches, and keeps how far it got after each', async () => {
    await add(35);
    expect(await backfillDocuments(collection, doubling, checkpoint)).toBe(35);
    expect(positions.map(({ lastId }) => lastId)).toEqual(['id-0009', 'id-0019', 'id-0029', 'id-0034']);
    const all = await collection.find().sort({ _id: 1 }).toArray();
    expect(all.map(({ doubled }) => doubled)).toEqual(Array.from({ length: 35 }, (_, index) => 2 * index));
    expect(all.every((document) => !('value' in document) && document['revision'] === 1)).toBe(true);
  });

  it('goes on from where the last run was stopped', async () => {
    await add(35);
    const stop = new AbortController();
    const write = async (position: BackfillPosition) => {
      await checkpoint.write(position);
      if (positions.length === 2) {
        stop.abort(new Error('stopped'));
      }
    };
    await expect(backfillDocuments(collection, doubling, { ...checkpoint, write }, stop.signal)).rejects.toThrow(
      'stopped',
    );
    expect(await left()).toBe(15);
    expect(await backfillDocuments(collection, doubling, checkpoint)).toBe(35);
    expect(positions.map(({ lastId }) => lastId).slice(2)).toEqual(['id-0029', 'id-0034']);
    expect(await left()).toBe(0);
  });

  it('looks again at what was added behind it', async () => {
    await add(20);
    let isFirst = true;
    const write = async (position: BackfillPosition) => {
      await checkpoint.write(position);
      if (isFirst) {
        isFirst = false;
        await collection.insertOne({ _id: 'id-' as unknown as ObjectId, value: 7, revision: 1, schemaVersion: 1 });
      }
    };
    await backfillDocuments(collection, doubling, { ...checkpoint, write });
    expect(await collection.findOne({ _id: 'id-' as unknown as ObjectId })).toMatchObject({ doubled: 14 });
  });

  it('does not overwrite what somebody changed between its reading and its writing', async () => {
    await add(20);
    let reads = 0;
    const change: DocumentBackfill['change'] = (document) => {
      reads += 1;
      return doubling.change(document);
    };
    // In the same moment as the batch: one of both comes first, and neither gets lost.
    const others = Array.from({ length: 20 }, (_, index) =>
      collection.updateOne(
        { _id: `id-${String(index).padStart(4, '0')}` as unknown as ObjectId, schemaVersion: 1 },
        { $set: { value: 1_000 }, $inc: { revision: 1 } },
      ),
    );
    const [, ...written] = await Promise.all([
      backfillDocuments(collection, { ...doubling, change }, checkpoint),
      ...others,
    ]);
    const documents = await collection.find().sort({ _id: 1 }).toArray();
    for (const [index, document] of documents.entries()) {
      const wasFirst = written[index]?.modifiedCount === 1;
      expect(document).toMatchObject({ doubled: wasFirst ? 2_000 : 2 * index, revision: wasFirst ? 2 : 1 });
    }
    expect(reads).toBeGreaterThanOrEqual(20);
  });

  it('takes ids of every type, and no other documents', async () => {
    await collection.insertMany(
      [new ObjectId(), 'text', Long.fromNumber(5), new Date(), 1.5].map((_id) => ({
        _id: _id as ObjectId,
        value: 1,
        schemaVersion: 1,
      })),
    );
    await collection.insertOne({ _id: 'new' as unknown as ObjectId, schemaVersion: 2 });
    expect(await backfillDocuments(collection, { ...doubling, batchSize: 1 }, checkpoint)).toBe(5);
    expect(await left()).toBe(0);
    expect(await collection.findOne({ _id: 'new' as unknown as ObjectId })).toEqual({ _id: 'new', schemaVersion: 2 });
  });

  it('says so when what it changes stays to be changed', async () => {
    await add(3);
    const stuck = { ...doubling, change: (document: Document) => document };
    const failing = backfillDocuments(collection, { ...stuck, guards: ['never'] }, { ...checkpoint }).catch(
      (thrown) => thrown,
    );
    // It does change them, again and again: that ends as well.
    const outcome = await Promise.race([failing, new Promise((resolve) => setTimeout(resolve, 5_000, 'runs on'))]);
    expect(outcome).toBeInstanceOf(BackfillStuckError);
    expect(outcome).toMatchObject({ collection: 'things', remaining: 3 });
  });

  it('is no faster than it may be', async () => {
    await add(30);
    const startedAtMs = performance.now();
    await backfillDocuments(collection, { ...doubling, documentsPerSecond: 100 }, checkpoint);
    expect(performance.now() - startedAtMs).toBeGreaterThan(290);
  });
});
