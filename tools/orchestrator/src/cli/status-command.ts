import { type DomainStatusResult, status } from '../commands/status.ts';
import { openContext } from '../run/open-context.ts';
import type { CommandEnvironment } from './command-environment.ts';
import { ExitCode } from './exit-code.ts';
import { printJson, printLine, printTable } from './output.ts';

/** `finova-db status [domain…]` */
export async function statusCommand(environment: CommandEnvironment, domains: readonly string[]): Promise<ExitCode> {
  const { output, options } = environment;
  const results = await status(await openContext(environment, domains), domains);
  if (options.json) {
    printJson(output, { domains: results });
  } else {
    printTable(
      output,
      ['Domain', 'Engine', 'Server', 'Applied', 'Pending'],
      results.map((result) => [
        result.domain,
        result.engine,
        result.server,
        String(result.applied.length),
        describePending(pendingOf(result)),
      ]),
    );
    const pending = results.reduce((sum, result) => sum + pendingOf(result).length, 0);
    printLine(output, pending === 0 ? 'Nothing is pending' : `${pending} migrations are pending; run finova-db up`);
  }
  return results.some((result) => pendingOf(result).length > 0) ? ExitCode.attention : ExitCode.done;
}

function pendingOf({ pending, pendingRepeatables }: DomainStatusResult): string[] {
  return [...pending, ...pendingRepeatables.map((name) => `repeatables/${name}`)];
}

function describePending(pending: readonly string[]): string {
  return pending.length === 0 ? '0' : `${pending.length}: ${pending.join('\n')}`;
}
