import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { withMigrator } from '@finova/db-kit/migrations';
import { describeMongoStructure, withMongoClient } from '@finova/db-kit/mongodb';
import { describePostgresStructure, withPostgresClient } from '@finova/db-kit/postgres';
import { createPostgresTestDatabase, TEST_IDENTITY, testMongoUrl, testPostgresUrl } from '@finova/db-kit/testing';
import type { MongoClient } from 'mongodb';
import type { Client } from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type PlannedMigration, plan } from '../src/commands/plan.ts';
import { up } from '../src/commands/up.ts';
import { renderScript } from '../src/plan/render-script.ts';
import { readWorkspaceDomains } from '../src/workspace/workspace-domains.ts';
import { runMongoScript } from './run-mongo-script.ts';
import { createScratchRun, type ScratchRun } from './scratch-context.ts';

const WORKSPACE = join(import.meta.dirname, '..', '..', '..');
const ONE = '20260101T000000-one';
const TWO = '20260102T000000-two';
const THREE = '20260103T000000-three';
/** Begins a placeholder of a migration's own template, not of the one around it. */
const DOLLAR = '$';

/** What is in a schema, rows included. */
async function contents(client: Client, schema: string): Promise<unknown> {
  const { rows: tables } = await client.query<{ name: string }>(
    "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname = $1 ORDER BY 1",
    [schema],
  );
  const data: Record<string, unknown> = {};
  for (const { name } of tables) {
    const { rows } = await client.query(`SELECT table_row::text AS line FROM ${name} AS table_row ORDER BY 1`);
    data[name] = rows;
  }
  return { structure: await describePostgresStructure(client, schema), data };
}

async function documents(client: MongoClient, database: string): Promise<unknown> {
  const db = client.db(database);
  const names = (await db.listCollections().toArray()).map(({ name }) => name).sort();
  const data: Record<string, unknown> = {};
  for (const name of names.filter((candidate) => !candidate.startsWith('migration_'))) {
    // With their types: a script that wrote other numbers would not show otherwise.
    data[name] = await db
      .collection(name)
      .find({}, { promoteValues: false, useBigInt64: false, sort: { _id: 1 } })
      .toArray();
  }
  return { structure: await describeMongoStructure(db), data };
}

/** Runs SQL as psql does: statement by statement, and not as one transaction. */
async function runSqlScript(run: ScratchRun, migrations: readonly PlannedMigration[]): Promise<void> {
  await run.withClient(async (client) => {
    for (const migration of migrations) {
      const script = renderScript([migration]);
      // The server takes several statements sent at once for one transaction.
      for (const part of migration.transaction ? [script] : script.split(/;\n/)) {
        await client.query(part);
      }
    }
  });
}

describe('the script of a plan, run by hand', () => {
  it('makes on PostgreSQL what up makes', async () => {
    const migration = (body: string, more = '') => `import { sql } from 'kysely';
      export const migration = { ${more} irreversible: 'A test', async up(db) { ${body} } };`;
    const sources = {
      [`${ONE}.ts`]: migration(String.raw`
        await sql.raw("SET search_path = nowhere; CREATE SCHEMA $schema -- ours; really").execute(db);
        await sql.raw("CREATE FUNCTION $schema.next(integer) RETURNS integer LANGUAGE sql RETURN $1 + 1").execute(db);
        await sql${'`'}
          CREATE TABLE $schema.things (
            id uuid PRIMARY KEY, amount bigint, tags text[], ids uuid[], raw bytea, at timestamp, notes jsonb, flag boolean,
            name text DEFAULT 'it''s; -- $1' -- a note
          )${'`'}.execute(db);
        const ids = ['0198a8a0-0000-7000-8000-000000000001', '0198a8a0-0000-7000-8000-000000000002'];
        await db.withSchema('$schema').insertInto('things').values({
          id: ids[0], amount: -9007199254740993n, tags: ['a "b"', null, "c's"], ids, raw: Buffer.from([0, 255, 92]),
          at: new Date(2026, 0, 2, 3, 4, 5, 6), notes: { five: [5, "O'Neil"] }, flag: 1, name: 5,
        }).execute();
        await sql${'`'}UPDATE $schema.things SET name = 'x\${y}' || ${DOLLAR}{7} WHERE id = ANY (${DOLLAR}{ids})${'`'}.execute(db);
      `),
      [`${TWO}.ts`]: migration(
        'await sql`CREATE INDEX CONCURRENTLY things_name ON $schema.things (name)`.execute(db); await sql`;`.execute(db);',
        'transaction: false, lockTimeoutMs: 1234,',
      ),
      // In the schema that the search path finds, which is not the one that the first migration set.
      [`${THREE}.ts`]: migration(
        'await sql`CREATE TABLE found_by_path (id integer)`.execute(db); await sql`ALTER TABLE public.found_by_path SET SCHEMA $schema`.execute(db);',
        'statementTimeoutMs: 60000,',
      ),
    };
    const byHand = await createScratchRun({ 'cards-db': { engine: 'postgres', migrations: sources } });
    const { migrations, failures } = await plan(await byHand.context(), { sql: true });
    expect(failures).toEqual([]);
    expect(migrations).toMatchObject([{}, { transaction: false, lockTimeoutMs: 1234 }, { statementTimeoutMs: 60_000 }]);
    await runSqlScript(byHand, migrations);
    const schema = byHand.workspace.namespace('cards-db');
    const found = await byHand.withClient((client) => contents(client, schema));

    await byHand.withClient((client) => client.query(`DROP SCHEMA ${schema} CASCADE`));
    await up(await byHand.context());
    expect(found).toEqual(await byHand.withClient((client) => contents(client, schema)));
  });

  it('makes on MongoDB what up makes, in the same types', async () => {
    const source = `import { Binary, Decimal128, Double, Long, ObjectId, UUID } from 'mongodb';
      export const migration = { irreversible: 'A test', steps: [
        { name: 'create', async up(db) {
          await db.createCollection('letters', { validator: { $jsonSchema: { properties: { amount: { bsonType: 'long' } } } } });
          await db.collection('letters').createIndex({ at: -1, _id: 1 }, { name: 'newest', sparse: true });
        } },
        { name: 'fill', async up(db) {
          await db.collection('letters').insertMany([
            { _id: 1, amount: 5n, at: new Date(0), text: 'it\\'s "so"', 'a-key': [1, 1.5, -0, null], nothing: undefined },
            { _id: 2, amount: Long.fromString('9007199254740993'), re: /a\\/b/i, bytes: Buffer.from([1, 255]), price: new Decimal128('1.20') },
            { _id: new ObjectId('6b04daca479e28fa3f423295'), uuid: new UUID('b597e410-63ae-47d7-9353-38fd0b38bf92'), d: new Double(5), b: new Binary(Buffer.from([7]), 128), empty: {}, none: [] },
          ]);
          await db.collection('letters').updateMany({ amount: { $gt: 4n } }, { $set: { big: true } });
          await db.collection('letters').aggregate([{ $match: { _id: 1 } }, { $out: 'copies' }]).toArray();
        } },
        { name: 'rename', async up(db) { await db.collection('copies').rename('sheets'); } },
        { name: 'backfill', async up(db) {
          for await (const { _id } of db.collection('nothing').find()) await db.collection('nothing').deleteOne({ _id });
        } },
      ] };`;
    const byHand = await createScratchRun({ 'mails-db': { engine: 'mongodb', migrations: { [`${ONE}.ts`]: source } } });
    const { migrations, failures } = await plan(await byHand.context(), { sql: true });
    expect(failures).toEqual([]);
    const script = renderScript(migrations);
    const database = byHand.workspace.namespace('mails-db');
    expect(script).toContain(
      `db.adminCommand({ renameCollection: "${database}.copies", to: "${database}.sheets", dropTarget: false });`,
    );
    expect(script).toContain('// step backfill\n// only reads where there are no documents\n');

    await withMongoClient({ url: testMongoUrl(), applicationName: 'finova tests' }, async (client) => {
      await runMongoScript(client, script);
      const found = await documents(client, database);
      await client.db(database).dropDatabase();
      await up(await byHand.context());
      expect(found).toEqual(await documents(client, database));
    });
  });

  it('makes what up makes of the real domains, on either engine', async () => {
    const suffix = `_${randomUUID().slice(0, 8)}`;
    const domains = (await readWorkspaceDomains(WORKSPACE, {})).map((domain) =>
      domain.engine === 'mongodb' ? { ...domain, namespace: `${domain.namespace}${suffix}` } : domain,
    );
    const postgres = domains.filter(({ engine }) => engine === 'postgres');
    const byHand = await createPostgresTestDatabase(testPostgresUrl());
    onTestFinished(() => byHand.drop());
    const migrated = await createPostgresTestDatabase(testPostgresUrl(), postgres);
    onTestFinished(() => migrated.drop());
    for (const domain of postgres) {
      // Its roles get rights on the migrator's own tables: a script is for a database that is migrated by it otherwise.
      const options = { domain, url: byHand.url, identity: TEST_IDENTITY, lockTimeoutMs: 10_000 };
      await withMigrator(options, async () => {});
    }
    const run = await createScratchRun({});
    const context = {
      ...(await run.context()),
      domains,
      servers: new Map(
        domains.map(({ name, engine }) => [
          name,
          { url: engine === 'postgres' ? byHand.url : testMongoUrl(), label: engine, source: 'url' as const },
        ]),
      ),
    };
    const { migrations, failures } = await plan(context, { sql: true });
    expect(failures).toEqual([]);
    const scriptOf = (engine: string) => renderScript(migrations.filter((planned) => planned.engine === engine));

    const structures = (url: string, script: string) =>
      withPostgresClient({ url, applicationName: 'finova tests' }, async (client) => {
        await client.query(script);
        return Promise.all(postgres.map(({ namespace }) => contents(client, namespace)));
      });
    expect(await structures(byHand.url, scriptOf('postgres'))).toEqual(await structures(migrated.url, ''));

    await withMongoClient({ url: testMongoUrl(), applicationName: 'finova tests' }, async (client) => {
      const databases = domains.flatMap(({ engine, namespace }) => (engine === 'mongodb' ? [namespace] : []));
      onTestFinished(() =>
        withMongoClient({ url: testMongoUrl(), applicationName: 'finova tests' }, async (own) => {
          await Promise.all(databases.map((name) => own.db(name).dropDatabase()));
        }),
      );
      await runMongoScript(client, scriptOf('mongodb'));
      const found = await Promise.all(databases.map((name) => documents(client, name)));
      await Promise.all(databases.map((name) => client.db(name).dropDatabase()));
      await up({
        ...context,
        servers: new Map(
          [...context.servers].map(([name, server]) => [
            name,
            server.label === 'postgres' ? { ...server, url: migrated.url } : server,
          ]),
        ),
      });
      expect(found).toEqual(await Promise.all(databases.map((name) => documents(client, name))));
    });
  });
});
