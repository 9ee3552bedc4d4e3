import { join } from 'node:path';
import { actAsOwner } from '@finova/db-kit/migrations';
import { describeMongoStructure } from '@finova/db-kit/mongodb';
import { testMongoUrl, testPostgresUrl } from '@finova/db-kit/testing';
import type { Db } from 'mongodb';
import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startThrowAwayServer, type ThrowAwayServer } from '../../local-databases/src/embedded/throw-away-servers.ts';
import { plan } from '../src/commands/plan.ts';
import { up } from '../src/commands/up.ts';
import { renderScript } from '../src/plan/render-script.ts';
import { createScratchRun } from './scratch-context.ts';
import { makeScratchRun } from './scratch-run.ts';
import { mongoMigration, postgresMigration, type ScratchDomain } from './scratch-workspace.ts';

const WORKSPACE = join(import.meta.dirname, '..', '..', '..');
const ONE = '20260101T000000-one';
const TWO = '20260102T000000-two';
const THREE = '20260103T000000-three';

const sources: Readonly<Record<string, ScratchDomain>> = {
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
};
const twoEngines = () => createScratchRun(sources);

/** Every row version of the catalog and of the database's own tables: what a write could not leave as it was. */
async function rowVersions(client: Client): Promise<string> {
  const { rows: tables } = await client.query<{ name: string }>(
    // Statistics are gathered by the server, when it likes.
    `SELECT oid::regclass::text AS name FROM pg_class
     WHERE relkind = 'r' AND relnamespace <> 'information_schema'::regnamespace AND relname NOT LIKE 'pg_statistic%'
     ORDER BY 1`,
  );
  const versions: string[] = [];
  for (const { name } of tables) {
    const { rows } = await client.query(
      `SELECT count(*) || md5(string_agg(xmin::text || ctid::text, ',' ORDER BY ctid)) AS digest FROM ${name}`,
    );
    versions.push(`${name} ${rows[0]?.digest}`);
  }
  return versions.join('\n');
}

/** Everything in a MongoDB database, the migrator's own records included. */
async function everything(db: Db): Promise<unknown> {
  const names = (await db.listCollections().toArray()).map(({ name }) => name).sort();
  const documents = await Promise.all(
    names.map((name) =>
      db
        .collection(name)
        .find({}, { sort: { _id: 1 } })
        .toArray(),
    ),
  );
  return { names, documents, structure: await describeMongoStructure(db) };
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
    const schema = run.workspace.namespace('cards-db');
    expect(script).toContain(
      `-- cards-db/${TWO} (postgres, one transaction)\nBEGIN;\n${actAsOwner(schema, 'transaction')};\nALTER TABLE ${schema}.one ADD COLUMN two text;\nCOMMIT;`,
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

  describe('on a server of its own', () => {
    let target: ThrowAwayServer;
    beforeAll(async () => {
      target = await startThrowAwayServer(WORKSPACE, 'postgres');
    });
    afterAll(() => target.stop());

    /** Two domains on it, each with something applied and something pending. */
    async function halfMigrated() {
      const run = await makeScratchRun(sources, { postgres: target.url, mongodb: testMongoUrl() });
      onTestFinished(() => run.remove());
      await up(await run.context(), { domains: ['cards-db'], to: ONE });
      await up(await run.context(), { domains: ['mails-db'], to: ONE });
      await run.withDb('mails-db', (db) => db.collection<{ _id: number }>('mails').insertOne({ _id: 1 }));
      return run;
    }

    it('writes nothing to what it plans for: no row version changes, no document, no database is left', async () => {
      const run = await halfMigrated();
      const look = async () => ({
        postgres: await run.withClient(rowVersions),
        databases: await run.withClient(
          async (client) => (await client.query('SELECT datname FROM pg_database ORDER BY 1')).rows,
        ),
        mongodb: await run.withDb('mails-db', everything),
        names: await run.withDb('mails-db', async (db) =>
          (await db.admin().listDatabases({ nameOnly: true })).databases.filter(({ name }) =>
            name.startsWith(run.workspace.namespace('mails-db')),
          ),
        ),
      });
      const before = await look();
      expect((await plan(await run.context(), { sql: true })).migrations).toHaveLength(2);
      expect(await look()).toEqual(before);

      await run.workspace.writeMigration('cards-db', `${THREE}.ts`, postgresMigration('SELECT 1 / 0', 'SELECT 1'));
      expect((await plan(await run.context(), { sql: true })).failures).toHaveLength(1);
      expect(await look()).toEqual(before);
    });

    it('does not even add to the log of the server when its throw-away databases are on another', async () => {
      const run = await halfMigrated();
      process.env['FINOVA_SCRATCH_POSTGRES_URL'] = testPostgresUrl();
      onTestFinished(() => {
        delete process.env['FINOVA_SCRATCH_POSTGRES_URL'];
      });
      await run.withClient(async (client) => {
        const look = async () => {
          const { rows } = await client.query('SELECT pg_current_wal_insert_lsn()::text AS lsn');
          return { lsn: rows[0]?.lsn, versions: await rowVersions(client) };
        };
        // What reading the catalog tidies up is tidied up before.
        await client.query('VACUUM');
        const moved: boolean[] = [];
        // The server's own housekeeping may fall into one attempt; what a plan wrote would be in all of them.
        for (let attempt = 0; attempt < 3 && !moved.includes(false); attempt += 1) {
          await client.query('CHECKPOINT');
          const before = await look();
          expect((await plan(await run.context(), { sql: true })).migrations).toHaveLength(2);
          const after = await look();
          expect(after.versions).toBe(before.versions);
          moved.push(after.lsn !== before.lsn);
        }
        expect(moved).toContain(false);
      });
    });
  });
});
