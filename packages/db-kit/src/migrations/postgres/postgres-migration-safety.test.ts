import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { postgresSource, tracedSource } from '../../../test/migration-sources.ts';
import { postgresDomain } from '../../../test/scratch-domain.ts';
import { UnawaitedStatementError } from '../errors/index.ts';
import type { RecordedStatement } from '../migration-engine.ts';
import { withMigrationReader } from '../with-migrator.ts';

const FIRST = '20260301T090000-first';
const SECOND = '20260302T090000-second';
const THIRD = '20260303T090000-third';

const body = (text: string) => `import { sql } from 'kysely';
export const migration = { async up(db) { ${text} }, async down() {} };`;

describe('a body on PostgreSQL', () => {
  it.each([
    ['the only one', 'sql`CREATE TABLE public.late (id integer)`.execute(db);'],
    ['one of two', 'await sql`SELECT 1`.execute(db); sql`CREATE TABLE public.late (id integer)`.execute(db);'],
  ])('must wait for its statements: %s is not awaited', async (_, text) => {
    const domain = await postgresDomain({ [`${FIRST}.ts`]: body(text) });
    await expect(domain.up()).rejects.toThrow(UnawaitedStatementError);
    expect(await domain.query(`SELECT to_regclass('public.late') AS late`)).toEqual([{ late: null }]);
    expect(await domain.history()).toEqual([`${FIRST} up failed`]);
  });

  it('is tried again when a lock is not to be had in time', async () => {
    const domain = await postgresDomain({
      [`${FIRST}.ts`]: postgresSource('CREATE TABLE public.busy (id integer)'),
    });
    await domain.up();
    const next = await domain.with({
      [`${FIRST}.ts`]: postgresSource('CREATE TABLE public.busy (id integer)'),
      [`${SECOND}.ts`]: postgresSource(
        'ALTER TABLE public.busy ADD COLUMN more text',
        'SELECT 1',
        'lockTimeoutMs: 100,',
      ),
    });
    await domain.withClient(async (client) => {
      await client.query('BEGIN; LOCK TABLE public.busy');
      const migrating = next.up();
      await sleep(400);
      await client.query('COMMIT');
      expect(await migrating).toEqual([SECOND]);
    });
    expect(await next.history()).toEqual([`${FIRST} up succeeded`, `${SECOND} up succeeded`]);
  });

  it('leaves no value of the data in messages and in the history', async () => {
    const domain = await postgresDomain({
      [`${FIRST}.ts`]: postgresSource(`SELECT 'AT61 "secret" 1904'::text::integer`),
    });
    const failure = await domain.up().catch((thrown: unknown) => String(thrown));
    expect(failure).toMatch(/invalid input syntax for type integer: "…"; statement/);
    const [row] = await withMigrationReader(domain.options(), (reader) => reader.readHistory());
    expect(row?.error).toBe('invalid input syntax for type integer: "…"');
  });

  it('is heard statement by statement, with its parameters', async () => {
    const domain = await postgresDomain({
      [`${FIRST}.ts`]: body(
        `await sql\`CREATE TABLE public.heard (id integer)\`.execute(db);
         await db.insertInto('public.heard').values({ id: 7 }).execute();`,
      ),
    });
    const heard: RecordedStatement[] = [];
    await domain.migrate((migrator) => migrator.up(), { hooks: { onStatement: (statement) => heard.push(statement) } });
    const common = { engine: 'postgres', migration: FIRST, direction: 'up' };
    expect(heard).toEqual([
      { ...common, sql: 'CREATE TABLE public.heard (id integer)', parameters: [] },
      { ...common, sql: 'insert into "public"."heard" ("id") values ($1)', parameters: [7] },
    ]);
  });
});

describe('an invalid index', () => {
  it('that a cancelled concurrent build left behind is built again', async () => {
    const domain = await postgresDomain({
      [`${FIRST}.ts`]: postgresSource('CREATE SCHEMA ledger'),
      [`${SECOND}.ts`]: postgresSource('CREATE TABLE ledger.rows AS SELECT 1 AS id FROM generate_series(1, 2)'),
    });
    await domain.up();
    // Duplicates make the build fail and leave the index invalid, as a cancellation does.
    await expect(domain.query('CREATE UNIQUE INDEX CONCURRENTLY rows_id ON ledger.rows (id)')).rejects.toThrow();
    await domain.query('DELETE FROM ledger.rows WHERE ctid = (SELECT min(ctid) FROM ledger.rows)');
    const next = await domain.with({
      [`${FIRST}.ts`]: postgresSource('CREATE SCHEMA ledger'),
      [`${SECOND}.ts`]: postgresSource('CREATE TABLE ledger.rows AS SELECT 1 AS id FROM generate_series(1, 2)'),
      [`${THIRD}.ts`]: postgresSource(
        'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS rows_id ON ledger.rows (id)',
        'DROP INDEX CONCURRENTLY ledger.rows_id',
        'transaction: false,',
      ),
    });
    await next.up();
    expect(await domain.query(`SELECT indisvalid FROM pg_index WHERE indexrelid = 'ledger.rows_id'::regclass`)).toEqual(
      [{ indisvalid: true }],
    );
  });
});

describe('a migration that is older than applied ones', () => {
  it('is applied when that is allowed, and the history says so', async () => {
    const domain = await postgresDomain({ [`${SECOND}.ts`]: tracedSource('second') });
    await domain.up();
    const later = await domain.with({
      [`${FIRST}.ts`]: tracedSource('first'),
      [`${SECOND}.ts`]: tracedSource('second'),
    });
    await expect(later.up()).rejects.toThrow('--allow-out-of-order');
    expect(await later.up({ allowOutOfOrder: true })).toEqual([FIRST]);
    const history = await withMigrationReader(later.options(), (reader) => reader.readHistory());
    expect(history.map(({ note }) => note)).toEqual([null, `allowed out of order, after ${SECOND}`]);
    expect(await later.up()).toEqual([]);
  });
});

describe('baseline', () => {
  it('journals what a database already has, without running it', async () => {
    const sources = { [`${FIRST}.ts`]: tracedSource('first'), [`${SECOND}.ts`]: tracedSource('second') };
    const domain = await postgresDomain(sources);
    expect(await domain.migrate((migrator) => migrator.baseline(FIRST))).toEqual([FIRST]);
    expect(await domain.journal()).toEqual([`${FIRST} done`]);
    expect(await domain.up()).toEqual([SECOND]);
    expect(await domain.query('SELECT mark FROM public.trace')).toEqual([{ mark: 'second' }]);
    expect(await domain.history()).toEqual([`${FIRST} baseline succeeded`, `${SECOND} up succeeded`]);
  });

  it('is refused where something is journaled', async () => {
    const domain = await postgresDomain({ [`${FIRST}.ts`]: tracedSource('first') });
    await domain.up();
    await expect(domain.migrate((migrator) => migrator.baseline(FIRST))).rejects.toThrow(/managed already/);
  });
});
