import { type ChildProcess, spawn } from 'node:child_process';
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
const COMMAND = join(WORKSPACE, 'tools', 'orchestrator', 'bin', 'finova-db.js');
/** The shortest that is allowed: a run after a kill has to wait for it. */
const LEASE_MS = 1_000;

/** `kill -9` at random moments of an `up` over all four domains; what the next run makes must be what one run makes. */
export const killNine: Attack = {
  name: 'kill-9',
  async run(context) {
    const { random, count } = context;
    const rounds = count({ full: 500, short: 12, tiny: 1 });
    const whole = await withDatabases(context, async (databases) => {
      const startedAtMs = performance.now();
      const child = startUp(databases);
      await once(child, 'exit');
      return { durationMs: performance.now() - startedAtMs, state: await readState(databases.context) };
    });
    const failures: string[] = [];
    let inTheMiddle = 0;
    for (let round = 1; round <= rounds; round += 1) {
      await withDatabases(context, async (databases) => {
        const child = startUp(databases);
        const exited = once(child, 'exit');
        // The first part is the start of the process, in which nothing can happen to a database.
        const afterMs = whole.durationMs * (0.5 + 0.5 * random.next());
        const ended = await Promise.race([exited.then(() => true), sleep(afterMs, false)]);
        if (!ended) {
          child.kill('SIGKILL');
          await exited;
        }
        const before = await readState(databases.context);
        inTheMiddle += before !== whole.state && before !== EMPTY ? 1 : 0;
        const outcomes = await up({ ...databases.context, lockTimeoutMs: 30_000 });
        for (const [domain, outcome] of outcomes) {
          if (outcome.state !== 'done') {
            const why = outcome.state === 'failed' ? String(outcome.error) : outcome.because;
            failures.push(`round ${round}, killed after ${Math.round(afterMs)} ms: ${domain} did not go on: ${why}`);
          }
        }
        if ((await readState(databases.context)) !== whole.state) {
          failures.push(
            `round ${round}, killed after ${Math.round(afterMs)} ms: the databases differ from those of one run`,
          );
        }
      });
    }
    return { done: `${rounds} kills, ${inTheMiddle} of them with some of the migrations applied`, failures };
  },
};

interface Databases {
  readonly context: RunContext;
  readonly environment: NodeJS.ProcessEnv;
}

/** A state without anything in it. */
const EMPTY = JSON.stringify(Array.from({ length: 4 }, () => [[], []]));

async function withDatabases<T>({ servers }: AttackContext, use: (databases: Databases) => Promise<T>): Promise<T> {
  const postgres = await createPostgresTestDatabase(servers.postgres);
  const suffix = `_${randomUUID().slice(0, 8)}`;
  const domains = await readWorkspaceDomains(WORKSPACE, { FINOVA_MONGODB_DATABASE_SUFFIX: suffix });
  const context: RunContext = {
    workspaceRoot: WORKSPACE,
    domains,
    servers: new Map(
      domains.map(({ name, engine }) => [
        name,
        { url: engine === 'postgres' ? postgres.url : servers.mongodb, label: engine, source: 'url' as const },
      ]),
    ),
    identity: TEST_IDENTITY,
    lockTimeoutMs: 30_000,
    leaseMs: LEASE_MS,
  };
  const environment = {
    FINOVA_POSTGRES_URL: postgres.url,
    FINOVA_MONGODB_URL: servers.mongodb,
    FINOVA_MONGODB_DATABASE_SUFFIX: suffix,
    FINOVA_LEASE_MS: String(LEASE_MS),
  };
  try {
    return await use({ context, environment });
  } finally {
    await postgres.drop();
    await withMongoClient({ url: servers.mongodb, applicationName: 'finova attack' }, async (client) => {
      for (const { namespace } of domains.filter(({ engine }) => engine === 'mongodb')) {
        await client.db(namespace).dropDatabase();
      }
    });
  }
}

function startUp({ environment }: Databases): ChildProcess {
  const { FINOVA_DATABASES: _, ...inherited } = process.env;
  return spawn(process.execPath, [COMMAND, 'up'], {
    cwd: WORKSPACE,
    env: { ...inherited, ...environment },
    stdio: 'ignore',
  });
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
