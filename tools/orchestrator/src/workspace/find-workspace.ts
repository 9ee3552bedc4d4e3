import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { WorkspaceNotFoundError } from './workspace-errors.ts';

/**
 * The root of the workspace that `startFolder` lies in.
 *
 * @throws {WorkspaceNotFoundError}
 */
export function findWorkspace(startFolder: string): string {
  for (let folder = startFolder; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'nx.json')) && existsSync(join(folder, 'packages'))) {
      return folder;
    }
    if (folder === dirname(folder)) {
      throw new WorkspaceNotFoundError(startFolder);
    }
  }
}
