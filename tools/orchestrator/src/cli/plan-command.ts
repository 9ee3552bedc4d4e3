import { errorMessage } from '@finova/db-kit';
import { type Plan, type PlannedMigration, plan } from '../commands/plan.ts';
import { planSince } from '../commands/plan-since.ts';
import { renderScript, renderStatements } from '../plan/render-script.ts';
import { openContext } from '../run/open-context.ts';
import type { CommandEnvironment } from './command-environment.ts';
import { ExitCode } from './exit-code.ts';
import { printError, printJson, printLine, printNotice, printTable } from './output.ts';

export interface PlanCommandOptions {
  readonly to?: string;
  readonly sql?: boolean;
  readonly allowOutOfOrder?: boolean;
  /** commander's form of `--no-dependencies` */
  readonly dependencies?: boolean;
  readonly since?: string;
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
  const wanted = {
    domains,
    to: options.to,
    sql: options.sql === true,
    includeDependencies: options.dependencies !== false,
  };
  const found = await (options.since === undefined ? plan(context, wanted) : planSince(context, options.since, wanted));
  if (json) {
    printJson(output, describePlan(found));
  } else {
    printPlan(environment, found, options.sql === true);
  }
  for (const { error } of found.failures) {
    printError(output, error, verbose);
  }
  if (found.failures.length > 0) {
    if (options.sql === true) {
      printNotice(output, 'Tried out on throw-away databases; nothing was written to those of the plan');
    }
    return ExitCode.failed;
  }
  return found.migrations.length > 0 ? ExitCode.attention : ExitCode.done;
}

/** For `--json`: statements as the script has them, one text each. */
function describePlan({ migrations, failures }: Plan) {
  return {
    migrations: migrations.map(({ statements, ...planned }) =>
      statements === undefined
        ? planned
        : { ...planned, statements: renderStatements({ ...planned, statements }).map(({ text }) => text) },
    ),
    failures: failures.map(({ domain, error }) => ({
      domain,
      error: error instanceof Error ? error.name : 'Error',
      message: errorMessage(error),
    })),
  };
}

function printPlan({ output }: CommandEnvironment, { migrations, failures }: Plan, sql: boolean): void {
  if (migrations.length === 0) {
    if (failures.length === 0) {
      // Beside the script, which is then empty.
      (sql ? printNotice : printLine)(output, 'Nothing is pending');
    }
    return;
  }
  if (sql) {
    printLine(output, renderScript(migrations).trimEnd());
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

function remarksOn(planned: PlannedMigration): string {
  const { requires, transaction, engine, lockTimeoutMs, statementTimeoutMs, lossy, irreversible } = planned;
  return [
    ...(planned.isHalfDone ? [`half done: finova-db repair ${planned.domain} explains it`] : []),
    ...(engine === 'postgres' && !transaction ? ['outside a transaction'] : []),
    ...(lockTimeoutMs === undefined ? [] : [`waits ${lockTimeoutMs} ms for a lock`]),
    ...(statementTimeoutMs === undefined ? [] : [`${statementTimeoutMs} ms for each statement`]),
    ...requires.map((id) => `requires ${id}`),
    ...(irreversible === undefined ? [] : [`no way back: ${irreversible}`]),
    ...(lossy === undefined ? [] : [`down loses data: ${lossy}`]),
  ].join('\n');
}
