import { errorMessage } from '@finova/db-kit';
import { type Plan, type PlannedMigration, plan } from '../commands/plan.ts';
import { renderScript } from '../plan/render-script.ts';
import { openContext } from '../run/open-context.ts';
import type { CommandEnvironment } from './command-environment.ts';
import { ExitCode } from './exit-code.ts';
import { printError, printJson, printLine, printTable } from './output.ts';

export interface PlanCommandOptions {
  readonly to?: string;
  readonly sql?: boolean;
  readonly allowOutOfOrder?: boolean;
}

/** `finova-db plan [domain…]` and `finova-db up --dry-run` */
export async function planCommand(
  environment: CommandEnvironment,
  domains: readonly string[],
  options: PlanCommandOptions,
): Promise<ExitCode> {
  const { output } = environment;
  const { json, verbose } = environment.options;
  const context = { ...(await openContext(environment, domains)), allowOutOfOrder: options.allowOutOfOrder };
  const found = await plan(context, { domains, to: options.to, sql: options.sql === true });
  if (json) {
    const failures = found.failures.map(({ domain, error }) => ({ domain, message: errorMessage(error) }));
    printJson(output, { migrations: found.migrations, failures });
  } else if (options.sql === true) {
    printLine(output, renderScript(found.migrations));
  } else {
    printPlan(environment, found);
  }
  for (const { error } of found.failures) {
    printError(output, error, verbose);
  }
  if (found.failures.length > 0) {
    return ExitCode.failed;
  }
  return found.migrations.length > 0 ? ExitCode.attention : ExitCode.done;
}

function printPlan({ output }: CommandEnvironment, { migrations }: Plan): void {
  if (migrations.length === 0) {
    printLine(output, 'Nothing is pending');
    return;
  }
  printTable(
    output,
    ['#', 'Domain', 'Migration', 'Engine', 'Remarks'],
    migrations.map((planned, index) => [
      String(index + 1),
      planned.domain,
      planned.name,
      planned.engine,
      remarksOn(planned),
    ]),
  );
  printLine(output, `${migrations.length} would run; finova-db plan --sql shows what they send`);
}

function remarksOn({ requires, transaction, engine, isHalfDone, lossy, irreversible }: PlannedMigration): string {
  return [
    ...(isHalfDone ? ['half done'] : []),
    ...(engine === 'postgres' && !transaction ? ['outside a transaction'] : []),
    ...requires.map((id) => `requires ${id}`),
    ...(irreversible === undefined ? [] : [`no way back: ${irreversible}`]),
    ...(lossy === undefined ? [] : [`down loses data: ${lossy}`]),
  ].join('\n');
}
