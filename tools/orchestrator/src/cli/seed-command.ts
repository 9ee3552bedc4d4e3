import type { SampleTable } from '@finova/db-kit/seeding';
import { type DomainSeedResult, seed } from '../commands/seed.ts';
import { openContext } from '../run/open-context.ts';
import { openEncryption } from '../run/run-context.ts';
import type { CommandEnvironment } from './command-environment.ts';
import { ExitCode } from './exit-code.ts';
import { describeOutcomes, printFailures } from './outcomes.ts';
import { type Output, printJson, printLine, printTable } from './output.ts';

/** `finova-db seed [domain…]` */
export async function seedCommand(environment: CommandEnvironment, domains: readonly string[]): Promise<ExitCode> {
  const { output, options } = environment;
  const context = await openContext(environment, domains);
  const outcomes = await seed(context, domains, () => openEncryption(context.workspaceRoot));
  const { done, ...rest } = describeOutcomes(outcomes);
  if (options.json) {
    printJson(output, { domains: done, ...rest });
  } else {
    printSeedCounts(output, done);
  }
  printFailures(output, outcomes, options.verbose, 'seeded');
  return done.length === outcomes.size ? ExitCode.done : ExitCode.failed;
}

/** A table of what the seeds added. */
export function printSeedCounts(output: Output, results: readonly DomainSeedResult[]): void {
  const rows = results.flatMap(({ domain, counts }) =>
    counts.map(({ name, added, total }) => [domain, name, String(added), String(total)]),
  );
  if (rows.length > 0) {
    printTable(output, ['Domain', 'Seeded', 'Added now', 'Rows in all'], rows);
  }
}

/** A few rows of each domain. */
export function printSamples(
  output: Output,
  samples: readonly { readonly domain: string; readonly tables: readonly SampleTable[] }[],
): void {
  for (const { domain, tables } of samples) {
    for (const { name, columns, rows } of tables) {
      printLine(output, `${domain}: ${name}`);
      printTable(output, columns, rows);
    }
  }
}
