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
        describePending(result),
      ]),
    );
    for (const { refusal } of results) {
      if (refusal !== null) {
        printLine(output, refusal);
      }
    }
    const pending = results.reduce((sum, result) => sum + pendingOf(result).length, 0);
    printLine(output, pending === 0 ? 'Nothing is pending' : `Pending: ${pending}; run finova-db up`);
  }
  return results.some(needsAttention) ? ExitCode.attention : ExitCode.done;
}

function needsAttention(result: DomainStatusResult): boolean {
  return pendingOf(result).length > 0 || result.refusal !== null;
}

function pendingOf({ pending, pendingRepeatables }: DomainStatusResult): string[] {
  return [...pending, ...pendingRepeatables.map((name) => `repeatables/${name}`)];
}

function describePending(result: DomainStatusResult): string {
  const lines = pendingOf(result).map((name) => (result.halfDone.includes(name) ? `${name} (half done)` : name));
  return lines.length === 0 ? '0' : `${lines.length}: ${lines.join('\n')}`;
}
