import { lint } from '../commands/lint.ts';
import { openContext } from '../run/open-context.ts';
import type { CommandEnvironment } from './command-environment.ts';
import { ExitCode } from './exit-code.ts';
import { counted, printJson, printLine } from './output.ts';

/** `finova-db lint [domain…]` */
export async function lintCommand(environment: CommandEnvironment, domains: readonly string[]): Promise<ExitCode> {
  const { output, options } = environment;
  const findings = await lint(await openContext(environment, domains), domains);
  if (options.json) {
    printJson(output, { findings });
  } else {
    for (const { file, rule, at, why, fix } of findings) {
      printLine(output, `${file}: ${rule}`);
      printLine(output, `  at   ${at}`);
      printLine(output, `  why  ${why}`);
      printLine(output, `  fix  ${fix}`);
    }
    printLine(
      output,
      findings.length === 0
        ? 'Nothing to say'
        : `${counted(findings.length, 'finding')}; waive one with waives: { '<rule>': '<reason>' } in its migration`,
    );
  }
  return findings.length === 0 ? ExitCode.done : ExitCode.attention;
}
