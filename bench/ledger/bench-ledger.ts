// The ledger beside pgbench's TPC-B, a bare function that writes the same rows without a check, and pgledger.
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { errorMessage } from '@finova/db-kit';
import { withFreshDatabase } from '../harness/fresh-database.ts';
import { interleave } from '../harness/interleave.ts';
import { median } from '../harness/median.ts';
import { atLeast, type Ratio, ratiosToJson } from '../harness/ratio.ts';
import { renderRatios, renderTable } from '../harness/table.ts';
import { withBenchServer } from '../harness/with-bench-server.ts';
import { BARE_SINGLE, PGLEDGER_SINGLE, SINGLE } from './loads.ts';
import { prepareLedger, preparePgledger } from './prepare-ledger.ts';
import { initializeTpcb, runPgbench } from './run-pgbench.ts';

/** One thing that is measured: transactions of this kind, a second. */
interface Side {
  readonly name: string;
  readonly script?: string;
}

const CLIENTS = 4;
const TPCB_SCALE = 10;

const SIDES: readonly Side[] = [
  { name: 'single', script: SINGLE },
  { name: 'ceiling', script: BARE_SINGLE },
  { name: 'TPC-B' },
];
const PGLEDGER: Side = { name: 'pgledger', script: PGLEDGER_SINGLE };

/** Progress goes to standard error: with `--json`, standard output holds the result alone. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function ratiosOf(perSecond: ReadonlyMap<string, number>): Record<string, Ratio> {
  const against = (name: string, least: number) => {
    const [own, other] = [perSecond.get('single'), perSecond.get(name)];
    return own === undefined || other === undefined ? {} : { [`single against ${name}`]: atLeast(own / other, least) };
  };
  return { ...against('ceiling', 0.7), ...against('TPC-B', 1.2), ...against('pgledger', 3) };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '10' },
      json: { type: 'boolean', default: false },
    },
  });
  // pgledger's SQL is its authors': it is read from where the environment says, and never kept here.
  const checkout = process.env['FINOVA_BENCH_PGLEDGER'];
  const sides = checkout === undefined ? SIDES : [...SIDES, PGLEDGER];
  if (checkout === undefined) {
    say('pgledger is left out: FINOVA_BENCH_PGLEDGER does not name a checkout of it');
  }
  await withBenchServer(({ url, label }) =>
    withFreshDatabase(url, `finova_bench_${randomUUID().slice(0, 8)}`, async (databaseUrl) => {
      say(`${values.runs} runs of ${values.seconds} s, ${CLIENTS} clients, on ${label}`);
      await prepareLedger(databaseUrl);
      await initializeTpcb(databaseUrl, TPCB_SCALE);
      if (checkout !== undefined) {
        await preparePgledger(databaseUrl, checkout);
      }
      const measured = new Map<string, number[]>(sides.map(({ name }) => [name, []]));
      await interleave(sides, Number(values.runs), async ({ name, script }, round) => {
        const perSecond = await runPgbench({
          databaseUrl,
          script,
          clients: CLIENTS,
          durationSeconds: Number(values.seconds),
          ...(script === undefined ? { variables: { scale: TPCB_SCALE } } : {}),
        });
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
