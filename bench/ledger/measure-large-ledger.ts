import { randomUUID } from 'node:crypto';
import { withPostgresClient } from '@finova/db-kit/postgres';
import { withFreshDatabase } from '../harness/fresh-database.ts';
import { interleave } from '../harness/interleave.ts';
import { median } from '../harness/median.ts';
import { atLeast, atMost, type Ratios } from '../harness/ratio.ts';
import { fillLedger } from './fill-ledger.ts';
import { BATCH, BATCH_SIZE, SINGLE } from './loads.ts';
import { partitionByAccount } from './partition-by-account.ts';
import { prepareLedger } from './prepare-ledger.ts';
import { runPgbench } from './run-pgbench.ts';
import { timeStatementPages } from './time-statement-pages.ts';

/** What the server of this benchmark is started with: ten million entries and their keys fit into memory. */
export const LARGE_SETTINGS: Readonly<Record<string, string>> = {
  shared_buffers: '4GB',
  effective_cache_size: '8GB',
  max_wal_size: '16GB',
  checkpoint_timeout: '30min',
};

export interface LargeLedgerOptions {
  readonly serverUrl: string;
  readonly runs: number;
  readonly seconds: number;
  /** How many entries the large ledger has. */
  readonly entries: number;
  /** How many partitions by account each month of the large ledger has; 0 for none. */
  readonly partitions: number;
  readonly clients: number;
  readonly say: (line: string) => void;
}

/** What was measured: rows of a table, and what has a target. */
export interface LargeLedgerResult {
  readonly rows: readonly (readonly string[])[];
  readonly ratios: Ratios;
}

const SMALL_ENTRIES = 10_000;
const PAGES = 51;
const PAGE_LIMIT_MS = 2;

/** Single postings and batches in a small and in a large ledger, in turns, and pages of the large one's statements. */
export async function measureLargeLedger(options: LargeLedgerOptions): Promise<LargeLedgerResult> {
  const { serverUrl, runs, seconds, entries, partitions, clients, say } = options;
  const suffix = randomUUID().slice(0, 8);
  return withFreshDatabase(serverUrl, `finova_bench_small_${suffix}`, (small) =>
    withFreshDatabase(serverUrl, `finova_bench_large_${suffix}`, async (large) => {
      await prepareLedger(small);
      await fillLedger(small, Math.min(SMALL_ENTRIES, entries));
      await prepareLedger(large);
      if (partitions > 0) {
        await partitionByAccount(large, partitions);
      }
      const startedAtMs = performance.now();
      let told = 0;
      await fillLedger(large, entries, (done) => {
        if (done - told >= entries / 10) {
          told = done;
          say(`${done} entries after ${Math.round((performance.now() - startedAtMs) / 1_000)} s`);
        }
      });
      const sides = [
        { name: 'single, small', url: small, script: SINGLE, transfers: 1 },
        { name: 'single, large', url: large, script: SINGLE, transfers: 1 },
        { name: 'batch, small', url: small, script: BATCH, transfers: BATCH_SIZE },
        { name: 'batch, large', url: large, script: BATCH, transfers: BATCH_SIZE },
      ];
      const pages = await timeStatementPages(large, PAGES);
      const measured = new Map<string, number[]>(sides.map(({ name }) => [name, []]));
      await interleave(sides, runs, async ({ name, url, script, transfers }, round) => {
        const perSecond =
          transfers * (await runPgbench({ databaseUrl: url, script, clients, durationSeconds: seconds }));
        measured.get(name)?.push(perSecond);
        say(`Run ${round + 1} of ${runs}: ${name} ${Math.round(perSecond)} a second`);
      });
      say('Verifying the books');
      await requireRightBooks(small);
      await requireRightBooks(large);
      const perSecond = (name: string) => median(measured.get(name) ?? []);
      return {
        rows: [
          ...sides.map(({ name }) => [name, `${Math.round(perSecond(name))} a second`]),
          ...Object.entries(pages).map(([depth, ms]) => [`${depth} page of a statement`, `${ms.toFixed(3)} ms`]),
        ],
        ratios: {
          'single, large against small': atLeast(perSecond('single, large') / perSecond('single, small'), 0.8),
          ...Object.fromEntries(
            Object.entries(pages).map(([depth, ms]) => [`${depth} page of a statement, ms`, atMost(ms, PAGE_LIMIT_MS)]),
          ),
        },
      };
    }),
  );
}

/** What was filled in is a ledger, and not rows that look like one. */
async function requireRightBooks(databaseUrl: string): Promise<void> {
  await withPostgresClient({ url: databaseUrl, applicationName: 'finova bench' }, async (client) => {
    const { rows } = await client.query<{ problem: string }>('SELECT problem FROM transactions.verify() LIMIT 5');
    if (rows.length > 0) {
      throw new Error(`The books that were filled in are not right: ${rows.map(({ problem }) => problem).join('; ')}`);
    }
  });
}
