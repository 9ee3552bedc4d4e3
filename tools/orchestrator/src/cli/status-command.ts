import { status } from '../commands/status.ts';
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
      results.map(({ domain, engine, server, applied, pending }) => [
        domain,
        engine,
        server,
        String(applied.length),
        pending.length === 0 ? '0' : `${pending.length}: ${pending.join('\n')}`,
      ]),
    );
    const pending = results.reduce((sum, result) => sum + result.pending.length, 0);
    printLine(output, pending === 0 ? 'Nothing is pending' : `${pending} migrations are pending; run finova-db up`);
  }
  return results.some(({ pending }) => pending.length > 0) ? ExitCode.attention : ExitCode.done;
}
