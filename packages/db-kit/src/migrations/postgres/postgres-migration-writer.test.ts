import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { cuttableProxy } from '../../../test/cuttable-proxy.ts';
import { bodySource, postgresSource, tracedSource } from '../../../test/migration-sources.ts';
import { eventually, startMigratorProcess } from '../../../test/migrator-process.ts';
import { type PostgresScratchDomain, postgresDomain, tablesOf } from '../../../test/scratch-domain.ts';
import {
  EscapedTransactionError,
  HalfDoneMigrationError,
  LockLostError,
  MigrationFailedError,
  MigrationInterruptedError,
} from '../errors/index.ts';

const [ONE, TWO] = ['20260301T090000-one', '20260302T090000-two'] as const;

const isSleeping = (domain: PostgresScratchDomain) => async () =>
  (await domain.query(`SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`))
    .length > 0;

const isLockFree = async (domain: PostgresScratchDomain) =>
  (
    await domain.query(
      `SELECT FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    )
  ).length === 0;

describe('a migration in a transaction', () => {
  it('commits together with its journal row, its history row and nothing else', async () => {
    const domain = await postgresDomain({ [`${ONE}.ts`]: tracedSource('one') });
    await domain.up();
    const [row] = await domain.query(`
      SELECT count(DISTINCT transaction)::int AS transactions FROM (
        SELECT xmin::text AS transaction FROM trace
        UNION ALL SELECT xmin::text FROM ledger_migrations.journal
        UNION ALL SELECT xmin::text FROM ledger_migrations.history) AS rows`);
    expect(row).toEqual({ transactions: 1 });
  });

  it('that throws half way leaves neither its change nor a journal row, and its failure in the history', async () => {
    const domain = await postgresDomain({
      [`${ONE}.ts`]: bodySource(`await sql\`CREATE TABLE half (id uuid)\`.execute(db); throw new Error('no more');`),
    });
    await expect(domain.up()).rejects.toThrow(MigrationFailedError);
    expect(await tablesOf(domain)).toEqual([]);
    expect(await domain.journal()).toEqual([]);
    expect(await domain.history()).toEqual([`${ONE} up failed`]);
  });

  it('that fails only when it commits (a deferred constraint) leaves nothing either', async () => {
    const domain = await postgresDomain({
      [`${ONE}.ts`]: postgresSource(
        `CREATE TABLE parents (id int PRIMARY KEY);
         CREATE TABLE children (parent int REFERENCES parents DEFERRABLE INITIALLY DEFERRED);
         INSERT INTO children VALUES (1)`,
      ),
    });
    await expect(domain.up()).rejects.toThrow(/violates foreign key constraint/);
    expect(await tablesOf(domain)).toEqual([]);
    expect(await domain.journal()).toEqual([]);
  });

  it.each<[string, string, string[]]>([
    ['COMMIT', `await sql\`CREATE TABLE escaped (id uuid); COMMIT\`.execute(db);`, ['escaped']],
    ['ROLLBACK', `await sql\`CREATE TABLE escaped (id uuid)\`.execute(db); await sql\`ROLLBACK\`.execute(db);`, []],
    [
      'COMMIT AND CHAIN',
      `await sql\`CREATE TABLE escaped (id uuid)\`.execute(db); await sql\`COMMIT AND CHAIN\`.execute(db);`,
      ['escaped'],
    ],
    ['COMMIT and BEGIN', `await sql\`CREATE TABLE escaped (id uuid); COMMIT; BEGIN\`.execute(db);`, ['escaped']],
    [
      'a transaction of its own',
      `await db.transaction().execute((own: any) => sql\`CREATE TABLE escaped (id uuid)\`.execute(own));`,
      ['escaped'],
    ],
  ])('that ends its transaction by %s is refused and not journaled', async (_, body, left) => {
    const domain = await postgresDomain({ [`${ONE}.ts`]: bodySource(body) });
    const refused = domain.up();
    await expect(refused).rejects.toThrow(EscapedTransactionError);
    await expect(refused).rejects.toThrow(/what it committed by itself stays/);
    expect(await domain.journal()).toEqual([]);
    expect(await domain.history()).toEqual([`${ONE} up failed`]);
    // What a COMMIT committed cannot be taken back; the message says so.
    expect(await tablesOf(domain)).toEqual(left);
  });

  it('may use savepoints', async () => {
    const domain = await postgresDomain({
      [`${ONE}.ts`]: bodySource(`
        await sql\`SAVEPOINT attempt\`.execute(db);
        await sql\`SELECT 1 / 0\`.execute(db).catch(() => sql\`ROLLBACK TO SAVEPOINT attempt\`.execute(db));
        await sql\`CREATE TABLE kept (id uuid)\`.execute(db);`),
    });
    await domain.up();
    expect(await tablesOf(domain)).toEqual(['kept']);
  });

  it('does not hand its session settings on to the next', async () => {
    const domain = await postgresDomain({
      [`${ONE}.ts`]: postgresSource(`SELECT set_config('search_path', '', false); SET statement_timeout = 1`),
      [`${TWO}.ts`]: postgresSource('CREATE TABLE found_without_its_schema (id uuid)'),
    });
    await domain.up();
    expect(await tablesOf(domain)).toEqual(['found_without_its_schema']);
  });

  it('waits for a table lock no longer than its lockTimeoutMs', async () => {
    const domain = await postgresDomain({
      [`${ONE}.ts`]: postgresSource('CREATE TABLE busy (id uuid)'),
      [`${TWO}.ts`]: postgresSource('ALTER TABLE busy ADD COLUMN name text', 'SELECT 1', 'lockTimeoutMs: 100,'),
    });
    await domain.migrate((migrator) => migrator.up({ to: ONE }));
    await domain.withClient(async (client) => {
      await client.query('BEGIN; LOCK TABLE busy');
      await expect(domain.up()).rejects.toThrow(/lock timeout/);
    });
    expect(await domain.up()).toEqual([TWO]);
  });

  it('may not run a statement longer than its statementTimeoutMs', async () => {
    const domain = await postgresDomain({
      [`${ONE}.ts`]: postgresSource('SELECT pg_sleep(60)', 'SELECT 1', 'statementTimeoutMs: 50,'),
    });
    await expect(domain.up()).rejects.toThrow(/statement timeout/);
  });

  it('whose process is killed leaves nothing, and the next run applies it once', async () => {
    const slow = (seconds: number) =>
      bodySource(`await sql\`CREATE TABLE trace (mark text); INSERT INTO trace VALUES ('two')\`.execute(db);
        await sql\`SELECT pg_sleep(\${${seconds}})\`.execute(db);`);
    const domain = await postgresDomain({ [`${ONE}.ts`]: postgresSource('SELECT 1'), [`${TWO}.ts`]: slow(60) });
    const runner = startMigratorProcess(domain.options());
    await eventually('the body sleeps', isSleeping(domain));
    await runner.kill();
    const repaired = await domain.with({ [`${ONE}.ts`]: postgresSource('SELECT 1'), [`${TWO}.ts`]: slow(0) });
    // The server notices in the middle of the statement that its client is gone.
    expect(await repaired.up({ lockTimeoutMs: 5_000 })).toEqual([TWO]);
    expect(await domain.query('SELECT mark FROM trace')).toEqual([{ mark: 'two' }]);
    expect(await domain.journal()).toEqual([`${ONE} done`, `${TWO} done`]);
  });
});

describe('a migration outside a transaction', () => {
  const OUTSIDE = 'transaction: false,';
  const sleeping = bodySource(
    `await sql\`CREATE TABLE half (id uuid)\`.execute(db); await sql\`SELECT pg_sleep(60)\`.execute(db);`,
    OUTSIDE,
  );

  it('can do what PostgreSQL refuses inside one', async () => {
    const domain = await postgresDomain({
      [`${ONE}.ts`]: postgresSource('CREATE TABLE rows (id uuid)', 'DROP TABLE rows'),
      [`${TWO}.ts`]: postgresSource(
        'CREATE INDEX CONCURRENTLY rows_id ON rows (id)',
        'DROP INDEX CONCURRENTLY rows_id',
        OUTSIDE,
      ),
    });
    await domain.up();
    expect(await domain.journal()).toEqual([`${ONE} done`, `${TWO} done`]);
    expect(await domain.migrate((migrator) => migrator.down({ steps: 1 }))).toEqual([TWO]);
    expect(await domain.journal()).toEqual([`${ONE} done`]);
    expect(await domain.history()).toEqual([`${ONE} up succeeded`, `${TWO} up succeeded`, `${TWO} down succeeded`]);
  });

  it('that fails is journaled as started, and not run again before it is repaired', async () => {
    const failing = bodySource(
      `await sql\`CREATE TABLE half (id uuid)\`.execute(db); await sql\`SELECT 1 / 0\`.execute(db);`,
      OUTSIDE,
    );
    const domain = await postgresDomain({ [`${ONE}.ts`]: failing });
    await expect(domain.up()).rejects.toThrow(
      /journaled as half done; .* run finova-db repair ledger-db .* --as applied/,
    );
    expect(await domain.journal()).toEqual([`${ONE} started`]);
    expect(await tablesOf(domain)).toEqual(['half']);

    for (const again of [() => domain.up(), () => domain.migrate((migrator) => migrator.down('all'))]) {
      const refused = await again().catch((thrown) => thrown);
      expect(refused).toBeInstanceOf(HalfDoneMigrationError);
      expect(refused).toMatchObject({ domain: 'ledger-db', migration: ONE, direction: 'up' });
      expect(refused.next).toContain(`finova-db repair ledger-db ${ONE} --as applied`);
      expect(refused.next).toContain('--as pending');
    }
    expect(await domain.journal()).toEqual([`${ONE} started`]);
  });

  it('that is half done has to be settled also when its file runs in a transaction now', async () => {
    const domain = await postgresDomain({ [`${ONE}.ts`]: postgresSource('SELECT 1 / 0', 'SELECT 1', OUTSIDE) });
    await expect(domain.up()).rejects.toThrow(/journaled as half done/);
    const corrected = await domain.with({ [`${ONE}.ts`]: postgresSource('CREATE TABLE half (id uuid)', 'SELECT 1') });
    await expect(corrected.up()).rejects.toThrow(HalfDoneMigrationError);
    await expect(corrected.migrate((migrator) => migrator.down('all'))).rejects.toThrow(HalfDoneMigrationError);
    expect(await tablesOf(domain)).toEqual([]);
    await corrected.migrate((migrator) => migrator.settle(ONE, 'pending'));
    expect(await corrected.up()).toEqual([ONE]);
  });

  it('whose process is killed is left as started; settled as pending, it runs again', async () => {
    const domain = await postgresDomain({ [`${ONE}.ts`]: sleeping });
    const runner = startMigratorProcess(domain.options());
    await eventually('the body sleeps', isSleeping(domain));
    await runner.kill();
    const refused = await domain.up().catch((thrown) => thrown);
    expect(refused).toBeInstanceOf(HalfDoneMigrationError);
    expect(refused.message).toContain('by another process');
    await domain.query('DROP TABLE half');
    await domain.migrate((migrator) => migrator.settle(ONE, 'pending'));
    expect(await domain.journal()).toEqual([]);
    const corrected = await domain.with({
      [`${ONE}.ts`]: bodySource(`await sql\`CREATE TABLE half (id uuid)\`.execute(db);`, OUTSIDE),
    });
    expect(await corrected.up()).toEqual([ONE]);
    expect(await domain.history()).toEqual([`${ONE} repair succeeded`, `${ONE} up succeeded`]);
  });

  it('settled as applied after its file was corrected, is applied as the corrected file', async () => {
    const domain = await postgresDomain({
      [`${ONE}.ts`]: bodySource(`await sql\`SELECT 1 / 0\`.execute(db);`, OUTSIDE),
    });
    await expect(domain.up()).rejects.toThrow(MigrationFailedError);
    const corrected = await domain.with({
      [`${ONE}.ts`]: bodySource(`await sql\`SELECT 1 / 1\`.execute(db);`, OUTSIDE),
    });
    await corrected.migrate((migrator) => migrator.settle(ONE, 'applied'));
    expect(await corrected.up()).toEqual([]);
    expect(await domain.journal()).toEqual([`${ONE} done`]);
  });

  it('interrupted on its way down is named so', async () => {
    const domain = await postgresDomain({ [`${ONE}.ts`]: postgresSource('SELECT 1', 'SELECT 1 / 0', OUTSIDE) });
    await domain.up();
    await expect(domain.migrate((migrator) => migrator.down('all'))).rejects.toThrow(MigrationFailedError);
    expect(await domain.journal()).toEqual([`${ONE} reverting`]);
    await expect(domain.migrate((migrator) => migrator.down('all'))).rejects.toMatchObject({ direction: 'down' });
    await domain.migrate((migrator) => migrator.settle(ONE, 'applied'));
    expect(await domain.up()).toEqual([]);
  });

  it('interrupted by the user says that it is half done, and names repair', async () => {
    const domain = await postgresDomain({ [`${ONE}.ts`]: sleeping });
    const interruption = new AbortController();
    const run = domain.up({ signal: interruption.signal }).catch((thrown) => thrown);
    await eventually('the body sleeps', isSleeping(domain));
    interruption.abort();
    const interrupted = await run;
    expect(interrupted).toBeInstanceOf(MigrationInterruptedError);
    expect(interrupted.message).toContain('half done');
    expect(interrupted.next).toContain(`finova-db repair ledger-db ${ONE}`);
    expect(await domain.journal()).toEqual([`${ONE} started`]);
  });
});

describe('an interruption', () => {
  it.each<[string, string]>([
    ['a long statement', 'await sql`SELECT pg_sleep(60)`.execute(db);'],
    ['many short ones', 'for (;;) { await sql`SELECT pg_sleep(0.01)`.execute(db); }'],
    [
      'a wait between statements',
      'await sql`SELECT pg_sleep(0.2)`.execute(db); await sleep(400); await sql`CREATE TABLE late (id uuid)`.execute(db);',
    ],
  ])('stops %s within a second, journals nothing, frees the lock and closes the connections', async (_, body) => {
    const domain = await postgresDomain({
      [`${ONE}.ts`]: tracedSource('one'),
      [`${TWO}.ts`]: bodySource(`await sql\`CREATE TABLE half (id uuid)\`.execute(db); ${body}`),
    });
    const proxy = await cuttableProxy(domain.url);
    const interruption = new AbortController();
    const run = domain.up({ url: proxy.url, signal: interruption.signal }).catch((thrown) => thrown);
    await eventually('the body runs', isSleeping(domain));
    await sleep(100);
    const interruptedAtMs = performance.now();
    interruption.abort();
    const interrupted = await run;
    expect(performance.now() - interruptedAtMs).toBeLessThan(1_000);
    expect(interrupted).toBeInstanceOf(MigrationInterruptedError);
    expect(interrupted.message).toContain('nothing is half-journaled');
    expect(interrupted.next).toContain('run the same command again');
    expect(await domain.journal()).toEqual([`${ONE} done`]);
    expect(await domain.history()).toEqual([`${ONE} up succeeded`, `${TWO} up failed`]);
    expect(await tablesOf(domain)).toEqual(['trace']);
    expect(await isLockFree(domain)).toBe(true);
    await eventually('all connections are closed', async () => proxy.openConnections() === 0, 1_000);
  });

  it('before the run runs nothing', async () => {
    const domain = await postgresDomain({ [`${ONE}.ts`]: tracedSource('one') });
    await expect(domain.up({ signal: AbortSignal.abort() })).rejects.toThrow(MigrationInterruptedError);
    expect(await domain.journal()).toEqual([]);
  });
});

it('a connection that breaks is reported as the lock that is lost, and the next run applies all', async () => {
  const domain = await postgresDomain({
    [`${ONE}.ts`]: bodySource(
      'await sql`CREATE TABLE half (id uuid)`.execute(db); await sql`SELECT pg_sleep(5)`.execute(db);',
    ),
  });
  const proxy = await cuttableProxy(domain.url);
  const run = domain.up({ url: proxy.url }).catch((thrown) => thrown);
  await eventually('the body sleeps', isSleeping(domain));
  proxy.cut();
  expect(await run).toBeInstanceOf(LockLostError);
  const quick = await domain.with({ [`${ONE}.ts`]: tracedSource('one') });
  expect(await quick.up()).toEqual([ONE]);
  expect(await tablesOf(domain)).toEqual(['trace']);
});
