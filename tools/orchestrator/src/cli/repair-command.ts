import { repair } from '../commands/repair.ts';
import { openContext } from '../run/open-context.ts';
import type { CommandEnvironment } from './command-environment.ts';
import { ExitCode } from './exit-code.ts';
import { printJson, printLine } from './output.ts';

/** `finova-db repair DOMAIN MIGRATION --as applied|pending` */
export async function repairCommand(
  environment: CommandEnvironment,
  domain: string,
  migration: string,
  options: { readonly as: 'applied' | 'pending' },
): Promise<ExitCode> {
  await repair(await openContext(environment, [domain]), { domain, migration, as: options.as });
  if (environment.options.json) {
    printJson(environment.output, { domain, migration, as: options.as });
  } else {
    printLine(environment.output, `${domain}/${migration} is journaled as ${options.as}`);
  }
  return ExitCode.done;
}
