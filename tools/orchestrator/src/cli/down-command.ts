import { type DownOptions, down } from '../commands/down.ts';
import { openContext } from '../run/open-context.ts';
import type { CommandEnvironment } from './command-environment.ts';
import { ExitCode } from './exit-code.ts';
import { printJson, printLine, printNotice, printTable } from './output.ts';

export interface DownCommandOptions {
  readonly to?: string;
  readonly steps?: number;
  readonly all?: boolean;
  readonly cascade?: boolean;
}

/** `finova-db down DOMAIN` */
export async function downCommand(
  environment: CommandEnvironment,
  domain: string,
  options: DownCommandOptions,
): Promise<ExitCode> {
  const { output } = environment;
  const { json } = environment.options;
  const context = await openContext(environment, []);
  const results = await down(context, {
    domain,
    target: targetOf(options),
    cascade: options.cascade === true,
    ...(json ? {} : { onMigrationStart: (name, migration) => printNotice(output, `Reverting ${name}/${migration}`) }),
  });
  if (json) {
    printJson(output, { domains: results });
    return ExitCode.done;
  }
  printTable(
    output,
    ['Domain', 'Engine', 'Server', 'Reverted now', 'Applied in all'],
    results.map((result) => [
      result.domain,
      result.engine,
      result.server,
      String(result.reverted.length),
      String(result.total),
    ]),
  );
  const reverted = results.reduce((sum, result) => sum + result.reverted.length, 0);
  printLine(output, reverted === 0 ? 'Nothing to revert' : `Reverted ${reverted} migrations`);
  return ExitCode.done;
}

function targetOf({ to, steps, all }: DownCommandOptions): DownOptions['target'] {
  if (to !== undefined) {
    return { to };
  }
  return all === true ? 'all' : { steps: steps ?? 1 };
}
