import { join } from 'node:path';
import { withMigrationReader } from '@finova/db-kit/migrations';
import { describeMongoStructure } from '@finova/db-kit/mongodb';
import { describePostgresStructure, withPostgresClient } from '@finova/db-kit/postgres';
import { createPostgresTestDatabase, testPostgresUrl } from '@finova/db-kit/testing';
import type { Client } from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startThrowAwayServer } from '../../local-databases/src/embedded/throw-away-servers.ts';
import { plan } from '../src/commands/plan.ts';
import { up } from '../src/commands/up.ts';
import { renderScript } from '../src/plan/render-script.ts';
import { engineOptions } from '../src/run/run-context.ts';
import { readWorkspaceDomains } from '../src/workspace/workspace-domains.ts';
import { createScratchRun } from './scratch-context.ts';
import { mongoMigration, postgresMigration } from './scratch-workspace.ts';

const WORKSPACE = join(import.meta.dirname, '..', '..', '..');
const ONE = '20260101T000000-one';
const TWO = '20260102T000000-two';

const twoEngines = () =>
  createScratchRun({
    'cards-db': {
      engine: 'postgres',
      migrations: {
        [`${ONE}.ts`]: postgresMigration(
          'CREATE SCHEMA $schema; CREATE TABLE $schema.one (id integer)',
          'DROP SCHEMA $schema CASCADE',
        ),
        [`${TWO}.ts`]: postgresMigration(
          'ALTER TABLE $schema.one ADD COLUMN two text',
          'ALTER TABLE $schema.one DROP COLUMN two',
        ).replace('export const migration = {', `export const migration = { requires: ['mails-db/${ONE}'],`),
      },
    },
    'mails-db': {
      engine: 'mongodb',
      migrations: { [`${ONE}.ts`]: mongoMigration('mails'), [`${TWO}.ts`]: mongoMigration('letters') },
    },
  });

/** Every row version of the catalog and of the database's own tables: what a write could not leave as it was. */
async function rowVersions(client: Client): Promise<string> {
  const catalogs = [
    'pg_class',
    'pg_attribute',
    'pg_proc',
    'pg_constraint',
    'pg_index',
    'pg_trigger',
    'pg_namespace',
    'pg_type',
    'pg_depend',
  ];
  const { rows: tables } = await client.query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`,
  );
  const versions: string[] = [];
  for (const name of [...catalogs, ...tables.map((table) => table.name)]) {
    const { rows } = await client.query(
      `SELECT md5(string_agg(xmin::text || ctid::text, ',' ORDER BY ctid)) AS digest FROM ${name}`,
    );
    versions.push(`${name} ${rows[0]?.digest}`);
  }
  return versions.join('\n');
}

describe('plan', () => {
  it('tells what up would do in its one order, across engines', async () => {
    const run = await twoEngines();
    const { migrations } = await plan(await run.context());
    expect(migrations.map(({ domain, name }) => `${domain}/${name}`)).toEqual([
      `cards-db/${ONE}`,
      `mails-db/${ONE}`,
      `mails-db/${TWO}`,
      `cards-db/${TWO}`,
    ]);
    await up(await run.context());
    expect((await plan(await run.context())).migrations).toEqual([]);
  });

  it('shows what is sent, with the names of the real databases', async () => {
    const run = await twoEngines();
    await up(await run.context(), { domains: ['cards-db'], to: ONE });
    const { migrations, failures } = await plan(await run.context(), { sql: true });
    expect(failures).toEqual([]);
    const script = renderScript(migrations);
    expect(script).not.toContain('scratch');
    expect(script).not.toContain('CREATE SCHEMA');
    expect(script).toContain(
      `-- cards-db/${TWO} (postgres, one transaction)\nBEGIN;\nALTER TABLE ${run.workspace.namespace('cards-db')}.one ADD COLUMN two text;\nCOMMIT;`,
    );
    expect(script).toContain(
      `db = db.getSiblingDB("${run.workspace.namespace('mails-db')}");\n// step create-mails\ndb.runCommand({ create: "mails" });`,
    );
  });

  it('names what would fail, and leaves it at that', async () => {
    const run = await twoEngines();
    await run.workspace.writeMigration('cards-db', `${TWO}.ts`, postgresMigration('SELECT 1 / 0', 'SELECT 1'));
    const { failures } = await plan(await run.context(), { sql: true });
    expect(failures).toEqual([{ domain: 'cards-db', error: expect.objectContaining({ migration: TWO }) }]);
    expect(String(failures[0]?.error)).toContain('division by zero');
  });

  it('refuses a history that was rewritten, as up does', async () => {
    const run = await twoEngines();
    await up(await run.context());
    await run.workspace.writeMigration('cards-db', `${ONE}.ts`, postgresMigration('SELECT 1', 'SELECT 1'));
    await expect(plan(await run.context())).rejects.toThrow(/was edited after it was applied/);
  });

  it('prints SQL that, run by hand, makes what up makes: the real domains', async () => {
    const domains = (await readWorkspaceDomains(WORKSPACE, {})).filter(({ engine }) => engine === 'postgres');
    const [planned, migrated] = [
      await createPostgresTestDatabase(testPostgresUrl()),
      await createPostgresTestDatabase(testPostgresUrl(), domains),
    ];
    onTestFinished(async () => {
      await planned.drop();
      await migrated.drop();
    });
    const run = await twoEngines();
    const context = {
      ...(await run.context()),
      domains,
      servers: new Map(
        domains.map(({ name }) => [name, { url: planned.url, label: 'planned', source: 'url' as const }]),
      ),
    };
    const script = renderScript((await plan(context, { sql: true })).migrations);
    const structures = await Promise.all(
      [planned, migrated].map(({ url }, index) =>
        withPostgresClient({ url, applicationName: 'finova tests' }, async (client) => {
          if (index === 0) {
            await client.query(script);
          }
          return [
            await describePostgresStructure(client, 'accounts'),
            await describePostgresStructure(client, 'transactions'),
          ];
        }),
      ),
    );
    expect(structures[0]).toEqual(structures[1]);
  });

  it('writes nothing to what it plans for: no row version changes, no document, no database is left', async () => {
    const run = await twoEngines();
    await up(await run.context(), { domains: ['cards-db'], to: ONE });
    const look = async () => ({
      postgres: await run.withClient(rowVersions),
      databases: await run.withClient(
        async (client) =>
          (await client.query(`SELECT datname FROM pg_database WHERE datname LIKE 'finova_scratch%'`)).rows,
      ),
      mongodb: await run.withDb('mails-db', describeMongoStructure),
      names: await run.withDb('mails-db', async (db) =>
        (await db.admin().listDatabases({ nameOnly: true })).databases.filter(({ name }) =>
          name.startsWith(run.workspace.namespace('mails-db')),
        ),
      ),
      history: await withMigrationReader(
        engineOptions(await run.context(), (await run.context()).domains[0] as never),
        (reader) => reader.readHistory(),
      ),
    });
    const before = await look();
    await plan(await run.context(), { sql: true });
    expect(await look()).toEqual(before);
  });

  it('does not even add to the log of a server when its throw-away databases are on another', async () => {
    const target = await startThrowAwayServer(WORKSPACE, 'postgres');
    onTestFinished(() => target.stop());
    const run = await twoEngines();
    const ofRun = await run.context();
    const servers = new Map(ofRun.servers).set('cards-db', {
      url: target.url,
      label: 'target',
      source: 'url' as const,
    });
    const context = { ...ofRun, servers };
    await up(context, { domains: ['cards-db'], to: ONE });
    process.env['FINOVA_SCRATCH_POSTGRES_URL'] = testPostgresUrl();
    onTestFinished(() => {
      delete process.env['FINOVA_SCRATCH_POSTGRES_URL'];
    });
    await withPostgresClient({ url: target.url, applicationName: 'finova tests' }, async (client) => {
      const position = async () => {
        const { rows } = await client.query('SELECT pg_current_wal_insert_lsn()::text AS lsn');
        return rows[0]?.lsn;
      };
      // What reading the catalog tidies up is tidied up before.
      await client.query('VACUUM');
      const moved: boolean[] = [];
      // The server's own housekeeping may fall into one attempt; what a plan wrote would be in all of them.
      for (let attempt = 0; attempt < 3 && !moved.includes(false); attempt += 1) {
        await client.query('CHECKPOINT');
        const before = await position();
        expect((await plan(context, { sql: true })).migrations).toHaveLength(3);
        moved.push((await position()) !== before);
      }
      expect(moved).toContain(false);
    });
  });
});
