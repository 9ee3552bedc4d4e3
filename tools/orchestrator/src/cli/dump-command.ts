import colors from 'yoctocolors';
import { type DomainDump, dump } from '../commands/dump.ts';
import { openContext } from '../run/open-context.ts';
import type { CommandEnvironment } from './command-environment.ts';
import { ExitCode } from './exit-code.ts';
import { type Output, printJson, printLine } from './output.ts';

/** Longer differences are for the eyes of whoever writes the dump anew. */
const MAX_DIFF_LINES = 60;

/** `finova-db dump [domain…]` */
export async function dumpCommand(
  environment: CommandEnvironment,
  domains: readonly string[],
  { check = false }: { readonly check?: boolean },
): Promise<ExitCode> {
  const { output, options } = environment;
  const dumps = await dump(await openContext(environment, domains), domains, { check });
  const isBehind = dumps.some(({ state }) => state === 'stale' || state === 'missing');
  if (options.json) {
    printJson(output, { dumps });
  } else {
    for (const { file, state, diff } of dumps) {
      printLine(output, `${file}: ${state}`);
      if (check && state === 'stale') {
        printDiff(output, diff ?? '');
      }
    }
    if (isBehind) {
      printLine(output, 'Run finova-db dump, and commit what it writes');
    }
  }
  return isBehind ? ExitCode.attention : ExitCode.done;
}

function printDiff(output: Output, diff: NonNullable<DomainDump['diff']>): void {
  const paint = output.isTerminal ? colors : { red: String, green: String, dim: String };
  const lines = diff.trimEnd().split('\n');
  for (const line of lines.slice(0, MAX_DIFF_LINES)) {
    const colour = line.startsWith('-') ? paint.red : line.startsWith('+') ? paint.green : paint.dim;
    printLine(output, `  ${colour(line)}`);
  }
  if (lines.length > MAX_DIFF_LINES) {
    printLine(output, `  … and ${lines.length - MAX_DIFF_LINES} lines more`);
  }
}
