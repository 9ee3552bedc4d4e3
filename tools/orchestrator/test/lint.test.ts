import { describe, expect, it } from 'vitest';
import { lint } from '../src/commands/lint.ts';
import { createScratchRun } from './scratch-context.ts';
import { postgresMigration, rawPostgresMigration } from './scratch-workspace.ts';

const ONE = '20260101T000000-one';
const TWO = '20260102T000000-two';

const table = rawPostgresMigration(
  'CREATE SCHEMA $schema; CREATE TABLE $schema.things (id bigint PRIMARY KEY, name text)',
  'DROP SCHEMA $schema CASCADE',
);
const collection = mongo(
  `await db.createCollection('mails');`,
  `await db.dropCollection('mails');`,
  `lossy: 'Mails are dropped',`,
);

function mongo(up: string, down: string, more = ''): string {
  return `export const migration = { ${more} steps: [{ name: 'only', async up(db, context) { ${up} }, async down(db) { ${down} } }] };\n`;
}

/** Rules that speak of the second migration, after one that made a table and one that made a collection. */
async function rulesOf(engine: 'postgres' | 'mongodb', migration: string): Promise<string[]> {
  const run = await createScratchRun({
    'cards-db': {
      engine,
      migrations: { [`${ONE}.ts`]: engine === 'postgres' ? table : collection, [`${TWO}.ts`]: migration },
    },
  });
  const findings = await lint(await run.context());
  expect(findings.every(({ why, fix }) => why.length > 10 && fix.length > 10)).toBe(true);
  return findings.filter(({ file }) => file.endsWith(`${TWO}.ts`)).map(({ rule }) => rule);
}

const sql = (up: string, down: string, more = '') =>
  postgresMigration(up, down).replace('export const migration = {', `export const migration = { ${more}`);

const ADD = 'ALTER TABLE $schema.things ADD COLUMN more text';
const DROP = 'ALTER TABLE $schema.things DROP COLUMN more';

/** What is wrong, what finds it, and a neighbour that is like it and right. */
const CASES: readonly [what: string, engine: 'postgres' | 'mongodb', rule: string, bad: string, good: string][] = [
  [
    'a down that does nothing',
    'postgres',
    'missing-down',
    `export const migration = { async up(db) { ${execute(ADD)} }, async down() {} };`,
    sql(ADD, DROP, `lossy: 'More is lost',`),
  ],
  [
    'a loss that is not declared',
    'postgres',
    'missing-lossy',
    sql(ADD, DROP),
    sql(ADD, DROP, `lossy: 'More is lost',`),
  ],
  [
    'a collection dropped without a word',
    'mongodb',
    'missing-lossy',
    mongo(`await db.createCollection('more');`, `await db.dropCollection('more');`),
    mongo(`await db.createCollection('more');`, `await db.dropCollection('more');`, `lossy: 'More is lost',`),
  ],
  [
    'an index that blocks writes',
    'postgres',
    'index-in-transaction',
    sql('CREATE INDEX things_name ON $schema.things (name)', 'DROP INDEX $schema.things_name'),
    sql(
      'CREATE INDEX CONCURRENTLY things_name ON $schema.things (name)',
      'DROP INDEX CONCURRENTLY $schema.things_name',
      'transaction: false,',
    ),
  ],
  [
    'a unique index over what may hold duplicates',
    'postgres',
    'unchecked-uniqueness',
    sql(
      'CREATE UNIQUE INDEX CONCURRENTLY things_name ON $schema.things (name)',
      'DROP INDEX CONCURRENTLY $schema.things_name',
      'transaction: false,',
    ),
    sql(
      'UPDATE $schema.things SET name = id::text WHERE name IS NULL; CREATE UNIQUE INDEX CONCURRENTLY things_name ON $schema.things (name)',
      'DROP INDEX CONCURRENTLY $schema.things_name',
      'transaction: false,',
    ),
  ],
  [
    'a unique index over documents',
    'mongodb',
    'unchecked-uniqueness',
    mongo(
      `await db.collection('mails').createIndex({ to: 1 }, { unique: true });`,
      `await db.collection('mails').dropIndex('to_1');`,
    ),
    mongo(
      `await db.collection('mails').aggregate([{ $group: { _id: '$to', n: { $sum: 1 } } }]).toArray(); await db.collection('mails').createIndex({ to: 1 }, { unique: true });`,
      `await db.collection('mails').dropIndex('to_1');`,
    ),
  ],
  [
    'a time to live that deletes at once',
    'mongodb',
    'unchecked-uniqueness',
    mongo(
      `await db.collection('mails').createIndex({ at: 1 }, { expireAfterSeconds: 60 });`,
      `await db.collection('mails').dropIndex('at_1');`,
    ),
    mongo(`await db.collection('mails').createIndex({ at: 1 });`, `await db.collection('mails').dropIndex('at_1');`),
  ],
  [
    'a validator tightened over unknown documents',
    'mongodb',
    'validator-before-backfill',
    mongo(
      `await db.command({ collMod: 'mails', validator: { $jsonSchema: { required: ['to'] } } });`,
      `await db.command({ collMod: 'mails', validator: {} });`,
    ),
    mongo(
      `await context.replaceValidator('mails', { $jsonSchema: { required: ['to'] } });`,
      `await db.command({ collMod: 'mails', validator: {} });`,
    ),
  ],
  [
    'a validator tightened after a look at something else',
    'mongodb',
    'validator-before-backfill',
    mongo(
      `await db.collection('mails').countDocuments({ to: { $exists: false } }); await db.command({ collMod: 'mails', validator: { $jsonSchema: { required: ['to', 'at'] } } });`,
      `await db.command({ collMod: 'mails', validator: {} });`,
    ),
    mongo(
      `const validator = { $jsonSchema: { required: ['to', 'at'] } }; if (await db.collection('mails').countDocuments({ $nor: [validator] })) throw new Error('Some violate it'); await db.command({ collMod: 'mails', validator });`,
      `await db.command({ collMod: 'mails', validator: {} });`,
    ),
  ],
  [
    'an index that MongoDB refuses and this server takes',
    'mongodb',
    'mongodb/partial-filter',
    mongo(
      `await db.collection('mails').createIndex({ to: 1 }, { name: 'to', partialFilterExpression: { at: { $exists: false } } });`,
      `await db.collection('mails').dropIndex('to');`,
    ),
    mongo(
      `await db.collection('mails').createIndex({ to: 1 }, { name: 'to', partialFilterExpression: { at: { $exists: true } } });`,
      `await db.collection('mails').dropIndex('to');`,
    ),
  ],
  [
    'a unique index that no shard can keep, on a server that has no shards',
    'mongodb',
    'mongodb/unique-in-shards',
    mongo(
      `await db.createCollection('more'); await db.collection('more').createIndex({ to: 1 }, { name: 'to', unique: true }); await context.shardCollection('more', { userId: 'hashed' });`,
      `await db.dropCollection('more');`,
      `lossy: 'More is lost',`,
    ),
    mongo(
      `await db.createCollection('more'); await db.collection('more').createIndex({ userId: 1, to: 1 }, { name: 'to', unique: true }); await context.shardCollection('more', { userId: 'hashed' });`,
      `await db.dropCollection('more');`,
      `lossy: 'More is lost',`,
    ),
  ],
  [
    'a table in no schema',
    'postgres',
    'unqualified-name',
    sql('CREATE TABLE loose (id bigint PRIMARY KEY)', 'DROP TABLE loose', `lossy: 'Loose',`),
    sql('CREATE TABLE $schema.tight (id bigint PRIMARY KEY)', 'DROP TABLE $schema.tight', `lossy: 'Tight',`),
  ],
  [
    'a column that rows cannot have yet',
    'postgres',
    'squawk/adding-required-field',
    sql('ALTER TABLE $schema.things ADD COLUMN more text NOT NULL', DROP, `lossy: 'More',`),
    sql(`ALTER TABLE $schema.things ADD COLUMN more text NOT NULL DEFAULT ''`, DROP, `lossy: 'More',`),
  ],
  [
    'a waiver of nothing',
    'postgres',
    'unused-waiver',
    sql(ADD, DROP, `lossy: 'More', waives: { 'missing-lossy': 'It was there once' },`),
    sql(ADD, DROP, `waives: { 'missing-lossy': 'Nobody has ever filled this column' },`),
  ],
];

function execute(statement: string): string {
  return `const { sql } = await import('kysely'); await sql\`${statement}\`.execute(db);`;
}

describe('lint', () => {
  it.each(CASES)('finds %s on %s', async (_, engine, rule, bad) => {
    expect(await rulesOf(engine, bad)).toContain(rule);
  });

  it.each(CASES)('has nothing to say of the neighbour of %s on %s', async (_what, engine, _rule, _bad, good) => {
    expect(await rulesOf(engine, good)).toEqual([]);
  });

  it('takes no waiver without a reason', async () => {
    await expect(rulesOf('postgres', sql(ADD, DROP, `waives: { 'missing-lossy': '' },`))).rejects.toThrow(
      /give the reason/,
    );
  });
});
