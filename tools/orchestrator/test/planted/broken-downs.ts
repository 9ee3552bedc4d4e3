/** A migration whose `down` does not undo its `up`, in schema or in data. */
export interface BrokenDown {
  readonly name: string;
  readonly engine: 'postgres' | 'mongodb';
  /** SQL on the schema `$schema`, or the body of a MongoDB step. */
  readonly up: string;
  readonly down: string;
}

/** The migration before the broken one: it makes what that changes, and rows. */
export const DOWN_SUBJECTS = {
  postgres: {
    up: `CREATE SCHEMA $schema;
      CREATE TABLE $schema.parents (id integer PRIMARY KEY, name text NOT NULL, grade integer DEFAULT 1);
      CREATE TABLE $schema.children (id integer PRIMARY KEY, parent_id integer, amount_minor bigint NOT NULL, label varchar(20), CONSTRAINT children_amount_positive CHECK (amount_minor > 0));
      CREATE INDEX children_parent ON $schema.children (parent_id);
      CREATE FUNCTION $schema.twice(n bigint) RETURNS bigint LANGUAGE sql AS 'SELECT n * 2';
      CREATE FUNCTION $schema.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
      CREATE TRIGGER children_touch BEFORE UPDATE ON $schema.children FOR EACH ROW EXECUTE FUNCTION $schema.touch();
      CREATE VIEW $schema.totals AS SELECT parent_id, sum(amount_minor) AS total FROM $schema.children GROUP BY 1;
      INSERT INTO $schema.parents SELECT n, 'parent ' || n FROM generate_series(1, 5) AS n;
      INSERT INTO $schema.children SELECT n, n % 5 + 1, n * 100, 'child ' || n FROM generate_series(1, 20) AS n`,
    down: 'DROP SCHEMA $schema CASCADE',
  },
  mongodb: {
    up: `await db.createCollection('mails', { validator: { $jsonSchema: { required: ['to'] } }, validationLevel: 'strict', validationAction: 'error' });
      await db.collection('mails').createIndex({ to: 1 }, { name: 'to' });
      await db.collection('mails').insertMany([1, 2, 3].map((n) => ({ _id: n, to: 'user ' + n, size: n * 10, tags: ['a', 'b'] })));`,
    down: `await db.dropCollection('mails');`,
  },
} as const;

/** A migration like the broken ones whose `down` is right. */
export const SOUND_DOWNS: readonly BrokenDown[] = [
  {
    name: 'a column',
    engine: 'postgres',
    up: 'ALTER TABLE $schema.parents ADD COLUMN more text',
    down: 'ALTER TABLE $schema.parents DROP COLUMN more',
  },
  {
    name: 'rows changed and changed back',
    engine: 'postgres',
    up: 'UPDATE $schema.children SET amount_minor = amount_minor * 2',
    down: 'UPDATE $schema.children SET amount_minor = amount_minor / 2',
  },
  {
    name: 'a renamed column',
    engine: 'postgres',
    up: 'ALTER TABLE $schema.children RENAME COLUMN label TO tag',
    down: 'ALTER TABLE $schema.children RENAME COLUMN tag TO label',
  },
  {
    name: 'a renamed field',
    engine: 'mongodb',
    up: `await db.collection('mails').updateMany({ size: { $exists: true } }, { $rename: { size: 'bytes' } });`,
    down: `await db.collection('mails').updateMany({ bytes: { $exists: true } }, { $rename: { bytes: 'size' } });`,
  },
];

const sql = (name: string, up: string, down: string): BrokenDown => ({ name, engine: 'postgres', up, down });
const mongo = (name: string, up: string, down: string): BrokenDown => ({ name, engine: 'mongodb', up, down });

export const BROKEN_DOWNS: readonly BrokenDown[] = [
  sql('leaves a table', 'CREATE TABLE $schema.extra (id integer)', 'SELECT 1'),
  sql('leaves a column', 'ALTER TABLE $schema.parents ADD COLUMN extra text', 'SELECT 1'),
  sql(
    'takes another column',
    'ALTER TABLE $schema.parents ADD COLUMN extra text',
    'ALTER TABLE $schema.parents DROP COLUMN grade',
  ),
  sql('leaves an index', 'CREATE INDEX extra ON $schema.parents (name)', 'SELECT 1'),
  sql(
    'takes one index too many',
    'CREATE INDEX extra ON $schema.children (label)',
    'DROP INDEX $schema.extra; DROP INDEX $schema.children_parent',
  ),
  sql('forgets an index of a dropped column', 'DROP INDEX $schema.children_parent', 'SELECT 1'),
  sql('leaves a constraint', 'ALTER TABLE $schema.parents ADD CONSTRAINT grade_positive CHECK (grade > 0)', 'SELECT 1'),
  sql(
    'does not bring a constraint back',
    'ALTER TABLE $schema.children DROP CONSTRAINT children_amount_positive',
    'SELECT 1',
  ),
  sql(
    'brings a constraint back weaker',
    'ALTER TABLE $schema.children DROP CONSTRAINT children_amount_positive',
    'ALTER TABLE $schema.children ADD CONSTRAINT children_amount_positive CHECK (amount_minor >= 0)',
  ),
  sql(
    'brings a constraint back unvalidated',
    'ALTER TABLE $schema.children DROP CONSTRAINT children_amount_positive',
    'ALTER TABLE $schema.children ADD CONSTRAINT children_amount_positive CHECK (amount_minor > 0) NOT VALID',
  ),
  sql('forgets NOT NULL', 'ALTER TABLE $schema.parents ALTER COLUMN name DROP NOT NULL', 'SELECT 1'),
  sql('forgets a default', 'ALTER TABLE $schema.parents ALTER COLUMN grade DROP DEFAULT', 'SELECT 1'),
  sql(
    'brings back another default',
    'ALTER TABLE $schema.parents ALTER COLUMN grade SET DEFAULT 3',
    'ALTER TABLE $schema.parents ALTER COLUMN grade SET DEFAULT 2',
  ),
  sql(
    'brings back a wider type',
    'ALTER TABLE $schema.children ALTER COLUMN label TYPE varchar(40)',
    'ALTER TABLE $schema.children ALTER COLUMN label TYPE text',
  ),
  sql('leaves a function', `CREATE FUNCTION $schema.extra() RETURNS integer LANGUAGE sql AS 'SELECT 1'`, 'SELECT 1'),
  sql(
    'does not bring a function body back',
    `CREATE OR REPLACE FUNCTION $schema.twice(n bigint) RETURNS bigint LANGUAGE sql AS 'SELECT n * 3'`,
    'SELECT 1',
  ),
  sql('leaves a trigger disabled', 'ALTER TABLE $schema.children DISABLE TRIGGER children_touch', 'SELECT 1'),
  sql('does not bring a trigger back', 'DROP TRIGGER children_touch ON $schema.children', 'SELECT 1'),
  sql('does not bring a view back', 'DROP VIEW $schema.totals', 'SELECT 1'),
  sql('leaves a grant', 'GRANT SELECT ON $schema.parents TO PUBLIC', 'SELECT 1'),
  sql('leaves a comment', `COMMENT ON TABLE $schema.parents IS 'Parents'`, 'SELECT 1'),
  sql('leaves a type', `CREATE TYPE $schema.mood AS ENUM ('good')`, 'SELECT 1'),
  sql('leaves something in another schema', 'CREATE TABLE public.left_by_$schema (id integer)', 'SELECT 1'),
  sql('fails', 'ALTER TABLE $schema.parents ADD COLUMN extra text', 'ALTER TABLE $schema.parents DROP COLUMN missing'),
  sql(
    'loses the values of a column',
    'ALTER TABLE $schema.parents ADD COLUMN extra text; UPDATE $schema.parents SET extra = gen_random_uuid()::text',
    'ALTER TABLE $schema.parents DROP COLUMN extra',
  ),
  sql('does not change rows back', 'UPDATE $schema.children SET amount_minor = amount_minor * 2', 'SELECT 1'),
  sql(
    'changes rows back wrongly',
    'UPDATE $schema.children SET amount_minor = amount_minor + 10',
    'UPDATE $schema.children SET amount_minor = amount_minor - 5',
  ),
  sql('does not bring rows back', 'DELETE FROM $schema.children WHERE id > 15', 'SELECT 1'),
  sql(
    'takes rows that it did not make',
    `INSERT INTO $schema.parents VALUES (6, 'parent 6')`,
    'DELETE FROM $schema.parents WHERE id > 4',
  ),
  sql(
    'brings a dropped column back empty',
    'ALTER TABLE $schema.children DROP COLUMN label',
    'ALTER TABLE $schema.children ADD COLUMN label varchar(20)',
  ),
  mongo(
    'leaves a collection',
    `if ((await db.listCollections({ name: 'extra' }).toArray()).length === 0) await db.createCollection('extra');`,
    '',
  ),
  mongo('leaves an index', `await db.collection('mails').createIndex({ size: 1 }, { name: 'size' });`, ''),
  mongo('does not bring a validator back', `await db.command({ collMod: 'mails', validator: {} });`, ''),
  mongo('leaves a field', `await db.collection('mails').updateMany({}, { $set: { extra: 1 } });`, ''),
  mongo('does not bring documents back', `await db.collection('mails').deleteMany({ _id: 3 });`, ''),
  mongo(
    'changes documents back wrongly',
    `await db.collection('mails').updateMany({}, { $inc: { size: 1 } });`,
    `await db.collection('mails').updateMany({}, { $inc: { size: -2 } });`,
  ),
];
