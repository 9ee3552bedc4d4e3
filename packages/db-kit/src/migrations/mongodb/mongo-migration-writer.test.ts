import { describe, expect, it } from 'vitest';
import { cuttableProxy } from '../../../test/cuttable-proxy.ts';
import { mongoSource } from '../../../test/migration-sources.ts';
import { eventually, startMigratorProcess } from '../../../test/migrator-process.ts';
import { type MongoScratchDomain, mongoDomain } from '../../../test/scratch-domain.ts';
import { LockLostError, MigrationFailedError, MigrationInterruptedError, StepTimeoutError } from '../errors/index.ts';
import { withMigrationReader } from '../with-migrator.ts';

const NAME = '20260301T090000-notifications';
const FILE = `${NAME}.ts`;

/** What ran, in order. */
const traceOf = (domain: MongoScratchDomain) =>
  domain.withDb(async (db) => (await db.collection('trace').find().sort({ _id: 1 }).toArray()).map(({ text }) => text));

const completedSteps = (domain: MongoScratchDomain) =>
  withMigrationReader(domain.options(), async (reader) => (await reader.readJournal())[0]?.completedSteps);

const failing = { up: `throw new Error('no such field');` };

describe('a migration on MongoDB', () => {
  it('runs its steps in order and journals each of them', async () => {
    const observing = `await mark(((await db.collection('migration_journal').findOne())?.completedSteps ?? []).join('+'));`;
    const domain = await mongoDomain({
      [FILE]: mongoSource(
        { name: 'one', up: observing },
        { name: 'two', up: observing },
        { name: 'three', up: observing },
      ),
    });
    await domain.up();
    expect(await traceOf(domain)).toEqual(['', 'one', 'one+two']);
    expect(await domain.journal()).toEqual([`${NAME} done`]);
    expect(await completedSteps(domain)).toEqual(['one', 'two', 'three']);
  });

  it('that failed in its second step resumes there once it is corrected', async () => {
    const domain = await mongoDomain({
      [FILE]: mongoSource({ name: 'one' }, { name: 'two', ...failing }, { name: 'three' }),
    });
    const failed: MigrationFailedError = await domain.up().then(
      () => expect.unreachable(),
      (thrown) => thrown,
    );
    expect(failed).toBeInstanceOf(MigrationFailedError);
    expect(failed).toMatchObject({
      migration: NAME,
      direction: 'up',
      step: 'two',
      cause: { message: 'no such field' },
    });
    expect(failed.message).toContain('1 of its steps are in effect and journaled');
    expect(await domain.journal()).toEqual([`${NAME} started`]);
    expect(await completedSteps(domain)).toEqual(['one']);

    const corrected = await domain.with({ [FILE]: mongoSource({ name: 'one' }, { name: 'two' }, { name: 'three' }) });
    expect(await corrected.up()).toEqual([NAME]);
    expect(await traceOf(domain)).toEqual(['one up', 'two up', 'three up']);
    expect(await domain.journal()).toEqual([`${NAME} done`]);
    expect(await corrected.up()).toEqual([]);
  });

  it('that failed in its second step can go down from there', async () => {
    const domain = await mongoDomain({ [FILE]: mongoSource({ name: 'one' }, { name: 'two', ...failing }) });
    await expect(domain.up()).rejects.toThrow(MigrationFailedError);
    expect(await domain.migrate((migrator) => migrator.down('all'))).toEqual([NAME]);
    expect(await traceOf(domain)).toEqual(['one up', 'one down']);
    expect(await domain.journal()).toEqual([]);
  });

  it('whose process is killed between two steps resumes at the one that was not journaled', async () => {
    const domain = await mongoDomain({
      [FILE]: mongoSource(
        { name: 'one' },
        { name: 'two', up: `await mark('two up'); await sleep(60_000);` },
        { name: 'three' },
      ),
    });
    const runner = startMigratorProcess(domain.options({ leaseMs: 2_000 }));
    await eventually('the second step runs', async () => (await traceOf(domain)).length === 2);
    await runner.kill();
    expect(await domain.journal()).toEqual([`${NAME} started`]);
    expect(await completedSteps(domain)).toEqual(['one']);
    const quick = await domain.with({ [FILE]: mongoSource({ name: 'one' }, { name: 'two' }, { name: 'three' }) });
    // The killed runner's lease has to run out first.
    expect(await quick.up({ lockTimeoutMs: 30_000 })).toEqual([NAME]);
    // The second step had run and was not journaled, so it runs twice: steps have to bear that.
    expect(await traceOf(domain)).toEqual(['one up', 'two up', 'two up', 'three up']);
  });

  it('goes down in reverse order', async () => {
    const domain = await mongoDomain({ [FILE]: mongoSource({ name: 'one' }, { name: 'two' }) });
    await domain.up();
    await domain.migrate((migrator) => migrator.down('all'));
    expect(await traceOf(domain)).toEqual(['one up', 'two up', 'two down', 'one down']);
    expect(await domain.journal()).toEqual([]);
    expect(await domain.history()).toEqual([`${NAME} up succeeded`, `${NAME} down succeeded`]);
  });

  describe('that is half reverted', () => {
    const steps = (one: string) => ({ [FILE]: mongoSource({ name: 'one', down: one }, { name: 'two' }) });
    const halfReverted = async () => {
      const domain = await mongoDomain(steps(`throw new Error('still in use');`));
      await domain.up();
      await expect(domain.migrate((migrator) => migrator.down('all'))).rejects.toMatchObject({
        step: 'one',
        direction: 'down',
      });
      expect(await domain.journal()).toEqual([`${NAME} reverting`]);
      expect(await completedSteps(domain)).toEqual(['one']);
      return domain;
    };

    it('goes on down', async () => {
      const domain = await halfReverted();
      const corrected = await domain.with(steps(`await mark('one down');`));
      expect(await corrected.migrate((migrator) => migrator.down('all'))).toEqual([NAME]);
      expect(await traceOf(domain)).toEqual(['one up', 'two up', 'two down', 'one down']);
      expect(await domain.journal()).toEqual([]);
    });

    it('or up again', async () => {
      const domain = await halfReverted();
      expect(await domain.up()).toEqual([NAME]);
      expect(await traceOf(domain)).toEqual(['one up', 'two up', 'two down', 'two up']);
      expect(await domain.journal()).toEqual([`${NAME} done`]);
    });
  });

  it('settled as applied has all its steps in effect, so that down reverts all of them', async () => {
    const domain = await mongoDomain({ [FILE]: mongoSource({ name: 'one' }, { name: 'two', ...failing }) });
    await expect(domain.up()).rejects.toThrow(MigrationFailedError);
    await domain.migrate((migrator) => migrator.settle(NAME, 'applied'));
    expect(await domain.up()).toEqual([]);
    await domain.migrate((migrator) => migrator.down('all'));
    expect(await traceOf(domain)).toEqual(['one up', 'two down', 'one down']);
  });

  it('settled as pending runs again from its first step', async () => {
    const domain = await mongoDomain({ [FILE]: mongoSource({ name: 'one' }, { name: 'two', ...failing }) });
    await expect(domain.up()).rejects.toThrow(MigrationFailedError);
    await domain.migrate((migrator) => migrator.settle(NAME, 'pending'));
    const corrected = await domain.with({ [FILE]: mongoSource({ name: 'one' }, { name: 'two' }) });
    expect(await corrected.up()).toEqual([NAME]);
    expect(await traceOf(domain)).toEqual(['one up', 'one up', 'two up']);
  });

  it('is not resumed by a file that no longer has a step that is in effect', async () => {
    const domain = await mongoDomain({ [FILE]: mongoSource({ name: 'one' }, { name: 'two', ...failing }) });
    await expect(domain.up()).rejects.toThrow(MigrationFailedError);
    const renamed = await domain.with({ [FILE]: mongoSource({ name: 'first' }, { name: 'two' }) });
    const refused = await renamed.up().catch((thrown) => thrown);
    expect(refused).toMatchObject({ name: 'MissingStepError', migration: NAME, step: 'one' });
    expect(await traceOf(domain)).toEqual(['one up']);
  });

  it('may import from a file with dots in its name', async () => {
    const domain = await mongoDomain({
      [FILE]: `import './helpers/all.fields.ts'; ${mongoSource({ name: 'one' })}`,
      'helpers/all.fields.ts': `Object.freeze({});`,
    });
    await domain.up();
    expect(await domain.up()).toEqual([]);
  });
});

describe('an interruption on MongoDB', () => {
  it('stops between two steps, keeps what is journaled, and frees the lease', async () => {
    const domain = await mongoDomain({
      [FILE]: mongoSource({ name: 'one', up: `await mark('one up'); await sleep(300);` }, { name: 'two' }),
    });
    const interruption = new AbortController();
    const run = domain.up({ signal: interruption.signal }).catch((thrown) => thrown);
    await eventually('the first step runs', async () => (await traceOf(domain)).length === 1);
    interruption.abort();
    expect(await run).toBeInstanceOf(MigrationInterruptedError);
    expect(await completedSteps(domain)).toEqual(['one']);
    expect(await domain.up({ lockTimeoutMs: 0 })).toEqual([NAME]);
    expect(await traceOf(domain)).toEqual(['one up', 'two up']);
  });

  it('is heard by a step that listens, within a second', async () => {
    const domain = await mongoDomain({
      [FILE]: mongoSource({
        name: 'one',
        up: `await mark('one up'); await sleep(60_000, undefined, { signal: context.signal });`,
      }),
    });
    const interruption = new AbortController();
    const run = domain.up({ signal: interruption.signal }).catch((thrown) => thrown);
    await eventually('the step runs', async () => (await traceOf(domain)).length === 1);
    const interruptedAtMs = performance.now();
    interruption.abort();
    expect(await run).toBeInstanceOf(MigrationInterruptedError);
    expect(performance.now() - interruptedAtMs).toBeLessThan(1_000);
    expect(await completedSteps(domain)).toEqual([]);
  });
});

it('a connection that breaks in a step is reported as the lock that is lost', async () => {
  const domain = await mongoDomain({
    [FILE]: mongoSource(
      { name: 'one' },
      { name: 'two', up: `await mark('two up'); await sleep(500); await mark('late');` },
    ),
  });
  const proxy = await cuttableProxy(domain.url);
  const run = domain.up({ url: proxy.url }).catch((thrown) => thrown);
  await eventually('the second step runs', async () => (await traceOf(domain)).length === 2);
  proxy.cut();
  expect(await run).toBeInstanceOf(LockLostError);
  expect(await domain.journal()).toEqual([`${NAME} started`]);
  expect(await completedSteps(domain)).toEqual(['one']);
});

it('a server that hangs is noticed, because it does not answer the driver either', { timeout: 60_000 }, async () => {
  const domain = await mongoDomain({
    [FILE]: mongoSource(
      { name: 'one' },
      { name: 'two', up: `await mark('two up'); await sleep(100); await mark('late');` },
    ),
  });
  const proxy = await cuttableProxy(`${domain.url}&heartbeatFrequencyMS=500`);
  const run = domain.up({ url: proxy.url }).catch((thrown) => thrown);
  await eventually('the second step runs', async () => (await traceOf(domain)).length === 2);
  proxy.stall();
  expect(await run).toBeInstanceOf(LockLostError);
  expect(await completedSteps(domain)).toEqual(['one']);
});

it('a step that takes longer than its stepTimeoutMs fails, and is run again by the next run', async () => {
  const source = (up: string) =>
    mongoSource({ name: 'one' }, { name: 'two', up }).replace('steps:', 'stepTimeoutMs: 200, steps:');
  const domain = await mongoDomain({ [FILE]: source('await sleep(60_000);') });
  await expect(domain.up()).rejects.toThrow(
    `Step two of migration ${NAME} of ${domain.domain.name} took too long: expected at most 200 ms`,
  );
  expect(await completedSteps(domain)).toEqual(['one']);
  const corrected = await domain.with({ [FILE]: source(`await mark('two up');`) });
  expect(await corrected.up()).toEqual([NAME]);
});

it('a step hears of its time being over', async () => {
  const heeding = `for (;;) { context.signal.throwIfAborted(); await sleep(10); }`;
  const domain = await mongoDomain({
    [FILE]: mongoSource({ name: 'one', up: heeding }).replace('steps:', 'stepTimeoutMs: 100, steps:'),
  });
  await expect(domain.up()).rejects.toBeInstanceOf(StepTimeoutError);
});
