import { setTimeout as sleep } from 'node:timers/promises';
import { BSON, type Db, type Document } from 'mongodb';

/** What is done to find out, and whether it had its effect. */
type Probe = (db: Db) => Promise<boolean>;

const COLLATION = { locale: 'en', strength: 2 } as const;
const CHANGE_STREAM_PATIENCE_MS = 5_000;

/** What a server is asked for, by name. Each works on collections of its own. */
export const SERVER_PROBES: Readonly<Record<string, Probe>> = {
  'transaction over two collections': async (db) => {
    await Promise.all([db.createCollection('one'), db.createCollection('two')]);
    await db.client
      .withSession((session) =>
        session.withTransaction(async () => {
          await db.collection('one').insertOne({}, { session });
          await db.collection('two').insertOne({}, { session });
          throw new Error('undone');
        }),
      )
      .catch(() => {});
    return (await db.collection('one').countDocuments()) + (await db.collection('two').countDocuments()) === 0;
  },
  'sharding (shardCollection)': async (db) => (await db.admin().command({ hello: 1 }))['msg'] === 'isdbgrid',
  'change stream': async (db) => {
    const stream = db.collection('watched').watch([], { maxAwaitTimeMS: 100 });
    try {
      // Opens it: what is written before is not seen.
      await stream.tryNext();
      await db.collection('watched').insertOne({ seen: true });
      const endsAtMs = performance.now() + CHANGE_STREAM_PATIENCE_MS;
      while (performance.now() < endsAtMs) {
        if ((await stream.tryNext()) !== null) {
          return true;
        }
        await sleep(20);
      }
      return false;
    } finally {
      await stream.close();
    }
  },
  'hashed index': (db) => hasIndex(db, { a: 'hashed' }),
  'text index': (db) => hasIndex(db, { a: 'text' }),
  'wildcard index': (db) => hasIndex(db, { '$**': 1 }),
  'geospatial index': (db) => hasIndex(db, { a: '2dsphere' }),
  'hidden index': async (db) => {
    await db.collection('hidden').insertOne({ a: 1 });
    await db.collection('hidden').createIndex({ a: 1 }, { name: 'hidden', hidden: true });
    return !(await usesIndex(db, 'hidden', { a: 1 }));
  },
  'partial index, used by a range that it covers': async (db) => {
    await fill(db, 'partial', 50);
    await db.collection('partial').createIndex({ a: 1 }, { partialFilterExpression: { a: { $gt: 10 } } });
    return usesIndex(db, 'partial', { a: { $gt: 40 } });
  },
  'sort served by an index': async (db) => {
    await fill(db, 'sorted', 50);
    await db.collection('sorted').createIndex({ b: 1, a: -1 });
    const plan = await db.collection('sorted').find({ b: 1 }).sort({ a: -1 }).limit(5).explain('queryPlanner');
    return !BSON.EJSON.stringify(plan).includes('"SORT"');
  },
  'findAndModify by _id, at one document': async (db) => {
    await fill(db, 'modified', 50);
    const plan = await db.command({
      explain: { findAndModify: 'modified', query: { _id: 7, a: 7 }, update: { $set: { b: 2 } } },
      verbosity: 'executionStats',
    });
    return Number(plan['executionStats']?.totalDocsExamined) <= 1;
  },
  'collation of a query': async (db) => {
    await db.collection('texts').insertMany([{ text: 'a' }, { text: 'A' }]);
    return (await db.collection('texts').find({ text: 'a' }).collation(COLLATION).toArray()).length === 2;
  },
  'collation of a collection, for queries that name none': async (db) => {
    await db.createCollection('collated', { collation: COLLATION });
    await db.collection('collated').insertMany([{ text: 'a' }, { text: 'A' }]);
    return (await db.collection('collated').countDocuments({ text: 'a' })) === 2;
  },
  'unique index with a collation': async (db) => {
    await db.collection('unique').createIndex({ text: 1 }, { unique: true, collation: COLLATION });
    await db.collection('unique').insertOne({ text: 'a' });
    return wasRefused(db.collection('unique').insertOne({ text: 'A' }));
  },
  'capped collection': async (db) => {
    await db.createCollection('capped', { capped: true, size: 4_096, max: 2 });
    await fill(db, 'capped', 5);
    return (await db.collection('capped').countDocuments()) === 2;
  },
  'clustered collection': async (db) => {
    await db.createCollection('clustered', { clusteredIndex: { key: { _id: 1 }, unique: true } });
    return (await db.collection('clustered').indexes()).some((index) => index['clustered'] === true);
  },
  'time series collection': async (db) => {
    await db.createCollection('series', { timeseries: { timeField: 'at' } });
    return wasRefused(db.collection('series').insertOne({ at: 'no date' }));
  },
  'pre-images of changes': async (db) => {
    await db.createCollection('images', { changeStreamPreAndPostImages: { enabled: true } });
    return JSON.stringify(await db.listCollections({ name: 'images' }).toArray()).includes(
      'changeStreamPreAndPostImages',
    );
  },
  view: async (db) => {
    await fill(db, 'viewed', 5);
    await db.createCollection('view', { viewOn: 'viewed', pipeline: [{ $match: { a: { $gt: 2 } } }] });
    return (await db.collection('view').countDocuments()) === 2;
  },
  'view changed by collMod': async (db) => {
    await db.createCollection('changing', { viewOn: 'viewed', pipeline: [] });
    await db.command({ collMod: 'changing', viewOn: 'viewed', pipeline: [{ $match: { a: -1 } }] });
    return (await db.collection('changing').countDocuments()) === 0;
  },
  '$jsonSchema in a query': async (db) =>
    (await db.collection('viewed').countDocuments({ $nor: [{ $jsonSchema: { required: ['none'] } }] })) === 5,
  'stored dates compared with $$NOW': async (db) => {
    const hour = 3_600_000;
    await db
      .collection('dates')
      .insertMany([-hour, hour].map((offsetMs) => ({ isPast: offsetMs < 0, at: new Date(Date.now() + offsetMs) })));
    await db.collection('dates').updateMany({}, [{ $set: { found: { $lt: ['$at', '$$NOW'] } } }]);
    const past = await db
      .collection('dates')
      .find({ $expr: { $lt: ['$at', '$$NOW'] } })
      .toArray();
    const all = await db.collection('dates').find().toArray();
    return past.length === 1 && past[0]?.['isPast'] === true && all.every(({ isPast, found }) => isPast === found);
  },
  $merge: async (db) => {
    await db
      .collection('viewed')
      .aggregate([{ $merge: { into: 'merged', on: '_id' } }])
      .toArray();
    return (await db.collection('merged').countDocuments()) === 5;
  },
  $out: async (db) => {
    await db
      .collection('viewed')
      .aggregate([{ $out: 'out' }])
      .toArray();
    return (await db.collection('out').countDocuments()) === 5;
  },
  '$facet, $lookup and $unionWith': async (db) => {
    const [found] = await db
      .collection('viewed')
      .aggregate([
        { $unionWith: 'merged' },
        { $lookup: { from: 'merged', localField: '_id', foreignField: '_id', as: 'same' } },
        { $facet: { all: [{ $unwind: '$same' }, { $count: 'n' }] } },
      ])
      .toArray();
    return Number((found?.['all'] as readonly Document[] | undefined)?.[0]?.['n']) === 10;
  },
  $setWindowFields: async (db) => {
    const found = await db
      .collection('viewed')
      .aggregate([{ $setWindowFields: { sortBy: { a: 1 }, output: { rank: { $rank: {} } } } }, { $sort: { a: 1 } }])
      .toArray();
    return Number(found.at(-1)?.['rank']) === 5;
  },
  '$dateTrunc in a time zone, across a change of clocks': async (db) => {
    const [found] = await db
      .collection('viewed')
      .aggregate([
        { $limit: 1 },
        {
          $project: {
            // Half past two of summer time was never there on this day in Vienna: midnight was at 23:00 UTC.
            day: { $dateTrunc: { date: new Date('2026-03-29T12:00:00Z'), unit: 'day', timezone: 'Europe/Vienna' } },
          },
        },
      ])
      .toArray();
    return (found?.['day'] as Date | undefined)?.toISOString() === '2026-03-28T23:00:00.000Z';
  },
  'refuses $ne in a partial filter': (db) => refusesIndex(db, { a: 1 }, { partialFilterExpression: { a: { $ne: 1 } } }),
  'refuses a time to live over two fields': (db) => refusesIndex(db, { a: 1, b: 1 }, { expireAfterSeconds: 5 }),
  'refuses a time to live of _id': (db) => refusesIndex(db, { _id: 1 }, { expireAfterSeconds: 5, name: 'ttl' }),
  'refuses 33 fields in an index': (db) =>
    refusesIndex(db, Object.fromEntries(Array.from({ length: 33 }, (_, index) => [`f${index}`, 1])), { name: 'wide' }),
  'refuses two arrays in one index': async (db) => {
    await db.collection('arrays').createIndex({ a: 1, b: 1 });
    return wasRefused(db.collection('arrays').insertOne({ a: [1, 2], b: [1, 2] }));
  },
  'refuses 200 levels of nesting': async (db) => {
    let document: Document = { end: 1 };
    for (let level = 0; level < 200; level += 1) {
      document = { in: document };
    }
    return wasRefused(db.collection('nested').insertOne(document));
  },
  'refuses $ref in a $jsonSchema': (db) =>
    wasRefused(db.createCollection('referring', { validator: { $jsonSchema: { $ref: '#/x' } } })),
  'refuses $out in a view': (db) =>
    wasRefused(db.createCollection('writing', { viewOn: 'a', pipeline: [{ $out: 'b' }] })),
};

async function fill(db: Db, name: string, count: number): Promise<void> {
  const documents = Array.from({ length: count }, (_, a) => ({ _id: a as never, a, b: a % 2 }));
  await db.collection(name).insertMany(documents);
}

async function hasIndex(db: Db, key: Document): Promise<boolean> {
  const name = await db.collection('indexed').createIndex(key);
  return (await db.collection('indexed').indexes()).some((index) => index.name === name);
}

function refusesIndex(db: Db, key: Document, options: object): Promise<boolean> {
  return wasRefused(db.collection('refusing').createIndex(key, options));
}

async function usesIndex(db: Db, name: string, filter: object): Promise<boolean> {
  return BSON.EJSON.stringify(await db.collection(name).find(filter).explain('queryPlanner')).includes('"IXSCAN"');
}

async function wasRefused(command: Promise<unknown>): Promise<boolean> {
  return command.then(
    () => false,
    () => true,
  );
}
