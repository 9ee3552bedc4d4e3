import { explainHalfDone, type HalfDoneMigration, repair } from '../commands/repair.ts';
import { openContext } from '../run/open-context.ts';
import type { CommandEnvironment } from './command-environment.ts';
import { ExitCode } from './exit-code.ts';
import { type Output, printJson, printLine } from './output.ts';

export interface RepairCommandOptions {
  readonly as?: 'applied' | 'pending';
}

/** `finova-db repair DOMAIN` explains; `finova-db repair DOMAIN MIGRATION --as applied|pending` settles. */
export async function repairCommand(
  environment: CommandEnvironment,
  domain: string,
  migration: string | undefined,
  options: RepairCommandOptions,
): Promise<ExitCode> {
  const { output } = environment;
  const context = await openContext(environment, [domain]);
  if (migration === undefined || options.as === undefined) {
    const halfDone = (await explainHalfDone(context, domain)).filter(
      (found) => migration === undefined || found.migration === migration,
    );
    return printExplanation(output, environment.options.json, domain, halfDone);
  }
  await repair(context, { domain, migration, as: options.as });
  if (environment.options.json) {
    printJson(output, { domain, migration, as: options.as });
  } else {
    printLine(output, `${domain}/${migration} is journaled as ${options.as}`);
  }
  return ExitCode.done;
}

function printExplanation(
  output: Output,
  json: boolean,
  domain: string,
  halfDone: readonly HalfDoneMigration[],
): ExitCode {
  if (json) {
    printJson(output, { halfDone });
  } else if (halfDone.length === 0) {
    printLine(output, `Nothing is half done in ${domain}`);
  }
  for (const found of json ? [] : halfDone) {
    printLine(output, `${found.domain}/${found.migration} is half done on its way ${found.direction}`);
    printLine(output, `  started     ${found.startedAt.toISOString()} by ${found.startedBy}`);
    printLine(output, `  last error  ${found.lastError ?? 'none was recorded: the run was killed or lost its server'}`);
    printList(output, 'done', found.completedSteps);
    printList(output, 'open', found.openSteps);
    printList(output, 'invalid', found.invalidIndexes);
    printLine(output, `  next        ${found.next}`);
  }
  return halfDone.length === 0 ? ExitCode.done : ExitCode.attention;
}

function printList(output: Output, label: string, values: readonly string[]): void {
  if (values.length > 0) {
    printLine(output, `  ${label.padEnd(10)}  ${values.join(', ')}`);
  }
}
