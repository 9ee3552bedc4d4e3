import { resolve } from 'node:path';
import { createLocalKeyFile } from '@finova/db-kit/encryption';
import { keyFilePath } from '../run/run-context.ts';
import { findWorkspace } from '../workspace/find-workspace.ts';
import type { CommandEnvironment } from './command-environment.ts';
import { ExitCode } from './exit-code.ts';
import { printJson, printLine } from './output.ts';

/** `finova-db keys create` */
export async function createKeysCommand(
  { output, options, workingFolder }: CommandEnvironment,
  { file }: { readonly file?: string },
): Promise<ExitCode> {
  const path = file === undefined ? keyFilePath(findWorkspace(workingFolder)) : resolve(typedIn(workingFolder), file);
  const created = await createLocalKeyFile(path);
  if (options.json) {
    printJson(output, { path, created });
  } else {
    printLine(
      output,
      created
        ? `Made ${path} (mode 0600). Back it up: what is encrypted under it cannot be read without it`
        : `${path} is there already and was left alone`,
    );
  }
  return ExitCode.done;
}

/** Where the user typed a relative path: npm changes into the workspace before it runs a script. */
function typedIn(workingFolder: string): string {
  return process.env['INIT_CWD'] ?? workingFolder;
}
