import { type LocalServerStatus, localStatus, startLocal, stopLocal } from '@finova/local-databases';
import { findWorkspace } from '../workspace/find-workspace.ts';
import type { CommandEnvironment } from './command-environment.ts';
import { ExitCode } from './exit-code.ts';
import { printJson, printNotice, printTable } from './output.ts';

/** `finova-db local start|stop|status`: the embedded servers of this workspace. */
export async function localCommand(
  { output, options, workingFolder }: CommandEnvironment,
  action: 'start' | 'stop' | 'status',
): Promise<ExitCode> {
  const workspaceRoot = findWorkspace(workingFolder);
  const onProgress = (line: string) => printNotice(output, line);
  const run = { start: startLocal, stop: stopLocal, status: localStatus }[action];
  const servers: readonly LocalServerStatus[] = await run({ workspaceRoot, onProgress });
  if (options.json) {
    printJson(output, { servers });
  } else {
    printTable(
      output,
      ['Engine', 'State', 'Server', 'Data'],
      servers.map(({ engine, running, label, dataFolder }) => [
        engine,
        running ? 'running' : 'stopped',
        label,
        dataFolder,
      ]),
    );
  }
  return ExitCode.done;
}
