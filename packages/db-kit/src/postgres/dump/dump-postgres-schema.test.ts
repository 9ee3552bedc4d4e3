import { join } from 'node:path';
import type { Client } from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RICH_SCHEMA } from '../../../test/rich-schema.ts';
import { readDomain } from '../../migrations/domain-manifest.ts';
import { createPostgresTestDatabase } from '../../testing/postgres-test-database.ts';
import { testPostgresUrl } from '../../testing/test-servers.ts';
import { withPostgresClient } from '../connect.ts';
import { describePostgresStructure } from '../structure.ts';
import { dumpPostgresSchema } from './dump-postgres-schema.ts';
import { CircularObjectsError } from './order-statements.ts';
import { UnsupportedObjectsError } from './unsupported-objects.ts';

const PACKAGES = join(import.meta.dirname, '..', '..', '..', '..');

type Database = <T>(use: (client: Client) => Promise<T>) => Promise<T>;

/** A database of the running test, with these domains migrated. */
async function open(...domains: readonly string[]): Promise<Database> {
  const database = await createPostgresTestDatabase(
    testPostgresUrl(),
    await Promise.all(domains.map((name) => readDomain(join(PACKAGES, name)))),
  );
  onTestFinished(() => database.drop());
  return (use) => withPostgresClient({ url: database.url, applicationName: 'finova tests' }, use);
}

/** The dump of a schema that these statements make. */
async function dumpOf(statements: string, schema = 'small'): Promise<string> {
  const within = await open();
  return within(async (client) => {
    await client.query(statements);
    return dumpPostgresSchema(client, schema);
  });
}

/** PostgreSQL keeps a comparison of rows as `(a AND b) AND c`, which no SQL that it reads makes of `a AND b AND c`. */
function withoutNesting(structure: readonly string[]): readonly string[] {
  return structure.map((line) => line.replaceAll(/[()]/g, ''));
}

/** The migrator's own tables are not in a dump, nor what the domain's roles may do with them. */
function withoutMigrator(structure: readonly string[]): readonly string[] {
  return structure.filter((line) => !/^grant on \S+ \w+_migrations/.test(line)).toSorted();
}

/** As PostgreSQL names them when somebody else has made them: a dump belongs to whoever runs it. */
async function ownerless(client: Client, schema: string): Promise<readonly string[]> {
  const { rows } = await client.query<{ owner: string }>(
    'SELECT nspowner::regrole::text AS owner FROM pg_namespace WHERE nspname = $1',
    [schema],
  );
  const owner = new RegExp(`\\b${rows[0]?.owner}\\b`, 'g');
  return withoutNesting(await describePostgresStructure(client, schema)).map((line) =>
    line.startsWith('grant on ') ? line : line.replaceAll(owner, 'owner'),
  );
}

async function expectRebuilt(original: Database, copy: Database, schema: string): Promise<void> {
  const [dump, structure] = await original(async (client) => [
    await dumpPostgresSchema(client, schema),
    await ownerless(client, schema),
  ]);
  expect(structure).not.toEqual([]);
  await copy(async (client) => {
    await client.query(dump);
    expect(withoutMigrator(await ownerless(client, schema))).toEqual(withoutMigrator(structure));
    expect(await dumpPostgresSchema(client, schema)).toBe(dump);
  });
}

describe('the dump of a schema', () => {
  it('makes the same schema again, and is the same there: one of each kind of object', async () => {
    const original = await open();
    await original((client) => client.query(RICH_SCHEMA));
    await expectRebuilt(original, await open(), 'rich');
  });

  it('makes the accounts again', async () => {
    await expectRebuilt(await open('accounts-db'), await open(), 'accounts');
  });

  it('makes the transactions again, beside the accounts', async () => {
    await expectRebuilt(await open('accounts-db', 'transactions-db'), await open('accounts-db'), 'transactions');
  });

  it('is empty for a schema that does not exist', async () => {
    expect(await dumpOf('SELECT 1', 'nowhere')).toBe('');
  });

  it('can be read: a table with its columns, keys, rights and comments in one place', async () => {
    const dump = await dumpOf(`
      CREATE SCHEMA small;
      CREATE TABLE small.things (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL DEFAULT 'none', CONSTRAINT named CHECK (name <> '')
      );
      COMMENT ON COLUMN small.things.name IS 'Its name';
      GRANT SELECT ON small.things TO PUBLIC;
      REVOKE UPDATE, DELETE ON small.things FROM CURRENT_USER`);
    expect(dump).toBe(`SET check_function_bodies = off;

-- Schema

CREATE SCHEMA small;

-- Tables

CREATE TABLE small.things (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  name text DEFAULT 'none'::text NOT NULL,
  CONSTRAINT things_pkey PRIMARY KEY (id),
  CONSTRAINT named CHECK (name <> ''::text)
);
REVOKE DELETE, UPDATE ON TABLE small.things FROM CURRENT_USER;
GRANT SELECT ON TABLE small.things TO PUBLIC;
COMMENT ON COLUMN small.things.name IS 'Its name';

RESET check_function_bodies;
`);
  });

  it('does not tell the owner', async () => {
    const statements = `CREATE SCHEMA small; CREATE TABLE small.things (id int); GRANT SELECT ON small.things TO PUBLIC;
      CREATE FUNCTION small.one() RETURNS int LANGUAGE sql AS 'SELECT 1'; REVOKE EXECUTE ON FUNCTION small.one FROM PUBLIC;
      ALTER DEFAULT PRIVILEGES IN SCHEMA small GRANT SELECT ON TABLES TO PUBLIC;`;
    const role = `dump_owner_${Math.random().toString(36).slice(2, 10)}`;
    const within = await open();
    onTestFinished(() => within((client) => client.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`)).then(() => {}));
    const dump = await within(async (client) => {
      await client.query(`CREATE ROLE ${role} SUPERUSER; SET ROLE ${role}; ${statements}`);
      return dumpPostgresSchema(client, 'small');
    });
    expect(dump).toBe(await dumpOf(statements));
    expect(dump).not.toContain(role);
  });

  it('names all rights on a table ALL, which newer servers have more of', async () => {
    const dump = await dumpOf(
      'CREATE SCHEMA small; CREATE TABLE small.things (id int); GRANT ALL ON small.things TO PUBLIC',
    );
    expect(dump).toContain('GRANT ALL ON TABLE small.things TO PUBLIC;');
  });

  it('is the same whatever the order in which objects were made', async () => {
    const [first, second] = ['CREATE TABLE small.a (id int);', 'CREATE TABLE small.b (id int);'];
    expect(await dumpOf(`CREATE SCHEMA small; ${first} ${second}`)).toBe(
      await dumpOf(`CREATE SCHEMA small; ${second} ${first}`),
    );
  });

  it('has the triggers that its functions have on the tables of others, who do not have them', async () => {
    const within = await open();
    await within(async (client) => {
      await client.query(`
        CREATE SCHEMA below; CREATE TABLE below.things (id int); CREATE SCHEMA above;
        CREATE FUNCTION above.watch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
        CREATE TRIGGER watched AFTER INSERT ON below.things FOR EACH ROW EXECUTE FUNCTION above.watch();
        COMMENT ON TRIGGER watched ON below.things IS 'By above'`);
      const trigger = `CREATE TRIGGER watched AFTER INSERT ON below.things FOR EACH ROW EXECUTE FUNCTION above.watch();
COMMENT ON TRIGGER watched ON below.things IS 'By above';`;
      expect(await dumpPostgresSchema(client, 'above')).toContain(trigger);
      expect(await dumpPostgresSchema(client, 'below')).not.toContain('watched');
    });
  });

  it('refuses a schema with something that it cannot hold, rather than be silent about it', async () => {
    const dumping = dumpOf(
      'CREATE SCHEMA small; CREATE AGGREGATE small.total(bigint) (sfunc = int8pl, stype = bigint)',
    );
    await expect(dumping).rejects.toThrow(UnsupportedObjectsError);
    await expect(dumping).rejects.toThrow('aggregate small.total(bigint)');
  });

  it('refuses objects that need each other', async () => {
    const dumping = dumpOf(`
      CREATE SCHEMA small;
      CREATE TABLE small.things (id int);
      CREATE FUNCTION small.one() RETURNS int LANGUAGE sql IMMUTABLE BEGIN ATOMIC SELECT count(id)::int FROM small.things; END;
      ALTER TABLE small.things ADD COLUMN twice int GENERATED ALWAYS AS (small.one() * 2) STORED`);
    await expect(dumping).rejects.toThrow(CircularObjectsError);
  });
});
