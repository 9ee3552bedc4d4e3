import { doctor } from '../commands/doctor.ts';
import { openContext } from '../run/open-context.ts';
import type { CommandEnvironment } from './command-environment.ts';
import { ExitCode } from './exit-code.ts';
import { printJson, printLine, printTable } from './output.ts';

/** `finova-db doctor` */
export async function doctorCommand(
  environment: CommandEnvironment,
  { probe = false }: { readonly probe?: boolean },
): Promise<ExitCode> {
  const { output, options } = environment;
  const findings = await doctor(await openContext(environment, []), { probe });
  const problems = findings.filter(({ state }) => state === 'problem');
  if (options.json) {
    printJson(output, { findings });
  } else {
    printTable(
      output,
      ['Check', 'State', 'Found'],
      findings.map(({ check, state, detail }) => [check, state, detail]),
    );
    printLine(output, problems.length === 0 ? 'Everything is in order' : `${problems.length} problems found`);
  }
  return problems.length === 0 ? ExitCode.done : ExitCode.failed;
}
