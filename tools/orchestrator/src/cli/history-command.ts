import type { HistoryRow } from '@finova/db-kit/migrations';
import { type DomainHistory, history } from '../commands/history.ts';
import { openContext } from '../run/open-context.ts';
import type { CommandEnvironment } from './command-environment.ts';
import { ExitCode } from './exit-code.ts';
import { formatDuration, type Output, printJson, printLine, printTable } from './output.ts';

export interface HistoryCommandOptions {
  /** How many of the newest attempts to print of each domain. */
  readonly limit?: number;
}

/** `finova-db history [domain…]` */
export async function historyCommand(
  environment: CommandEnvironment,
  domains: readonly string[],
  { limit = Number.MAX_SAFE_INTEGER }: HistoryCommandOptions,
): Promise<ExitCode> {
  const { output, options } = environment;
  const results = await history(await openContext(environment, domains), domains);
  const limited = results.map((result) => ({ ...result, attempts: result.attempts.slice(-limit) }));
  if (options.json) {
    printJson(output, { domains: limited });
  } else {
    for (const result of limited) {
      printHistory(output, result);
    }
  }
  return results.some(({ problems }) => problems.length > 0) ? ExitCode.failed : ExitCode.done;
}

function printHistory(output: Output, { domain, server, attempts, problems }: DomainHistory): void {
  printLine(output, `${domain} on ${server}`);
  if (attempts.length === 0) {
    printLine(output, 'Nothing was ever migrated here');
  } else {
    printTable(output, ['#', 'When', 'Migration', 'What', 'Outcome', 'Took', 'Who', 'Commit'], attempts.map(describe));
  }
  for (const { problem } of problems) {
    printLine(output, `Broken: ${problem}`);
  }
  if (problems.length === 0) {
    printLine(output, 'The chain is whole, and the journal agrees with it');
  }
}

function describe(row: HistoryRow): string[] {
  const outcome = [row.outcome, row.error?.split('\n')[0], row.note].filter((text) => text != null).join(': ');
  return [
    String(row.sequence),
    row.startedAt.toISOString(),
    row.migration,
    row.direction,
    outcome,
    formatDuration(row.durationMs),
    `${row.actor} on ${row.host} (pid ${row.pid})`,
    `${row.gitCommit?.slice(0, 10) ?? 'unknown'}, ${row.toolVersion}`,
  ];
}
