import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mongoSource, postgresSource, tracedSource } from '../../test/migration-sources.ts';
import { mongoDomain, postgresDomain, type ScratchDomain } from '../../test/scratch-domain.ts';
import { GENESIS_HASH, historyHash } from './history-chain.ts';
import type { HistoryRow } from './journal.ts';
import { withMigrationReader } from './with-migrator.ts';

const FIRST = '20260301T090000-first';
const SECOND = '20260302T090000-second';

const readHistory = (domain: ScratchDomain) => withMigrationReader(domain.options(), (reader) => reader.readHistory());

function expectUnbrokenChain(rows: readonly HistoryRow[]): void {
  let previousHash = GENESIS_HASH;
  for (const [index, row] of rows.entries()) {
    expect(row.sequence).toBe(index + 1);
    expect(row.previousHash).toBe(previousHash);
    expect(row.hash).toBe(historyHash(row.sequence, previousHash, row));
    previousHash = row.hash;
  }
}

describe('the history on PostgreSQL', () => {
  const failing = postgresSource('SELECT 1 / 0', 'SELECT 1', 'transaction: false,');

  it('chains every attempt: successes, failures and repairs, in both directions', async () => {
    const domain = await postgresDomain({ [`${FIRST}.ts`]: tracedSource('first'), [`${SECOND}.ts`]: failing });
    await expect(domain.up()).rejects.toThrow('division by zero');
    await domain.migrate((migrator) => migrator.settle(SECOND, 'applied'));
    await domain.migrate((migrator) => migrator.down('all'));
    expect(await domain.history()).toEqual([
      `${FIRST} up succeeded`,
      `${SECOND} up failed`,
      `${SECOND} repair succeeded`,
      `${SECOND} down succeeded`,
      `${FIRST} down succeeded`,
    ]);
    expectUnbrokenChain(await readHistory(domain));
  });

  it('says who, where, when, how long, with what, and why it failed', async () => {
    const domain = await postgresDomain({ [`${SECOND}.ts`]: failing });
    const startedMs = Date.now();
    await expect(
      domain.up({
        identity: { actor: 'Ada', host: 'ledger-1', pid: 4711, gitCommit: 'c0ffee', toolVersion: '1.2.3' },
      }),
    ).rejects.toThrow();
    const [row] = await readHistory(domain);
    expect(row).toMatchObject({
      actor: 'Ada',
      host: 'ledger-1',
      pid: 4711,
      gitCommit: 'c0ffee',
      toolVersion: '1.2.3',
      error: 'division by zero',
    });
    expect(row?.checksum).toMatch(/^[0-9a-f]{64}$/);
    expect(row?.startedAt.getTime()).toBeGreaterThanOrEqual(startedMs);
    expect(row?.durationMs).toBeLessThanOrEqual(Date.now() - startedMs);
  });

  it('reads back the moment that was hashed, whatever the time zones of server and client', async () => {
    const domain = await postgresDomain({ [`${FIRST}.ts`]: tracedSource('first') });
    await domain.query(
      `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET timezone = ''Asia/Kathmandu''', current_database()); END $$`,
    );
    await domain.query(
      `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET datestyle = ''SQL, DMY''', current_database()); END $$`,
    );
    await domain.up();
    expectUnbrokenChain(await readHistory(domain));
  });

  it.each([
    'UPDATE ledger_migrations.history SET actor = actor',
    'DELETE FROM ledger_migrations.history',
    'TRUNCATE ledger_migrations.history',
  ])('refuses %s', async (statement) => {
    const domain = await postgresDomain({ [`${FIRST}.ts`]: tracedSource('first') });
    await domain.up();
    await expect(domain.query(statement)).rejects.toThrow(/append-only/);
    expect(await domain.history()).toEqual([`${FIRST} up succeeded`]);
  });

  it('keeps a message that PostgreSQL could not store as it is', async () => {
    const domain = await postgresDomain({
      [`${FIRST}.ts`]: `export const migration = {
        async up() { throw new Error('half a pair \\ud800 and a NUL \\0'); },
        async down() {},
      };`,
    });
    await expect(domain.up()).rejects.toThrow('half a pair');
    const rows = await readHistory(domain);
    expect(rows.map((row) => row.error)).toEqual(['half a pair \ufffd and a NUL \ufffd']);
    expectUnbrokenChain(rows);
  });
});

describe('the history on MongoDB', () => {
  it('chains every attempt: successes, failures and repairs, in both directions', async () => {
    const domain = await mongoDomain({
      [`${FIRST}.ts`]: mongoSource({ name: 'one' }),
      [`${SECOND}.ts`]: mongoSource({ name: 'two', up: `throw new Error('no such index');` }),
    });
    await expect(domain.up()).rejects.toThrow('no such index');
    await domain.migrate((migrator) => migrator.settle(SECOND, 'applied'));
    await domain.migrate((migrator) => migrator.down('all'));
    expect(await domain.history()).toEqual([
      `${FIRST} up succeeded`,
      `${SECOND} up failed`,
      `${SECOND} repair succeeded`,
      `${SECOND} down succeeded`,
      `${FIRST} down succeeded`,
    ]);
    expectUnbrokenChain(await readHistory(domain));
  });
});

describe('the hash of a history row', () => {
  const attempt = fc.record({
    migration: fc.string(),
    direction: fc.constantFrom('up', 'down', 'repair'),
    outcome: fc.constantFrom('succeeded', 'failed'),
    checksum: fc.string(),
    startedAt: fc.date({ noInvalidDate: true }),
    durationMs: fc.nat(),
    actor: fc.string(),
    host: fc.string(),
    pid: fc.nat(),
    gitCommit: fc.option(fc.string()),
    toolVersion: fc.string(),
    error: fc.option(fc.string()),
    note: fc.option(fc.string()),
  });

  it('changes with every one of its facts, its place and its predecessor', () => {
    fc.assert(
      fc.property(attempt, attempt, fc.nat(), (one, other, sequence) => {
        const hash = historyHash(sequence, GENESIS_HASH, one);
        expect(historyHash(sequence + 1, GENESIS_HASH, one)).not.toBe(hash);
        expect(historyHash(sequence, hash, one)).not.toBe(hash);
        for (const fact of Object.keys(one) as (keyof typeof one)[]) {
          const isSame = JSON.stringify(one[fact]) === JSON.stringify(other[fact]);
          const edited = historyHash(sequence, GENESIS_HASH, { ...one, [fact]: other[fact] });
          expect(edited === hash, fact).toBe(isSame);
        }
      }),
    );
  });
});
