import colors from 'yoctocolors';
import { type DomainDrift, drift } from '../commands/drift.ts';
import type { DriftDifference } from '../drift/structure-differences.ts';
import { openContext } from '../run/open-context.ts';
import type { CommandEnvironment } from './command-environment.ts';
import { ExitCode } from './exit-code.ts';
import { counted, type Output, printJson, printLine } from './output.ts';

/** `finova-db drift [domain…]` */
export async function driftCommand(environment: CommandEnvironment, domains: readonly string[]): Promise<ExitCode> {
  const { output, options } = environment;
  const results = await drift(await openContext(environment, domains), domains);
  if (options.json) {
    printJson(output, { domains: results });
  } else {
    for (const result of results) {
      printDrift(output, result);
    }
  }
  return results.some(({ differences }) => differences.length > 0) ? ExitCode.attention : ExitCode.done;
}

function printDrift(output: Output, { domain, server, differences }: DomainDrift): void {
  if (differences.length === 0) {
    printLine(output, `${domain} on ${server}: as its migrations made it`);
    return;
  }
  printLine(output, `${domain} on ${server}: ${counted(differences.length, 'difference')}`);
  for (const difference of differences) {
    printDifference(output, difference);
  }
}

function printDifference(output: Output, { kind, object, expected, found }: DriftDifference): void {
  const paint = output.isTerminal ? colors : { red: String, green: String };
  printLine(output, `  ${kind}: ${object}`);
  for (const line of expected?.split('\n') ?? []) {
    printLine(output, paint.red(`    - ${line}`));
  }
  for (const line of found?.split('\n') ?? []) {
    printLine(output, paint.green(`    + ${line}`));
  }
}
