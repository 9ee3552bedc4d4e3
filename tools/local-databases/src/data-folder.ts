import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The workspace's git-ignored folder for what belongs to this machine: servers' data, passwords, keys. */
export function dataFolder(workspaceRoot: string): string {
  return join(workspaceRoot, '.finova');
}

/**
 * Makes the data folder. Only its owner can list it; others may pass through, because PostgreSQL refuses to run as
 * root and then runs as a user of its own below it. The secrets in it are files of mode 0600.
 */
export async function ensureDataFolder(workspaceRoot: string): Promise<string> {
  const folder = dataFolder(workspaceRoot);
  await mkdir(folder, { recursive: true });
  await chmod(folder, process.getuid?.() === 0 ? 0o711 : 0o700);
  return folder;
}
