import { describe, expect, it } from 'vitest';
import { mongoSource } from '../../../test/migration-sources.ts';
import { eventually, startMigratorProcess } from '../../../test/migrator-process.ts';
import { type MongoScratchDomain, mongoDomain } from '../../../test/scratch-domain.ts';
import { RefusedByMongoError, ValidatorViolatedError } from '../errors/index.ts';
import type { RecordedStatement } from '../migration-engine.ts';

const NAME = '20260301T090000-letters';
const FILE = `${NAME}.ts`;
const VALIDATOR = `{ $jsonSchema: { bsonType: 'object', required: ['to'] } }`;

const one = (up: string, more = '') =>
  mongoSource({ name: 'one', up, down: '' }).replace('{ steps:', `{ ${more} steps:`);
const failureOf = (domain: MongoScratchDomain) =>
  domain.up().then(
    () => expect.unreachable(),
    (thrown) => thrown,
  );
const validatorOf = (domain: MongoScratchDomain) =>
  domain.withDb(async (db) => {
    const [found] = await db.listCollections({ name: 'letters' }).toArray();
    return (found as { options?: { validator?: object } } | undefined)?.options?.validator;
  });
const progressOf = (domain: MongoScratchDomain) =>
  domain.withDb((db) => db.collection('migration_progress').find().toArray());

it('a validator that was changed by others since a refusal is the one that a second refusal leaves', async () => {
  const domain = await mongoDomain({ [FILE]: one(`await context.replaceValidator('letters', ${VALIDATOR});`) });
  await domain.withDb((db) => db.collection('letters').insertOne({ from: 1 }));
  expect(await failureOf(domain)).toMatchObject({ violators: 1 });
  await domain.withDb((db) => db.command({ collMod: 'letters', validator: { from: { $exists: true } } }));
  expect(await failureOf(domain)).toMatchObject({ violators: 1 });
  expect(await validatorOf(domain)).toEqual({ from: { $exists: true } });
});

describe('a step that sends what MongoDB refuses and this server may take', () => {
  const TWO_FIELDS = `await db.collection('letters').createIndex({ a: 1, b: 1 }, { name: 'old', expireAfterSeconds: 5 });`;

  it('fails before the command goes out, and says where the manual says so', async () => {
    const domain = await mongoDomain({ [FILE]: one(`await db.createCollection('letters'); ${TWO_FIELDS}`) });
    const refused = await failureOf(domain);
    expect(refused).toBeInstanceOf(RefusedByMongoError);
    expect(refused).toMatchObject({ migration: NAME, step: 'one', rule: 'mongodb/ttl-index' });
    expect(refused.message).toContain('index old of letters expires documents by 2 fields');
    expect(refused.message).toContain('"TTL Indexes"');
    const indexes = await domain.withDb((db) => db.collection('letters').indexes());
    expect(indexes.map(({ name }) => name)).toEqual(['_id_']);
    expect(await domain.history()).toEqual([`${NAME} up failed`]);
  });

  it('fails even where its body takes no notice', async () => {
    const domain = await mongoDomain({ [FILE]: one(`await (async () => { ${TWO_FIELDS} })().catch(() => {});`) });
    expect(await failureOf(domain)).toBeInstanceOf(RefusedByMongoError);
    expect(await domain.journal()).toEqual([`${NAME} started`]);
  });

  it('may say why it knows better', async () => {
    const waives = `waives: { 'mongodb/ttl-index': 'only ever run on a server that takes it' },`;
    const domain = await mongoDomain({ [FILE]: one(TWO_FIELDS, waives) });
    expect(await domain.up()).toEqual([NAME]);
  });

  it('leaves the connections of the run in order', async () => {
    const domain = await mongoDomain({ [FILE]: one(TWO_FIELDS) });
    expect(await failureOf(domain)).toBeInstanceOf(RefusedByMongoError);
    const corrected = await domain.with({ [FILE]: one(`await mark('corrected');`) });
    expect(await corrected.up()).toEqual([NAME]);
  });
});

describe('replaceValidator', () => {
  const replacing = one(`await context.replaceValidator('letters', ${VALIDATOR});`);

  it('puts the validator on, strict and refusing, when no document violates it', async () => {
    const domain = await mongoDomain({ [FILE]: replacing });
    await domain.withDb((db) => db.collection('letters').insertOne({ to: 'Anna' }));
    await domain.up();
    expect(await validatorOf(domain)).toEqual({ $jsonSchema: { bsonType: 'object', required: ['to'] } });
    expect(await progressOf(domain)).toEqual([]);
    await domain.withDb((db) =>
      expect(db.collection('letters').insertOne({})).rejects.toThrow('Document failed validation'),
    );
  });

  it('refuses while documents violate it, says how many and how to find them, and changes nothing', async () => {
    const domain = await mongoDomain({ [FILE]: replacing });
    await domain.withDb(async (db) => {
      await db.createCollection('letters', { validator: { from: { $exists: true } }, validationLevel: 'moderate' });
      await db.collection('letters').insertMany([{ from: 1 }, { from: 1, to: 'Anna' }, { from: 2 }]);
    });
    const refused = await failureOf(domain);
    expect(refused).toBeInstanceOf(ValidatorViolatedError);
    expect(refused).toMatchObject({ collection: 'letters', violators: 2 });
    expect(refused.message).toContain('2 documents of letters violate its new validator: expected none');
    expect(await validatorOf(domain)).toEqual({ from: { $exists: true } });

    // What the message says finds them.
    const [, progress] = /migration_progress\.findOne\(\{ _id: "([^"]+)" \}\)/.exec(refused.message) ?? [];
    const found = await domain.withDb(async (db) => {
      const { BSON } = await import('mongodb');
      const kept = await db
        .collection<{ _id: string; validator: string }>('migration_progress')
        .findOne({ _id: `${progress}` });
      return db
        .collection('letters')
        .find({ $nor: [BSON.EJSON.parse(`${kept?.validator}`) as object] })
        .toArray();
    });
    expect(found.map(({ from }) => from)).toEqual([1, 2]);

    await domain.withDb((db) =>
      db.collection('letters').updateMany({ to: { $exists: false } }, { $set: { to: 'Bob' } }),
    );
    expect(await domain.up()).toEqual([NAME]);
    expect(await progressOf(domain)).toEqual([]);
  });

  it('brings the one before back when its process died after it and a document came in between', async () => {
    // As a run leaves it that was killed between putting the validator on and counting again.
    const domain = await mongoDomain({ [FILE]: replacing });
    await domain.withDb((db) => db.collection('letters').insertOne({ from: 1 }));
    await failureOf(domain);
    await domain.withDb((db) =>
      db.command({ collMod: 'letters', validator: { $jsonSchema: { bsonType: 'object', required: ['to'] } } }),
    );
    expect(await failureOf(domain)).toMatchObject({ violators: 1 });
    expect(await validatorOf(domain)).toEqual({});
  });
});

it('a refused validator does not keep a backfill of the same step from going on, nor the other way round', async () => {
  const domain = await mongoDomain({
    [FILE]:
      one(`await context.backfill({ collection: 'letters', filter: { to: 'Bob' }, change: (letter) => ({ ...letter, to: 'Anna' }) });
      await context.replaceValidator('letters', { to: 'Anna' });`),
  });
  await domain.withDb((db) => db.collection('letters').insertMany([{ to: 'Bob' }, { to: 'Zoe' }]));
  expect(await failureOf(domain)).toMatchObject({ violators: 1 });
  await domain.withDb((db) => db.collection('letters').updateMany({ to: 'Zoe' }, { $set: { to: 'Bob' } }));
  const notes: string[] = [];
  await domain.migrate((migrator) => migrator.up(), { hooks: { onNote: (_, note) => notes.push(note) } });
  expect(notes).toEqual(['1 documents of letters changed']);
  expect(await validatorOf(domain)).toEqual({ to: 'Anna' });
  expect(await progressOf(domain)).toEqual([]);
});

describe('backfill', () => {
  const change = `({ value, ...rest }) => ({ ...rest, doubled: 2 * value, schemaVersion: 2 })`;
  const filling = (more = '') =>
    one(
      `await context.backfill({ collection: 'letters', filter: { schemaVersion: 1 }, change: ${change}, batchSize: 20, ${more} });`,
    );
  const add = (domain: MongoScratchDomain, count: number) =>
    domain.withDb((db) =>
      db
        .collection('letters')
        .insertMany(Array.from({ length: count }, (_, value) => ({ _id: value as never, value, schemaVersion: 1 }))),
    );
  const doubled = (domain: MongoScratchDomain) =>
    domain.withDb(async (db) =>
      (await db.collection('letters').find().sort({ _id: 1 }).toArray()).map((each) => each['doubled']),
    );

  it('changes every document and says how many', async () => {
    const domain = await mongoDomain({ [FILE]: filling() });
    await add(domain, 50);
    const notes: string[] = [];
    await domain.migrate((migrator) => migrator.up(), {
      hooks: { onNote: (migration, note) => notes.push(`${migration}: ${note}`) },
    });
    expect(notes).toEqual([`${NAME}: 50 documents of letters changed`]);
    expect(await doubled(domain)).toEqual(Array.from({ length: 50 }, (_, value) => 2 * value));
    expect(await progressOf(domain)).toEqual([]);
  });

  it('goes on after a kill from where it was, and not from the start', async () => {
    const domain = await mongoDomain({ [FILE]: filling('documentsPerSecond: 100') });
    await add(domain, 100);
    // Renewed rarely: SecantusDB may hang for minutes when a process is killed within the transaction of a renewal.
    const runner = startMigratorProcess(domain.options({ leaseMs: 6_000 }));
    await eventually('the first batch is kept', async () => (await progressOf(domain)).length === 1);
    await runner.kill();
    const [kept] = await progressOf(domain);
    expect(kept?.['lastId']).toBeLessThan(99);
    // What a second run from the start would change again.
    await domain.withDb((db) =>
      db.collection('letters').updateOne({ _id: 0 as never }, { $set: { schemaVersion: 7 } }),
    );
    await domain.up();
    expect((await doubled(domain)).slice(1)).toEqual(Array.from({ length: 99 }, (_, value) => 2 * (value + 1)));
  });
});

describe('shardCollection', () => {
  it('is skipped with a line where the server is no mongos, and is in the plan all the same', async () => {
    const domain = await mongoDomain({
      [FILE]: one(
        `await db.createCollection('letters'); await context.shardCollection('letters', { userId: 'hashed' });`,
      ),
    });
    const notes: string[] = [];
    const statements: RecordedStatement[] = [];
    await domain.migrate((migrator) => migrator.up(), {
      hooks: { onNote: (_, note) => notes.push(note), onStatement: (statement) => statements.push(statement) },
    });
    expect(notes).toEqual([
      expect.stringMatching(/^letters is not sharded by \{"userId":"hashed"\}: .+ is not a mongos$/),
    ]);
    expect(statements.at(-1)).toMatchObject({
      command: { shardCollection: `${domain.domain.namespace}.letters`, key: { userId: 'hashed' } },
      database: 'admin',
      skipped: 'only where the server is a mongos',
    });
  });

  it('refuses what MongoDB would refuse, sharded or not', async () => {
    const domain = await mongoDomain({
      [FILE]: one(`await db.collection('letters').createIndex({ to: 1 }, { name: 'to', unique: true });
        await context.shardCollection('letters', { userId: 'hashed' });`),
    });
    expect(await failureOf(domain)).toMatchObject({ rule: 'mongodb/unique-in-shards' });
  });
});
