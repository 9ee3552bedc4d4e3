import { createHash, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { newId } from '@finova/db-kit';
import { type EngineOptions, listMigrationFiles, readDomain, withMigrator } from '@finova/db-kit/migrations';
import { withMongoClient } from '@finova/db-kit/mongodb';
import { PreferencesRepository } from '@finova/preferences-db';
import { BSON, type Db } from 'mongodb';
import { TEST_IDENTITY } from '../../packages/db-kit/src/testing/test-identity.ts';
import type { Attack, AttackContext } from '../harness/attack.ts';
import { RunnerProcess } from '../harness/runner-pool.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'packages', 'preferences-db');
const BEFORE = '20260310T090000-widen-user-preferences';
const DOCUMENTS = 1_200;
/** Customers who change something while the backfill is under way. */
const CHANGED = 6;
const LEASE_MS = 1_000;
const ROUNDS_AT_ONCE = 2;
const NOW = new Date('2026-03-10T09:00:00Z');

/**
 * `kill -9` at random moments of a backfill, while customers change their preferences; after the next run the documents
 * must be those of a run that nobody killed.
 */
export const backfillKilled: Attack = {
  name: 'backfill-killed',
  async run(context) {
    const { random, count } = context;
    const rounds = count({ full: 100, short: 3, tiny: 1 });
    const ids = Array.from({ length: DOCUMENTS }, newId);
    const whole = await runRound(context, ids, undefined);
    const moments = Array.from({ length: rounds }, () => random.next());
    const failures: string[] = [];
    let inTheMiddle = 0;
    const work = async () => {
      for (let moment = moments.pop(); moment !== undefined; moment = moments.pop()) {
        const killed = `killed after ${(100 * moment).toFixed(1)} % of a run`;
        const { digest, upgradedWhenKilled } = await runRound(context, ids, whole.durationMs * moment);
        inTheMiddle += upgradedWhenKilled > 0 && upgradedWhenKilled < DOCUMENTS ? 1 : 0;
        if (digest !== whole.digest) {
          failures.push(`${killed}: the documents differ from those of a run that nobody killed`);
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(rounds, ROUNDS_AT_ONCE) }, work));
    return {
      done: `${rounds} kills of a backfill of ${DOCUMENTS} documents, ${inTheMiddle} of them in the middle of it`,
      failures,
    };
  },
};

/** One database: filled, migrated by a process that is killed, changed meanwhile, migrated to the end. */
async function runRound({ servers }: AttackContext, ids: readonly string[], killAfterMs: number | undefined) {
  const domain = { ...(await readDomain(FOLDER)), namespace: `finova_test_${randomUUID().replaceAll('-', '')}` };
  const options: EngineOptions = {
    domain,
    url: servers.mongodb,
    identity: TEST_IDENTITY,
    lockTimeoutMs: 60_000,
    leaseMs: LEASE_MS,
  };
  const names = (await listMigrationFiles(domain)).map(({ name }) => name);
  return withMongoClient({ url: servers.mongodb, applicationName: 'finova attack' }, async (client) => {
    const db = client.db(domain.namespace);
    const runner = await RunnerProcess.start();
    try {
      await withMigrator(options, (migrator) => migrator.up({ names: names.filter((name) => name <= BEFORE) }));
      await documents(db).insertMany(ids.map(version1));
      const startedAtMs = performance.now();
      const changes = changeSome(db, ids);
      const ended = runner.up(options);
      if (killAfterMs === undefined) {
        await ended;
      } else {
        await Promise.race([ended, sleep(killAfterMs)]);
        await runner.stop();
      }
      const durationMs = performance.now() - startedAtMs;
      const upgradedWhenKilled = await documents(db).countDocuments({ schemaVersion: 2 });
      await changes;
      await withMigrator(options, (migrator) => migrator.up());
      return { durationMs, upgradedWhenKilled, digest: await digestOf(db) };
    } finally {
      await runner.stop();
      await db.dropDatabase();
    }
  });
}

/** Every so many customers choose a theme, each once, by the code that knows both versions. */
async function changeSome(db: Db, ids: readonly string[]): Promise<void> {
  const preferences = new PreferencesRepository(db, { clock: () => NOW });
  for (let index = 0; index < ids.length; index += ids.length / CHANGED) {
    await preferences.patch(ids[index] ?? '', { theme: 'dark' }, { expectedRevision: 1 });
  }
}

function version1(_id: string, index: number) {
  return {
    _id,
    locale: 'de-AT',
    timeZone: 'Europe/Vienna',
    displayCurrency: 'EUR',
    theme: 'light',
    accessibility: {
      textScalePercent: 100 + (index % 100),
      reduceMotion: index % 2 === 0,
      highContrast: index % 3 === 0,
      screenReader: false,
    },
    consents: [],
    revision: 1,
    schemaVersion: 1,
    createdAt: NOW,
    updatedAt: NOW,
  };
}

function documents(db: Db) {
  return db.collection<{ _id: string }>('user_preferences');
}

async function digestOf(db: Db): Promise<string> {
  const hash = createHash('sha256');
  for await (const document of documents(db).find().sort({ _id: 1 })) {
    const members = Object.entries(document).sort(([left], [right]) => (left < right ? -1 : 1));
    hash.update(BSON.EJSON.stringify(members, { relaxed: false }));
  }
  return hash.digest('hex');
}
