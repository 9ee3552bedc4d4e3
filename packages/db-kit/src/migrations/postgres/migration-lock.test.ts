import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { postgresSource, tracedSource } from '../../../test/migration-sources.ts';
import { eventually, startMigratorProcess } from '../../../test/migrator-process.ts';
import { type PostgresScratchDomain, postgresDomain } from '../../../test/scratch-domain.ts';
import { LockTimeoutError, MigrationInterruptedError } from '../errors/index.ts';
import { migrationLockKey } from './migration-lock.ts';

const [ONE, TWO, THREE] = ['20260301T090000-one', '20260302T090000-two', '20260303T090000-three'] as const;
const three = {
  [`${ONE}.ts`]: tracedSource('one'),
  [`${TWO}.ts`]: tracedSource('two'),
  [`${THREE}.ts`]: tracedSource('three'),
};

/** Runs `use` while another session of the same domain holds the lock. */
const whileLocked = <T>(domain: PostgresScratchDomain, use: () => Promise<T>) =>
  domain.withClient(async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [migrationLockKey(domain.domain.name)]);
    return use();
  });

describe('the migration lock on PostgreSQL', () => {
  it('lets 20 runners that start at once on an empty database run each body exactly once', async () => {
    const domain = await postgresDomain(three);
    const applied = await Promise.all(Array.from({ length: 20 }, () => domain.up({ lockTimeoutMs: 60_000 })));
    expect(applied.flat().sort()).toEqual([ONE, TWO, THREE]);
    expect(await domain.query('SELECT mark FROM trace')).toEqual([{ mark: 'one' }, { mark: 'two' }, { mark: 'three' }]);
    expect(await domain.history()).toHaveLength(3);
  });

  it('does so between processes', async () => {
    const domain = await postgresDomain(three);
    const runs = Array.from({ length: 4 }, () => startMigratorProcess(domain.options({ lockTimeoutMs: 60_000 })).ended);
    const ended = await Promise.all(runs);
    expect(ended.map(({ errors }) => errors)).toEqual(['', '', '', '']);
    expect(ended.flatMap(({ output }) => JSON.parse(output)).sort()).toEqual([ONE, TWO, THREE]);
    expect(await domain.query('SELECT count(*)::int AS rows FROM trace')).toEqual([{ rows: 3 }]);
  });

  it('is waited for by asking again, never by a statement that holds a snapshot', async () => {
    const domain = await postgresDomain({
      [`${ONE}.ts`]: postgresSource('CREATE TABLE rows (id uuid)'),
      [`${TWO}.ts`]: postgresSource(
        'CREATE INDEX CONCURRENTLY rows_id ON rows (id)',
        'SELECT 1',
        'transaction: false,',
      ),
      [`${THREE}.ts`]: postgresSource('SELECT pg_sleep(0.3)'),
    });
    const runs = Promise.all(Array.from({ length: 5 }, () => domain.up({ lockTimeoutMs: 60_000 })));
    await eventually(
      'one holds the lock',
      async () =>
        (
          await domain.query(
            `SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()`,
          )
        ).length > 0,
    );
    expect(await domain.query(`SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`)).toEqual([]);
    expect((await runs).flat().sort()).toEqual([ONE, TWO, THREE]);
    expect(await domain.query(`SELECT indisvalid FROM pg_index WHERE indexrelid = 'rows_id'::regclass`)).toEqual([
      { indisvalid: true },
    ]);
  });

  it('is given up on after lockTimeoutMs, naming who holds it and since when', async () => {
    const domain = await postgresDomain({ [`${ONE}.ts`]: postgresSource('SELECT pg_sleep(2)') });
    const startedMs = Date.now();
    const holder = domain.up({
      identity: { actor: 'Ada', host: 'ledger-1', pid: 4711, gitCommit: null, toolVersion: '1' },
    });
    await eventually(
      'the holder runs',
      async () =>
        (
          await domain.query(
            `SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()`,
          )
        ).length > 0,
    );
    const refused: LockTimeoutError = await domain.up({ lockTimeoutMs: 200 }).then(
      () => expect.unreachable(),
      (thrown) => thrown,
    );
    expect(refused).toBeInstanceOf(LockTimeoutError);
    expect(refused).toMatchObject({ domain: 'ledger-db', holder: { actor: 'Ada', host: 'ledger-1', pid: 4711 } });
    expect(refused.waitedMs).toBeGreaterThanOrEqual(200);
    expect(refused.holder?.since.getTime()).toBeGreaterThanOrEqual(startedMs - 1_000);
    expect(refused.message).toContain('Ada on ledger-1 (pid 4711, since 20');
    expect(refused.next).toContain('--lock-timeout');
    expect(await holder).toEqual([ONE]);
  });

  it('names no holder where the one who has it did not say who it is', async () => {
    const domain = await postgresDomain(three);
    await domain.up();
    const refused = await whileLocked(domain, () => domain.up({ lockTimeoutMs: 0 }).catch((thrown) => thrown));
    expect(refused).toBeInstanceOf(LockTimeoutError);
    expect(refused.holder).toBeUndefined();
    expect(refused.message).toContain('held by another runner');
  });

  it('is free once the process that held it is killed', async () => {
    const domain = await postgresDomain({
      [`${ONE}.ts`]: `export const migration = {
      async up() { await new Promise((resolve) => setTimeout(resolve, 60_000)); },
      async down() {},
    };`,
    });
    const isHeld = async () => (await domain.query(`SELECT FROM ledger_migrations.runner`).catch(() => [])).length > 0;
    const runner = startMigratorProcess(domain.options());
    await eventually('the other process holds the lock', isHeld);
    await runner.kill();
    const quick = await domain.with(three);
    expect(await quick.up({ lockTimeoutMs: 5_000 })).toEqual([ONE, TWO, THREE]);
  });

  it('is one for each domain: two domains of one database do not wait for each other', async () => {
    const domain = await postgresDomain(three);
    await whileLocked(domain, async () => {
      const other = { ...domain.domain, name: 'journal-db', namespace: 'journal' };
      expect(await domain.up({ domain: other, lockTimeoutMs: 0 })).toEqual([ONE, TWO, THREE]);
    });
  });

  it('is no longer waited for within a second of an interruption', async () => {
    const domain = await postgresDomain(three);
    const interruption = new AbortController();
    await whileLocked(domain, async () => {
      const run = domain.up({ lockTimeoutMs: 60_000, signal: interruption.signal }).catch((thrown) => thrown);
      await sleep(300);
      const interruptedAtMs = performance.now();
      interruption.abort();
      const interrupted = await run;
      expect(performance.now() - interruptedAtMs).toBeLessThan(1_000);
      expect(interrupted).toBeInstanceOf(MigrationInterruptedError);
      expect(interrupted.message).toContain('waiting for the migration lock');
    });
    expect(await domain.journal()).toEqual([]);
  });
});
