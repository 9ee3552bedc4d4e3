/** A change of a live database behind the migrations' back, and the object that drift must name. */
export interface PlantedDrift {
  readonly name: string;
  readonly engine: 'postgres' | 'mongodb';
  /** SQL on the schema `$schema`, or MongoDB commands as JSON, one per line. */
  readonly plant: string;
  /** Part of the name of the object that differs. */
  readonly object: string;
}

/** What {@link PLANTED_DRIFTS} are planted into. */
export const DRIFT_SUBJECTS = {
  postgres: {
    up: `CREATE SCHEMA $schema;
      CREATE TYPE $schema.mood AS ENUM ('good', 'bad');
      CREATE DOMAIN $schema.percent AS integer CHECK (VALUE BETWEEN 0 AND 100);
      CREATE SEQUENCE $schema.numbers;
      CREATE TABLE $schema.parents (id integer CONSTRAINT parents_pkey PRIMARY KEY, name text NOT NULL DEFAULT 'x', share $schema.percent);
      CREATE TABLE $schema.children (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT children_pkey PRIMARY KEY,
        parent_id integer NOT NULL CONSTRAINT children_parent REFERENCES $schema.parents (id),
        amount_minor bigint CONSTRAINT children_amount_positive CHECK (amount_minor > 0),
        label varchar(10), note text COLLATE "C");
      CREATE INDEX children_label ON $schema.children (label);
      CREATE UNIQUE INDEX children_note ON $schema.children (note) WHERE note IS NOT NULL;
      CREATE FUNCTION $schema.touch() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS 'BEGIN RETURN NEW; END';
      CREATE TRIGGER children_touch BEFORE UPDATE ON $schema.children FOR EACH ROW EXECUTE FUNCTION $schema.touch();
      CREATE VIEW $schema.names AS SELECT name FROM $schema.parents;
      CREATE TABLE $schema.parts (id integer, day date) PARTITION BY RANGE (day);
      CREATE TABLE $schema.parts_2026 PARTITION OF $schema.parts FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
      ALTER TABLE $schema.parents ENABLE ROW LEVEL SECURITY;
      CREATE POLICY everyone ON $schema.parents USING (true);
      COMMENT ON TABLE $schema.parents IS 'Parents'`,
    down: 'DROP SCHEMA $schema CASCADE',
  },
  /** As the body of a MongoDB migration's step. */
  mongodb: `
    await db.createCollection('mails', { validator: { $jsonSchema: { required: ['to'], properties: { to: { bsonType: 'string' } } } }, validationLevel: 'strict', validationAction: 'error' });
    await db.collection('mails').createIndex({ to: 1, at: -1 }, { name: 'to_at' });
    await db.collection('mails').createIndex({ expiresAt: 1 }, { name: 'expiry', expireAfterSeconds: 60 });
    await db.collection('mails').createIndex({ key: 1 }, { name: 'key', unique: true });
    await db.createCollection('recent', { viewOn: 'mails', pipeline: [{ $sort: { at: -1, to: 1 } }] });`,
} as const;

const sql = (name: string, object: string, plant: string): PlantedDrift => ({
  name,
  engine: 'postgres',
  plant,
  object,
});
const mongo = (name: string, object: string, ...commands: readonly object[]): PlantedDrift => ({
  name,
  engine: 'mongodb',
  plant: commands.map((command) => JSON.stringify(command)).join('\n'),
  object,
});

export const PLANTED_DRIFTS: readonly PlantedDrift[] = [
  sql('a new table', 'extra', 'CREATE TABLE $schema.extra (id integer)'),
  sql('a dropped table', 'relation', 'DROP TABLE $schema.children'),
  sql('a new column', 'children.extra', 'ALTER TABLE $schema.children ADD COLUMN extra text'),
  sql('a dropped column', 'children.label', 'ALTER TABLE $schema.children DROP COLUMN label'),
  sql('a renamed column', 'children.label', 'ALTER TABLE $schema.children RENAME COLUMN label TO tag'),
  sql('another type', 'children.label', 'ALTER TABLE $schema.children ALTER COLUMN label TYPE varchar(20)'),
  sql('another default', 'parents.name', `ALTER TABLE $schema.parents ALTER COLUMN name SET DEFAULT 'y'`),
  sql('a column that may be null', 'parents.name', 'ALTER TABLE $schema.parents ALTER COLUMN name DROP NOT NULL'),
  sql('another collation', 'children.note', 'ALTER TABLE $schema.children ALTER COLUMN note TYPE text COLLATE "POSIX"'),
  sql(
    'a dropped check',
    'children_amount_positive',
    'ALTER TABLE $schema.children DROP CONSTRAINT children_amount_positive',
  ),
  sql(
    'a weaker check',
    'children_amount_positive',
    'ALTER TABLE $schema.children DROP CONSTRAINT children_amount_positive, ADD CONSTRAINT children_amount_positive CHECK (amount_minor >= 0)',
  ),
  sql(
    'a check that is not validated',
    'children_amount_positive',
    'ALTER TABLE $schema.children DROP CONSTRAINT children_amount_positive, ADD CONSTRAINT children_amount_positive CHECK (amount_minor > 0) NOT VALID',
  ),
  sql(
    'a foreign key that cascades',
    'children_parent',
    'ALTER TABLE $schema.children DROP CONSTRAINT children_parent, ADD CONSTRAINT children_parent FOREIGN KEY (parent_id) REFERENCES $schema.parents (id) ON DELETE CASCADE',
  ),
  sql('a dropped index', 'children_label', 'DROP INDEX $schema.children_label'),
  sql('a new index', 'children_extra', 'CREATE INDEX children_extra ON $schema.children (amount_minor)'),
  sql(
    'a unique index without its condition',
    'children_note',
    'DROP INDEX $schema.children_note; CREATE UNIQUE INDEX children_note ON $schema.children (note)',
  ),
  sql(
    'another function body',
    'touch()',
    `CREATE OR REPLACE FUNCTION $schema.touch() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS 'BEGIN RETURN NULL; END'`,
  ),
  sql('a function that runs as its owner', 'touch()', 'ALTER FUNCTION $schema.touch() SECURITY DEFINER'),
  sql('a function with another search path', 'touch()', 'ALTER FUNCTION $schema.touch() SET search_path = public'),
  sql('a disabled trigger', 'children_touch', 'ALTER TABLE $schema.children DISABLE TRIGGER children_touch'),
  sql('a dropped trigger', 'children_touch', 'DROP TRIGGER children_touch ON $schema.children'),
  sql(
    'another view',
    'names',
    `CREATE OR REPLACE VIEW $schema.names AS SELECT name || '!' AS name FROM $schema.parents`,
  ),
  sql('a grant on a table', 'parents', 'GRANT SELECT ON $schema.parents TO PUBLIC'),
  sql('a grant on a column', 'parents.name', 'GRANT SELECT (name) ON $schema.parents TO PUBLIC'),
  sql('a revoked right to call a function', 'touch()', 'REVOKE EXECUTE ON FUNCTION $schema.touch() FROM PUBLIC'),
  sql('another policy', 'everyone', 'ALTER POLICY everyone ON $schema.parents USING (id > 0)'),
  sql('row security switched off', 'parents', 'ALTER TABLE $schema.parents DISABLE ROW LEVEL SECURITY'),
  sql('a label more', 'mood', `ALTER TYPE $schema.mood ADD VALUE 'worse'`),
  sql('a domain with another check', 'percent', 'ALTER DOMAIN $schema.percent DROP CONSTRAINT percent_check'),
  sql('a sequence that goes round', 'numbers', 'ALTER SEQUENCE $schema.numbers CYCLE'),
  sql('an unlogged table', 'children', 'ALTER TABLE $schema.children SET UNLOGGED'),
  sql('a storage parameter', 'parents', 'ALTER TABLE $schema.parents SET (fillfactor = 50)'),
  sql('a partition that was taken off', 'parts_2026', 'ALTER TABLE $schema.parts DETACH PARTITION $schema.parts_2026'),
  sql('another comment', 'parents', `COMMENT ON TABLE $schema.parents IS 'Others'`),
  mongo('a new collection', 'extra', { create: 'extra' }),
  mongo('a dropped collection', 'mails', { drop: 'mails' }),
  mongo('a weaker validator', 'mails', {
    collMod: 'mails',
    validator: { $jsonSchema: { properties: { to: { bsonType: 'string' } } } },
  }),
  mongo('a validator that only warns', 'mails', { collMod: 'mails', validationAction: 'warn' }),
  mongo('a validator for new documents only', 'mails', { collMod: 'mails', validationLevel: 'moderate' }),
  mongo('a new index', 'extra', { createIndexes: 'mails', indexes: [{ key: { extra: 1 }, name: 'extra' }] }),
  mongo('a dropped index', 'to_at', { dropIndexes: 'mails', index: 'to_at' }),
  mongo(
    'an index in another order',
    'to_at',
    { dropIndexes: 'mails', index: 'to_at' },
    { createIndexes: 'mails', indexes: [{ key: { at: -1, to: 1 }, name: 'to_at' }] },
  ),
  mongo(
    'an index that is no longer unique',
    'key',
    { dropIndexes: 'mails', index: 'key' },
    { createIndexes: 'mails', indexes: [{ key: { key: 1 }, name: 'key' }] },
  ),
  mongo(
    'an index that compares text otherwise',
    'key',
    { dropIndexes: 'mails', index: 'key' },
    {
      createIndexes: 'mails',
      indexes: [{ key: { key: 1 }, name: 'key', unique: true, collation: { locale: 'de', strength: 2 } }],
    },
  ),
  mongo(
    'a view that sorts in another order',
    'view recent',
    { drop: 'recent' },
    { create: 'recent', viewOn: 'mails', pipeline: [{ $sort: { to: 1, at: -1 } }] },
  ),
  mongo('a dropped view', 'view recent', { drop: 'recent' }),
  mongo(
    'a collection with other options',
    'collection mails',
    { drop: 'mails' },
    { create: 'mails', changeStreamPreAndPostImages: { enabled: true } },
  ),
  mongo(
    'another time to live',
    'expiry',
    { dropIndexes: 'mails', index: 'expiry' },
    { createIndexes: 'mails', indexes: [{ key: { expiresAt: 1 }, name: 'expiry', expireAfterSeconds: 5 }] },
  ),
];
