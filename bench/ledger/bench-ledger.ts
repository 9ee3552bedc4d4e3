// The ledger beside pgbench's TPC-B, a bare function that writes the same rows without a check, pgledger, and `pg` alone.
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { errorMessage } from '@finova/db-kit';
import { type CreateDatabase, withFreshDatabases } from '../harness/fresh-database.ts';
import { interleave } from '../harness/interleave.ts';
import { median } from '../harness/median.ts';
import { atLeast, type Ratio, ratiosToJson } from '../harness/ratio.ts';
import { renderRatios, renderTable } from '../harness/table.ts';
import { withBenchServer } from '../harness/with-bench-server.ts';
import {
  BARE_SINGLE,
  BATCH,
  BATCH_SIZE,
  HOT_BATCH,
  HOT_SINGLE,
  PGLEDGER_BATCH,
  PGLEDGER_SINGLE,
  SINGLE,
  SINGLE_OF_MANY,
} from './loads.ts';
import { LARGE_SETTINGS, measureLargeLedger } from './measure-large-ledger.ts';
import { runGrouped, runPg, runRepository } from './node-loads.ts';
import { asApplication, openPeersToApplication, prepareLedger, preparePgledger } from './prepare-ledger.ts';
import { initializeTpcb, runPgbench } from './run-pgbench.ts';

/** One thing that is measured: transactions or transfers of this kind, a second. */
interface Side {
  readonly name: string;
  /** A script of pgbench, or a load from Node.js. */
  readonly run: (databaseUrl: string, durationSeconds: number) => Promise<number>;
}

const CLIENTS = 4;
/** As many requests as a service has at the same time: what is grouped comes from them. */
const GROUPED_CALLERS = 128;
const TPCB_SCALE = 10;

const pgbench = (name: string, script: string, transfers = 1): Side => ({
  name,
  run: async (databaseUrl, durationSeconds) =>
    transfers * (await runPgbench({ databaseUrl, script, clients: CLIENTS, durationSeconds })),
});

const SIDES: readonly Side[] = [
  pgbench('single', SINGLE),
  pgbench('single, as one of many', SINGLE_OF_MANY),
  pgbench('ceiling', BARE_SINGLE),
  {
    name: 'TPC-B',
    run: (databaseUrl, durationSeconds) =>
      runPgbench({ databaseUrl, clients: CLIENTS, durationSeconds, variables: { scale: TPCB_SCALE } }),
  },
  pgbench('batch', BATCH, BATCH_SIZE),
  pgbench('hot account, single', HOT_SINGLE),
  pgbench('hot account, batch', HOT_BATCH, BATCH_SIZE),
  {
    name: 'repository',
    run: (databaseUrl, durationSeconds) => runRepository({ databaseUrl, callers: CLIENTS, durationSeconds }),
  },
  {
    name: 'grouped',
    run: (databaseUrl, durationSeconds) => runGrouped({ databaseUrl, callers: GROUPED_CALLERS, durationSeconds }),
  },
  { name: 'pg', run: (databaseUrl, durationSeconds) => runPg({ databaseUrl, callers: CLIENTS, durationSeconds }) },
];
const PGLEDGER: readonly Side[] = [
  pgbench('pgledger', PGLEDGER_SINGLE),
  pgbench('pgledger, batch', PGLEDGER_BATCH, BATCH_SIZE),
];

/** 25,000 transfers a second where TPC-B gives 6,000. */
const BATCH_AGAINST_TPCB = 4.17;

/** What is compared with what, and how many times it at least. */
const TARGETS: readonly (readonly [own: string, other: string, least: number])[] = [
  ['single', 'ceiling', 0.7],
  ['single', 'TPC-B', 1.2],
  ['single', 'pgledger', 3],
  ['batch', 'pgledger, batch', 4],
  ['batch', 'TPC-B', BATCH_AGAINST_TPCB],
  ['hot account, batch', 'hot account, single', 10],
  ['repository', 'pg', 0.85],
  ['grouped', 'pgledger', 3],
];

/** Progress goes to standard error: with `--json`, standard output holds the result alone. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function ratiosOf(perSecond: ReadonlyMap<string, number>): Record<string, Ratio> {
  return Object.fromEntries(
    TARGETS.flatMap(([own, other, least]) => {
      const [ours, theirs] = [perSecond.get(own), perSecond.get(other)];
      return ours === undefined || theirs === undefined
        ? []
        : [[`${own} against ${other}`, atLeast(ours / theirs, least)] as const];
    }),
  );
}

/** The case apart: a ledger of ten million entries beside one of ten thousand. */
async function measureLarge(
  values: Readonly<Record<'runs' | 'seconds' | 'entries' | 'partitions', string>> & { json: boolean },
) {
  await withBenchServer(
    async ({ url, label }) => {
      say(`${values.runs} runs of ${values.seconds} s, ${CLIENTS} clients, ${values.entries} entries, on ${label}`);
      const { rows, ratios } = await measureLargeLedger({
        serverUrl: url,
        runs: Number(values.runs),
        seconds: Number(values.seconds),
        entries: Number(values.entries),
        partitions: Number(values.partitions),
        clients: CLIENTS,
        say,
      });
      process.stdout.write(
        values.json
          ? `${ratiosToJson(ratios)}\n`
          : `${renderTable(['side', 'measured'], rows)}\n\n${renderRatios(ratios)}\n`,
      );
    },
    { settings: LARGE_SETTINGS },
  );
}

/** A database for each side, all alike: none works among the rows that another one wrote. */
async function prepareSides(
  create: CreateDatabase,
  sides: readonly Side[],
  checkout: string | undefined,
): Promise<(Side & { readonly databaseUrl: string })[]> {
  const template = `finova_bench_${randomUUID().slice(0, 8)}`;
  const url = await create(template);
  await prepareLedger(url);
  await initializeTpcb(url, TPCB_SCALE);
  if (checkout !== undefined) {
    await preparePgledger(url, checkout);
  }
  await openPeersToApplication(url);
  const prepared = [];
  for (const [index, side] of sides.entries()) {
    prepared.push({ ...side, databaseUrl: asApplication(await create(`${template}_${index}`, template)) });
  }
  return prepared;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '10' },
      json: { type: 'boolean', default: false },
      large: { type: 'boolean', default: false },
      entries: { type: 'string', default: '10000000' },
      partitions: { type: 'string', default: '0' },
    },
  });
  if (values.large) {
    await measureLarge(values);
    return;
  }
  // pgledger's SQL is its authors': it is read from where the environment says, and never kept here.
  const checkout = process.env['FINOVA_BENCH_PGLEDGER'];
  const sides = checkout === undefined ? SIDES : [...SIDES, ...PGLEDGER];
  if (checkout === undefined) {
    say('pgledger is left out: FINOVA_BENCH_PGLEDGER does not name a checkout of it');
  }
  await withBenchServer(({ url, label }) =>
    withFreshDatabases(url, async (create) => {
      say(`${values.runs} runs of ${values.seconds} s, ${CLIENTS} clients, on ${label}`);
      const prepared = await prepareSides(create, sides, checkout);
      const measured = new Map<string, number[]>(sides.map(({ name }) => [name, []]));
      await interleave(prepared, Number(values.runs), async ({ name, run, databaseUrl }, round) => {
        const perSecond = await run(databaseUrl, Number(values.seconds));
        measured.get(name)?.push(perSecond);
        say(`Run ${round + 1} of ${values.runs}: ${name} ${Math.round(perSecond)} a second`);
      });
      const medians = new Map([...measured].map(([name, results]) => [name, median(results)]));
      const ratios = ratiosOf(medians);
      const rows = [...medians].map(([name, perSecond]) => [name, Math.round(perSecond).toString()]);
      process.stdout.write(
        values.json
          ? `${ratiosToJson(ratios)}\n`
          : `${renderTable(['side', 'a second'], rows)}\n\n${renderRatios(ratios)}\n`,
      );
    }),
  );
}

await main().catch((thrown: unknown) => {
  say(errorMessage(thrown));
  process.exitCode = 1;
});
