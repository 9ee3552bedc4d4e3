import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { hasInstalledDomains } from './installed-domains.ts';
import { WorkspaceNotFoundError } from './workspace-errors.ts';

/**
 * The root of the workspace that `startFolder` lies in; outside of any, that of the project that has domain packages
 * installed.
 *
 * @throws {WorkspaceNotFoundError}
 */
export function findWorkspace(startFolder: string): string {
  const folders = withParents(startFolder);
  const found = folders.find(isNxWorkspace) ?? folders.find(hasInstalledDomains);
  if (found === undefined) {
    throw new WorkspaceNotFoundError(startFolder);
  }
  return found;
}

/** Whether the folder is the root of a workspace whose packages are domains. */
export function isNxWorkspace(folder: string): boolean {
  return existsSync(join(folder, 'nx.json')) && existsSync(join(folder, 'packages'));
}

function withParents(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...withParents(parent)];
}
