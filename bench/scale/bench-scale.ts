// What entries on several servers cost: postings on one of them and across them, beside a ledger on one server.
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { errorMessage } from '@finova/db-kit';
import { createPostgresDatabase, withPostgresClient } from '@finova/db-kit/postgres';
import { StatementRepository, type TransactionsDatabase } from '@finova/transactions-db';
import { withFreshDatabase } from '../harness/fresh-database.ts';
import { interleave } from '../harness/interleave.ts';
import { median } from '../harness/median.ts';
import { atLeast, type Ratios, ratiosToJson } from '../harness/ratio.ts';
import { renderRatios, renderTable } from '../harness/table.ts';
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
const SINGLE_HERE = 'single, both accounts on the ledger’s server';
const SINGLE_ACROSS = 'single, across';
const BATCH = 'batch, one server';
const BATCH_HERE = 'batch, both accounts on the ledger’s server';
const BATCH_ACROSS = 'batch, across';
const side = (name: string, beside: string, ledger: Side['ledger'], script: string, transfers = 1): Side => ({
  name,
  beside,
  ledger,
  script,
  transfers,
});
const SIDES: readonly Side[] = [
  side(SINGLE, SINGLE, 'one server', postBetween('here', 'there')),
  side(SINGLE_HERE, SINGLE, 'two servers', postBetween('here', 'here')),
  side('single, both accounts on the node', SINGLE, 'two servers', postBetween('there', 'there')),
  side(SINGLE_ACROSS, SINGLE, 'two servers', postBetween('here', 'there')),
  side(BATCH, BATCH, 'one server', batchBetween('here', 'there'), BATCH_SIZE),
  side(BATCH_HERE, BATCH, 'two servers', batchBetween('here', 'here'), BATCH_SIZE),
  side(BATCH_ACROSS, BATCH, 'two servers', batchBetween('here', 'there'), BATCH_SIZE),
];

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/**
 * What is promised: who stays on the ledger's server pays nothing, and who goes across pays the second commit, no more.
 *
 * @param ofOne - a side's postings, as a share of those on one server.
 */
function scaleRatios(ofOne: (side: string) => number): Ratios {
  return {
    [SINGLE_HERE]: atLeast(ofOne(SINGLE_HERE), 0.9),
    [BATCH_HERE]: atLeast(ofOne(BATCH_HERE), 0.9),
    [SINGLE_ACROSS]: atLeast(ofOne(SINGLE_ACROSS), 0.4),
    [BATCH_ACROSS]: atLeast(ofOne(BATCH_ACROSS), 0.33),
  };
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

async function measure(
  urls: Readonly<Record<Side['ledger'], string>>,
  runs: number,
  seconds: number,
): Promise<{ readonly table: string; readonly ratios: Ratios }> {
  const measured = new Map<string, number[]>(SIDES.map(({ name }) => [name, []]));
  await interleave(SIDES, runs, async ({ name, ledger, script, transfers }, round) => {
    const load = { databaseUrl: urls[ledger], script, clients: CLIENTS, durationSeconds: seconds };
    const perSecond = transfers * (await runPgbench(load));
    measured.get(name)?.push(perSecond);
    say(`Run ${round + 1} of ${runs}: ${name} ${Math.round(perSecond)} a second`);
  });
  const perSecond = (name: string) => median(measured.get(name) ?? []);
  const ofOne = (name: string) =>
    perSecond(name) / perSecond(SIDES.find((candidate) => candidate.name === name)?.beside ?? '');
  const rows = SIDES.map(({ name }) => [name, `${Math.round(perSecond(name))} a second`, ofOne(name).toFixed(2)]);
  const alone = await timePage(urls['one server'], 'there');
  const pages = [
    ['page of a statement, one server', alone],
    ['page of a statement, account on the ledger’s server', await timePage(urls['two servers'], 'here')],
    ['page of a statement, account on the node', await timePage(urls['two servers'], 'there')],
  ] as const;
  rows.push(...pages.map(([name, ms]) => [name, `${ms.toFixed(2)} ms`, (ms / alone).toFixed(2)]));
  return { table: renderTable(['side', 'measured', 'of one server'], rows), ratios: scaleRatios(ofOne) };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '5' },
      json: { type: 'boolean', default: false },
    },
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
                const { table, ratios } = await measure(urls, Number(values.runs), Number(values.seconds));
                await requireRightBooks(spread);
                process.stdout.write(values.json ? ratiosToJson(ratios) : `${table}\n\n${renderRatios(ratios)}\n`);
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
