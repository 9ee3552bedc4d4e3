import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { mongoSource } from '../../../test/migration-sources.ts';
import { eventually, startMigratorProcess } from '../../../test/migrator-process.ts';
import { type MongoScratchDomain, mongoDomain } from '../../../test/scratch-domain.ts';
import { LockLostError, LockTimeoutError, MigrationInterruptedError } from '../errors/index.ts';

const [ONE, TWO] = ['20260301T090000-one', '20260302T090000-two'] as const;
const two = { [`${ONE}.ts`]: mongoSource({ name: 'one' }), [`${TWO}.ts`]: mongoSource({ name: 'two' }) };
const slow = {
  [`${ONE}.ts`]: mongoSource({ name: 'one', up: `await mark('one up'); await sleep(2_500);` }, { name: 'rest' }),
};

const isRunning = (domain: MongoScratchDomain) => async () =>
  (await domain.withDb((db) => db.collection('trace').countDocuments())) > 0;

const LEASE = { _id: 'migration-lease' } as object;
const FENCE = { _id: 'migration-fence' } as object;

describe('the migration lease on MongoDB', () => {
  it('lets 20 runners that start at once on an empty database run each step exactly once', async () => {
    const domain = await mongoDomain(two);
    const applied = await Promise.all(Array.from({ length: 20 }, () => domain.up({ lockTimeoutMs: 60_000 })));
    expect(applied.flat().sort()).toEqual([ONE, TWO]);
    const trace = await domain.withDb((db) => db.collection('trace').find().sort({ _id: 1 }).toArray());
    expect(trace.map(({ text }) => text)).toEqual(['one up', 'two up']);
    expect(await domain.history()).toHaveLength(2);
  });

  it('does so between processes', async () => {
    const domain = await mongoDomain(two);
    const runs = Array.from({ length: 3 }, () => startMigratorProcess(domain.options({ lockTimeoutMs: 60_000 })).ended);
    const ended = await Promise.all(runs);
    expect(ended.map(({ errors }) => errors)).toEqual(['', '', '']);
    expect(ended.flatMap(({ output }) => JSON.parse(output)).sort()).toEqual([ONE, TWO]);
  });

  it('is given up on after lockTimeoutMs, naming who holds it and since when', async () => {
    const domain = await mongoDomain(slow);
    const holder = domain.up({
      identity: { actor: 'Ada', host: 'ledger-1', pid: 4711, gitCommit: null, toolVersion: '1' },
    });
    await eventually('the holder runs', isRunning(domain));
    const refused: LockTimeoutError = await domain.up({ lockTimeoutMs: 200 }).then(
      () => expect.unreachable(),
      (thrown) => thrown,
    );
    expect(refused).toBeInstanceOf(LockTimeoutError);
    expect(refused).toMatchObject({ domain: 'ledger-db', holder: { actor: 'Ada', host: 'ledger-1', pid: 4711 } });
    expect(refused.waitedMs).toBeGreaterThanOrEqual(200);
    expect(refused.message).toContain('Ada on ledger-1 (pid 4711, since 20');
    expect(await holder).toEqual([ONE]);
  });

  it('is given up on in time also while the transaction of a killed runner is open on it', async () => {
    const domain = await mongoDomain(two);
    await domain.up();
    await domain.withDb((db) =>
      db.client.withSession(async (session) => {
        session.startTransaction();
        await db.collection('migration_lease').updateOne(FENCE, { $set: { fencedAt: new Date() } }, { session });
        const startedAtMs = performance.now();
        await expect(domain.up({ lockTimeoutMs: 500 })).rejects.toThrow(LockTimeoutError);
        expect(performance.now() - startedAtMs).toBeLessThan(10_000);
        await session.abortTransaction();
      }),
    );
    expect(await domain.up()).toEqual([]);
  });

  it('is free at once when a run ends, however it ends', async () => {
    const domain = await mongoDomain({ [`${ONE}.ts`]: mongoSource({ name: 'one', up: `throw new Error('no');` }) });
    await expect(domain.up()).rejects.toThrow('no');
    expect(await (await domain.with({ [`${ONE}.ts`]: mongoSource({ name: 'one' }) })).up({ lockTimeoutMs: 0 })).toEqual(
      [ONE],
    );
  });

  it('is renewed while its holder runs, however long that is', async () => {
    const domain = await mongoDomain(slow);
    const holder = domain.up({ leaseMs: 300 });
    await eventually('the holder runs', isRunning(domain));
    await expect(domain.up({ lockTimeoutMs: 1_000 })).rejects.toThrow(LockTimeoutError);
    expect(await holder).toEqual([ONE]);
  });

  it('is renewed also while its holder is within a transaction', async () => {
    const within = `await context.withFencedTransaction(async () => { await mark('within'); await sleep(2_000); });`;
    const domain = await mongoDomain({ [`${ONE}.ts`]: mongoSource({ name: 'one', up: within }) });
    const expiry = () =>
      domain.withDb(async (db) => Number((await db.collection('migration_lease').findOne(LEASE))?.['expiresAt']));
    const holder = domain.up({ leaseMs: 300 });
    await eventually('the holder is within its transaction', isRunning(domain));
    const expiresAtMs = await expiry();
    await expect(domain.up({ lockTimeoutMs: 1_000 })).rejects.toThrow(LockTimeoutError);
    expect(await expiry()).toBeGreaterThan(expiresAtMs);
    expect(await holder).toEqual([ONE]);
    expect(await domain.withDb((db) => db.collection('trace').countDocuments())).toBe(1);
  });

  it('is taken over when it has run out', async () => {
    const domain = await mongoDomain(two);
    const runner = startMigratorProcess((await domain.with(slow)).options({ leaseMs: 1_000 }));
    await eventually('the other process runs', isRunning(domain));
    await runner.kill();
    const takingOver = await domain.with({ ...slow, [`${ONE}.ts`]: mongoSource({ name: 'one' }, { name: 'rest' }) });
    expect(await takingOver.up({ lockTimeoutMs: 5_000 })).toEqual([ONE]);
  });

  it('is taken over then also from one that was killed within a transaction, which the server would keep for a minute', async () => {
    const domain = await mongoDomain(two);
    const stuck = `await mark('before');
    await context.withFencedTransaction(async (session) => {
      await db.collection('trace').insertOne({ text: 'never committed' }, { session });
      await mark('within');
      await sleep(60_000);
    });`;
    const withStuck = { ...two, [`${ONE}.ts`]: mongoSource({ name: 'one', up: stuck }) };
    const runner = startMigratorProcess((await domain.with(withStuck)).options({ leaseMs: 1_000 }));
    const isWithin = () =>
      domain.withDb(async (db) => (await db.collection('trace').findOne({ text: 'within' })) !== null);
    await eventually('the other process is within its transaction', isWithin);
    await runner.kill();
    expect(await domain.up({ lockTimeoutMs: 15_000 })).toEqual([ONE, TWO]);
    const trace = await domain.withDb((db) => db.collection('trace').find().sort({ _id: 1 }).toArray());
    expect(trace.map(({ text }) => text)).toEqual(['before', 'within', 'one up', 'two up']);
  });

  it('that was taken over refuses the next journal write of the one who lost it', async () => {
    const domain = await mongoDomain(slow);
    const paused = domain.up().catch((thrown) => thrown);
    await eventually('the first holder runs', isRunning(domain));
    // As if the first had been stopped for longer than its lease: another holder, with the next token.
    await domain.withDb(async (db) => {
      const leases = db.collection('migration_lease');
      await leases.updateOne(LEASE, { $set: { holder: 'another', actor: 'Grace' }, $inc: { token: 1 } });
      await leases.updateOne(FENCE, { $inc: { token: 1 } });
    });
    const lost = await paused;
    expect(lost).toBeInstanceOf(LockLostError);
    expect(lost.next).toContain('finova-db status ledger-db');
    expect(await domain.journal()).toEqual([`${ONE} started`]);
    expect(await domain.history()).toEqual([]);
    // And the loser does not release what is another's now.
    await expect(domain.up({ lockTimeoutMs: 0 })).rejects.toMatchObject({ holder: { actor: 'Grace' } });
  });

  it('goes with a token that grows with every holder', async () => {
    const domain = await mongoDomain(two);
    const token = () => domain.withDb(async (db) => (await db.collection('migration_lease').findOne(LEASE))?.['token']);
    await domain.up();
    const first = await token();
    await domain.up();
    expect(await token()).toBe(first + 1);
  });

  it('is no longer waited for within a second of an interruption', async () => {
    const domain = await mongoDomain(slow);
    const holder = domain.up();
    await eventually('the holder runs', isRunning(domain));
    const interruption = new AbortController();
    const waiting = domain.up({ lockTimeoutMs: 60_000, signal: interruption.signal }).catch((thrown) => thrown);
    await sleep(300);
    const interruptedAtMs = performance.now();
    interruption.abort();
    expect(await waiting).toBeInstanceOf(MigrationInterruptedError);
    expect(performance.now() - interruptedAtMs).toBeLessThan(1_000);
    expect(await holder).toEqual([ONE]);
  });
});
