import { setTimeout as sleep } from 'node:timers/promises';
import { withMigrator } from '@finova/db-kit/migrations';
import { engineOptions } from '../../tools/orchestrator/src/run/run-context.ts';
import { makeScratchRun } from '../../tools/orchestrator/test/scratch-run.ts';
import type { Attack } from '../harness/attack.ts';
import { RunnerProcess } from '../harness/runner-pool.ts';

const NAME = '20260101T000000-slow';
const LEASE_MS = 1_000;

/** The holder of a lease sleeps past its expiry while another one finishes: it must not write when it wakes. */
export const stoppedHolder: Attack = {
  name: 'sigstop',
  async run({ servers, count }) {
    const rounds = count({ full: 20, short: 4, tiny: 1 });
    const failures: string[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      const scratch = await makeScratchRun(
        { 'mails-db': { engine: 'mongodb', migrations: { [`${NAME}.ts`]: SLOW } } },
        servers,
      );
      const runner = await RunnerProcess.start();
      try {
        const context = await scratch.context({ leaseMs: LEASE_MS, lockTimeoutMs: 30_000 });
        const [domain] = context.domains;
        if (domain === undefined) {
          throw new Error('The scratch workspace has no domain');
        }
        const options = { ...engineOptions(context, domain), cacheFolder: undefined };
        const answer = runner.up(options);
        // Its first step has begun, and waits.
        await until(() => scratch.withDb('mails-db', (db) => db.collection('trace').countDocuments()));
        runner.process.kill('SIGSTOP');
        await scratch.withDb('mails-db', (db) => db.collection('go').insertOne({ now: true }));
        const applied = await withMigrator(options, (migrator) => migrator.up());
        const journal = () => scratch.withDb('mails-db', (db) => db.collection('migration_journal').find().toArray());
        const before = JSON.stringify(await journal());
        runner.process.kill('SIGCONT');
        const { error } = await answer;
        if (applied.join() !== NAME) {
          failures.push(`round ${round}: the second runner applied ${applied.join()}`);
        }
        if (error?.startsWith('LockLostError') !== true) {
          failures.push(`round ${round}: the stopped holder ended with ${error ?? 'success'}`);
        }
        if (JSON.stringify(await journal()) !== before) {
          failures.push(`round ${round}: the stopped holder wrote to the journal after another one had taken over`);
        }
      } finally {
        runner.process.kill('SIGCONT');
        await runner.stop();
        await scratch.remove();
      }
    }
    return { done: `${rounds} holders stopped past the end of their lease`, failures };
  },
};

const SLOW = `import { setTimeout as sleep } from 'node:timers/promises';
export const migration = { steps: [{
  name: 'wait',
  async up(db) {
    await db.collection('trace').updateOne({ _id: 'wait' }, { $inc: { times: 1 } }, { upsert: true });
    while ((await db.collection('go').countDocuments()) === 0) await sleep(20);
  },
  async down() {},
}] };
`;

async function until(condition: () => Promise<number>): Promise<void> {
  const endsAtMs = performance.now() + 20_000;
  while ((await condition()) === 0) {
    if (performance.now() > endsAtMs) {
      throw new Error('The runner did not begin within 20 seconds');
    }
    await sleep(20);
  }
}
