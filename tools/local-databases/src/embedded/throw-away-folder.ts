import { lstat, mkdir, readlink, statfs } from 'node:fs/promises';
import { freemem } from 'node:os';
import { join, resolve } from 'node:path';
import { ensureDataFolder } from '../data-folder.ts';

/** Where Linux keeps files in memory. */
const MEMORY_FOLDER = '/dev/shm';

/** A run of all tests has been seen to need 0.8 GB. */
const ROOM_BYTES = 4 * 2 ** 30;

/** For everything else that runs meanwhile. */
const MEMORY_LEFT_BYTES = 4 * 2 ** 30;

/**
 * The folder in which throw-away servers have theirs, made if needed: that of `FINOVA_TESTS_FOLDER`; one in memory where
 * there is plenty of it, since tests make and drop databases all the time; or one in the workspace.
 *
 * The one in memory is shared by all workspaces of a user: what a killed run left there is found by whichever runs next,
 * although its workspace may be gone.
 */
export async function throwAwayFolder(
  workspaceRoot: string,
  { environment = process.env, memoryFolder = MEMORY_FOLDER, freeMemoryBytes = freemem() } = {},
): Promise<string> {
  const chosen = environment['FINOVA_TESTS_FOLDER']?.trim() ?? '';
  if (chosen !== '') {
    const folder = resolve(workspaceRoot, chosen);
    await mkdir(folder, { recursive: true });
    return folder;
  }
  const inWorkspace = join(await ensureDataFolder(workspaceRoot), 'tests');
  const folder = (await makeInMemory(memoryFolder, freeMemoryBytes)) ?? inWorkspace;
  await mkdir(folder, { recursive: true });
  return folder;
}

/** @returns undefined where there is no memory to be had, or somebody else has put something in the way. */
async function makeInMemory(memoryFolder: string, freeMemoryBytes: number): Promise<string | undefined> {
  const userId = process.getuid?.();
  const room = await statfs(memoryFolder).catch(() => undefined);
  if (userId === undefined || room === undefined) {
    return undefined;
  }
  if (room.bavail * room.bsize < ROOM_BYTES || freeMemoryBytes < ROOM_BYTES + MEMORY_LEFT_BYTES) {
    return undefined;
  }
  try {
    // Containers may share the host's memory folder and not see each other's processes, which then look as if they were gone.
    const processNamespace = (await readlink('/proc/self/ns/pid')).replaceAll(/\D/g, '');
    const folder = join(memoryFolder, `finova-tests-${userId}-${processNamespace}`);
    // Others may pass through, as through the data folder of a workspace, because PostgreSQL refuses to run as root.
    await mkdir(folder, { recursive: true, mode: userId === 0 ? 0o711 : 0o700 });
    const made = await lstat(folder);
    const isOurs = made.isDirectory() && made.uid === userId && (made.mode & 0o022) === 0;
    return isOurs ? folder : undefined;
  } catch {
    return undefined;
  }
}
