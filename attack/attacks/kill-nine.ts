import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withMongoClient } from '@finova/db-kit/mongodb';
import { type RunContext, readWorkspaceDomains, up } from '@finova/orchestrator';
import { createPostgresTestDatabase } from '../../packages/db-kit/src/testing/postgres-test-database.ts';
import { TEST_IDENTITY } from '../../packages/db-kit/src/testing/test-identity.ts';
import { readStructure } from '../../tools/orchestrator/src/drift/read-structure.ts';
import { readData } from '../../tools/orchestrator/src/roundtrip/read-data.ts';
import type { Attack, AttackContext } from '../harness/attack.ts';

const WORKSPACE = join(import.meta.dirname, '..', '..');
/** The shortest that is allowed: a run after a kill has to wait for it. */
const LEASE_MS = 1_000;
/** A run after a kill waits more than it works. */
const ROUNDS_AT_ONCE = 8;

/**
 * SecantusDB slows down with each database that is made and dropped, and after 250 rounds no longer answers in time: a
 * series has a server of its own, where we start them.
 */
const ROUNDS_PER_SERVER = 100;

/** `kill -9` at random moments of an `up` over all four domains; what the next run makes must be what one run makes. */
export const killNine: Attack = {
  name: 'kill-9',
  async run(context) {
    const { random, count, onRound } = context;
    const rounds = count({ full: 500, short: 8, tiny: 1 });
    // As many at once as later, because they slow each other down.
    const wholes = await Promise.all(Array.from({ length: Math.min(rounds, ROUNDS_AT_ONCE) }, () => runWhole(context)));
    const state = wholes[0]?.state ?? '';
    const durationMs = Math.max(...wholes.map((whole) => whole.durationMs));
    const moments = Array.from({ length: rounds }, () => random.next());
    const failures: string[] = [];
    let inTheMiddle = 0;
    let done = 0;
    const runRound = async (moment: number, within: AttackContext): Promise<void> => {
      const child = await startProcess();
      await withDatabases(within, async (databases) => {
        const killed = `killed after ${(100 * moment).toFixed(1)} % of a run`;
        const exited = runUp(child, databases);
        const hasEnded = await Promise.race([exited.then(() => true), sleep(durationMs * moment, false)]);
        if (!hasEnded) {
          child.kill('SIGKILL');
          await exited;
        }
        const before = await readState(databases);
        inTheMiddle += before !== state && before !== EMPTY ? 1 : 0;
        for (const [domain, outcome] of await up(databases)) {
          if (outcome.state !== 'done') {
            const why = outcome.state === 'failed' ? String(outcome.error) : outcome.because;
            failures.push(`${killed}: ${domain} did not go on: ${why}`);
          }
        }
        if ((await readState(databases)) !== state) {
          failures.push(`${killed}: the databases differ from those of one run`);
        }
      });
    };
    const runSeries = async (series: number[], within: AttackContext): Promise<void> => {
      const work = async (): Promise<void> => {
        for (let moment = series.pop(); moment !== undefined; moment = series.pop()) {
          await runRound(moment, within);
          done += 1;
          onRound?.(done, rounds);
        }
      };
      await Promise.all(Array.from({ length: ROUNDS_AT_ONCE }, work));
    };
    while (moments.length > 0) {
      const server = await context.startMongo?.();
      const mongodb = server?.url ?? context.servers.mongodb;
      try {
        await runSeries(moments.splice(0, ROUNDS_PER_SERVER), {
          ...context,
          servers: { ...context.servers, mongodb },
        });
      } finally {
        await server?.stop();
      }
    }
    return { done: `${rounds} kills, ${inTheMiddle} of them with some of the migrations applied`, failures };
  },
};

async function runWhole(context: AttackContext): Promise<{ readonly durationMs: number; readonly state: string }> {
  const child = await startProcess();
  return withDatabases(context, async (databases) => {
    const startedAtMs = performance.now();
    await runUp(child, databases);
    return { durationMs: performance.now() - startedAtMs, state: await readState(databases) };
  });
}

/** A state without anything in it. */
const EMPTY = JSON.stringify(Array.from({ length: 4 }, () => [[], []]));

async function withDatabases<T>({ servers }: AttackContext, use: (context: RunContext) => Promise<T>): Promise<T> {
  const postgres = await createPostgresTestDatabase(servers.postgres);
  const suffix = `_${randomUUID().slice(0, 8)}`;
  const domains = await readWorkspaceDomains(WORKSPACE, { FINOVA_MONGODB_DATABASE_SUFFIX: suffix });
  try {
    return await use({
      workspaceRoot: WORKSPACE,
      domains,
      servers: new Map(
        domains.map(({ name, engine }) => [
          name,
          { url: engine === 'postgres' ? postgres.url : servers.mongodb, label: engine, source: 'url' as const },
        ]),
      ),
      identity: TEST_IDENTITY,
      lockTimeoutMs: 90_000,
      leaseMs: LEASE_MS,
    });
  } finally {
    await postgres.drop();
    await withMongoClient({ url: servers.mongodb, applicationName: 'finova attack' }, async (client) => {
      for (const { namespace } of domains.filter(({ engine }) => engine === 'mongodb')) {
        await client.db(namespace).dropDatabase();
      }
    });
  }
}

/** Started and loaded before its databases are there: nothing can happen to them meanwhile. */
async function startProcess(): Promise<ChildProcess> {
  const child = fork(join(import.meta.dirname, '..', 'harness', 'up-process.ts'), [], {
    execArgv: ['--import', 'tsx', '--conditions=@finova/source'],
    stdio: 'ignore',
    // Domains and servers of a context are maps.
    serialization: 'advanced',
  });
  await once(child, 'message');
  return child;
}

/** Resolves when the process has ended, however it did. */
async function runUp(child: ChildProcess, context: RunContext): Promise<void> {
  const exited = once(child, 'exit');
  child.send(context);
  await exited;
}

/** Structure and rows of all domains, as one text. */
async function readState(context: RunContext): Promise<string> {
  const states = await Promise.all(
    context.domains.map(async (domain) => [
      await readStructure(context, domain),
      [...(await readData(context, domain))].map(([name, { digest, count }]) => [name, digest, count]).sort(),
    ]),
  );
  return JSON.stringify(states);
}
