// What entries on several servers cost: postings on one of them and across them, beside a ledger on one server.
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { errorMessage } from '@finova/db-kit';
import { createPostgresDatabase, withPostgresClient } from '@finova/db-kit/postgres';
import { StatementRepository, type TransactionsDatabase } from '@finova/transactions-db';
import { withFreshDatabase } from '../harness/fresh-database.ts';
import { interleave } from '../harness/interleave.ts';
import { median } from '../harness/median.ts';
import { renderTable } from '../harness/table.ts';
import { withBenchServer } from '../harness/with-bench-server.ts';
import { prepareLedger } from '../ledger/prepare-ledger.ts';
import { runPgbench } from '../ledger/run-pgbench.ts';
import { BATCH_SIZE, batchBetween, type Place, postBetween } from './place-loads.ts';
import { listPlaces, spreadLedger } from './spread-ledger.ts';

const CLIENTS = 4;
const PAGES = 101;

interface Side {
  readonly name: string;
  /** What it is a multiple of. */
  readonly beside: string;
  readonly ledger: 'one server' | 'two servers';
  readonly script: string;
  readonly transfers: number;
}

const SINGLE = 'single, one server';
const BATCH = 'batch, one server';
const side = (name: string, beside: string, ledger: Side['ledger'], script: string, transfers = 1): Side => ({
  name,
  beside,
  ledger,
  script,
  transfers,
});
const SIDES: readonly Side[] = [
  side(SINGLE, SINGLE, 'one server', postBetween('here', 'there')),
  side('single, both accounts on the ledger’s server', SINGLE, 'two servers', postBetween('here', 'here')),
  side('single, both accounts on the node', SINGLE, 'two servers', postBetween('there', 'there')),
  side('single, across', SINGLE, 'two servers', postBetween('here', 'there')),
  side(BATCH, BATCH, 'one server', batchBetween('here', 'there'), BATCH_SIZE),
  side('batch, both accounts on the ledger’s server', BATCH, 'two servers', batchBetween('here', 'here'), BATCH_SIZE),
  side('batch, across', BATCH, 'two servers', batchBetween('here', 'there'), BATCH_SIZE),
];

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** How long a page of a statement takes to come, in ms: the median over the accounts of a place. */
async function timePage(databaseUrl: string, place: Place): Promise<number> {
  const db = createPostgresDatabase<TransactionsDatabase>({ url: databaseUrl, applicationName: 'finova bench' });
  try {
    const ids = await withPostgresClient({ url: databaseUrl, applicationName: 'finova bench' }, async (client) => {
      const { rows } = await client.query<{ id: string }>(
        `SELECT id FROM bench_${place} ORDER BY k LIMIT ${PAGES + 1}`,
      );
      return rows.map(({ id }) => id);
    });
    const times: number[] = [];
    for (const id of ids) {
      const startedAtMs = performance.now();
      await new StatementRepository(db).page(id, { limit: 50 });
      times.push(performance.now() - startedAtMs);
    }
    // The first one connects.
    return median(times.slice(1));
  } finally {
    await db.destroy();
  }
}

async function requireRightBooks(databaseUrl: string): Promise<void> {
  await withPostgresClient({ url: databaseUrl, applicationName: 'finova bench' }, async (client) => {
    const { rows } = await client.query<{ problem: string }>('SELECT problem FROM transactions.verify() LIMIT 5');
    if (rows.length > 0) {
      throw new Error(`The books are not right: ${rows.map(({ problem }) => problem).join('; ')}`);
    }
  });
}

async function measure(urls: Readonly<Record<Side['ledger'], string>>, runs: number, seconds: number): Promise<void> {
  const measured = new Map<string, number[]>(SIDES.map(({ name }) => [name, []]));
  await interleave(SIDES, runs, async ({ name, ledger, script, transfers }, round) => {
    const load = { databaseUrl: urls[ledger], script, clients: CLIENTS, durationSeconds: seconds };
    const perSecond = transfers * (await runPgbench(load));
    measured.get(name)?.push(perSecond);
    say(`Run ${round + 1} of ${runs}: ${name} ${Math.round(perSecond)} a second`);
  });
  const perSecond = (name: string) => median(measured.get(name) ?? []);
  const rows = SIDES.map(({ name, beside }) => [
    name,
    `${Math.round(perSecond(name))} a second`,
    (perSecond(name) / perSecond(beside)).toFixed(2),
  ]);
  const alone = await timePage(urls['one server'], 'there');
  const pages = [
    ['page of a statement, one server', alone],
    ['page of a statement, account on the ledger’s server', await timePage(urls['two servers'], 'here')],
    ['page of a statement, account on the node', await timePage(urls['two servers'], 'there')],
  ] as const;
  rows.push(...pages.map(([name, ms]) => [name, `${ms.toFixed(2)} ms`, (ms / alone).toFixed(2)]));
  process.stdout.write(`${renderTable(['side', 'measured', 'of one server'], rows)}\n`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { runs: { type: 'string', default: '5' }, seconds: { type: 'string', default: '5' } },
  });
  const name = (of: string) => `finova_bench_${of}_${randomUUID().slice(0, 8)}`;
  await withBenchServer(
    (first) =>
      withBenchServer(
        (second) =>
          withFreshDatabase(first.url, name('alone'), (alone) =>
            withFreshDatabase(first.url, name('spread'), (spread) =>
              withFreshDatabase(second.url, name('node'), async (node) => {
                say(
                  `${values.runs} runs of ${values.seconds} s, ${CLIENTS} clients, on ${first.label} and ${second.label}`,
                );
                await prepareLedger(alone);
                await prepareLedger(spread);
                await spreadLedger(spread, node);
                await listPlaces(alone);
                await listPlaces(spread);
                const urls = { 'one server': alone, 'two servers': spread };
                await measure(urls, Number(values.runs), Number(values.seconds));
                await requireRightBooks(spread);
              }),
            ),
          ),
        { name: 'second-server', embedded: true },
      ),
    { embedded: true },
  );
}

await main().catch((thrown: unknown) => {
  say(errorMessage(thrown));
  process.exitCode = 1;
});
