// The repositories of notifications-db beside the bare driver, and among few and many notifications.
import { parseArgs } from 'node:util';
import { errorMessage } from '@finova/db-kit';
import { withMongoClient } from '@finova/db-kit/mongodb';
import { atLeast, atMost, type Ratio, ratiosToJson } from '../harness/ratio.ts';
import { renderRatios, renderTable } from '../harness/table.ts';
import { withBenchMongo } from '../harness/with-bench-mongo.ts';
import { compareSizes } from './compare-sizes.ts';
import { compareWithDriver } from './compare-with-driver.ts';
import { examinedDocuments } from './examined-documents.ts';
import { fillInboxes, NOTIFICATIONS_PER_USER, withMigratedDatabase } from './prepare-documents.ts';

const MANY = 300_000;
const MANY_ON_MONGODB = 1_000_000;
/** A server that takes in hundreds of thousands of documents is slow to let another connection in. */
const CONNECT_TIMEOUT_MS = 120_000;

/** Progress goes to standard error: with `--json`, standard output holds the result alone. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '300' },
      few: { type: 'string', default: '10000' },
      many: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const rounds = Number(values.rounds);
  await withBenchMongo(({ url, label, isMongoDb }) =>
    withMongoClient({ url, applicationName: 'finova bench', connectTimeoutMs: CONNECT_TIMEOUT_MS }, (client) =>
      withMigratedDatabase(client, url, (smallDb) =>
        withMigratedDatabase(client, url, async (largeDb) => {
          const sizes = { few: Number(values.few), many: Number(values.many ?? (isMongoDb ? MANY_ON_MONGODB : MANY)) };
          say(`${rounds} rounds, ${NOTIFICATIONS_PER_USER} notifications a customer, on ${label}`);
          say(`Filling a database with ${sizes.few} notifications and one with ${sizes.many}`);
          const few = await fillInboxes(smallDb, sizes.few);
          const many = await fillInboxes(largeDb, sizes.many);
          const ratios: Record<string, Ratio> = {};

          const growth = await compareSizes(few, many, rounds);
          for (const { name, fewMs, manyMs } of growth) {
            ratios[`${name}, ${sizes.many} against ${sizes.few}`] = atMost(manyMs / fewMs, 1.5);
          }
          for (const { name, access, isByIndex, isSortedByIndex, documents, returned } of await examinedDocuments(
            many,
          )) {
            say(`${name}: ${access}, ${documents} documents examined`);
            // 1 or 0, because every result of a benchmark is a number.
            ratios[`${name}, by index`] = atLeast(isByIndex ? 1 : 0, 1);
            if (isSortedByIndex && returned > 0) {
              ratios[`${name}, documents examined for each returned`] = atMost(documents / returned, 2);
            } else if (returned > 0) {
              say(`${name}: this server sorts what the index found, so it examines all of it`);
            }
          }
          const comparisons = await compareWithDriver(few, rounds);
          for (const { name, repositoryMs, driverMs } of comparisons) {
            ratios[`${name} against the driver`] = atLeast(driverMs / repositoryMs, 0.85);
          }
          process.stdout.write(values.json ? `${ratiosToJson(ratios)}\n` : report(growth, comparisons, ratios));
        }),
      ),
    ),
  );
}

function report(
  growth: Awaited<ReturnType<typeof compareSizes>>,
  comparisons: Awaited<ReturnType<typeof compareWithDriver>>,
  ratios: Readonly<Record<string, Ratio>>,
): string {
  const milliseconds = (value: number) => value.toFixed(2);
  const sizes = growth.map(({ name, fewMs, manyMs }) => [name, milliseconds(fewMs), milliseconds(manyMs)]);
  const sides = comparisons.map(({ name, repositoryMs, driverMs }) => [
    name,
    milliseconds(repositoryMs),
    milliseconds(driverMs),
  ]);
  return [
    renderTable(['median ms', 'among few', 'among many'], sizes),
    renderTable(['median ms', 'repository', 'driver'], sides),
    `${renderRatios(ratios)}\n`,
  ].join('\n\n');
}

await main().catch((thrown: unknown) => {
  say(errorMessage(thrown));
  process.exitCode = 1;
});
