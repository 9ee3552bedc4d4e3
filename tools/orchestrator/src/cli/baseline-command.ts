import { baseline } from '../commands/baseline.ts';
import { openContext } from '../run/open-context.ts';
import type { CommandEnvironment } from './command-environment.ts';
import { ExitCode } from './exit-code.ts';
import { counted, printJson, printLine } from './output.ts';

/** `finova-db baseline DOMAIN --to MIGRATION` */
export async function baselineCommand(
  environment: CommandEnvironment,
  domain: string,
  options: { readonly to: string },
): Promise<ExitCode> {
  const result = await baseline(await openContext(environment, [domain]), { domain, to: options.to });
  if (environment.options.json) {
    printJson(environment.output, result);
  } else {
    printLine(
      environment.output,
      `${domain}: journaled as applied: ${counted(result.journaled.length, 'migration')}; run finova-db drift ${domain} to see whether the database agrees`,
    );
  }
  return ExitCode.done;
}
