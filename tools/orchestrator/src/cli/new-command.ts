import { newMigration } from '../commands/new-migration.ts';
import { findWorkspace } from '../workspace/find-workspace.ts';
import { readWorkspaceDomains } from '../workspace/workspace-domains.ts';
import type { CommandEnvironment } from './command-environment.ts';
import { ExitCode } from './exit-code.ts';
import { printJson, printLine } from './output.ts';

export interface NewCommandOptions {
  readonly requires?: readonly string[];
  /** commander's form of `--no-transaction` */
  readonly transaction: boolean;
}

/** `finova-db new DOMAIN NAME` */
export async function newCommand(
  { output, options: { json }, workingFolder }: CommandEnvironment,
  domain: string,
  name: string,
  options: NewCommandOptions,
): Promise<ExitCode> {
  const workspaceRoot = findWorkspace(workingFolder);
  const written = await newMigration(workspaceRoot, await readWorkspaceDomains(workspaceRoot), {
    domain,
    name,
    requires: options.requires ?? [],
    outsideTransaction: !options.transaction,
  });
  if (json) {
    printJson(output, { written });
  } else {
    for (const path of written) {
      printLine(output, path);
    }
  }
  return ExitCode.done;
}
