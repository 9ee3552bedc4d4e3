import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { lock } from 'proper-lockfile';

/**
 * Runs `use` while no other process starts or stops servers below `folder`. The lock of a process that died goes
 * stale after ten seconds, so it never blocks for good; one whose process works is waited for, up to ten minutes, since
 * an installation may take that long.
 */
export async function withFolderLock<T>(folder: string, use: () => Promise<T>): Promise<T> {
  const target = join(folder, 'servers');
  await mkdir(target, { recursive: true });
  const release = await lock(target, {
    stale: 10_000,
    update: 2_000,
    realpath: false,
    // A machine that slept may lose the lock; without this listener that would end the whole process. The servers' own
    // lock files still keep their data from two masters.
    onCompromised: () => {},
    retries: { retries: 8_000, factor: 1, minTimeout: 50, maxTimeout: 100, randomize: true },
  });
  try {
    return await use();
  } finally {
    // A lock that was lost meanwhile is no longer ours to release.
    await release().catch(() => {});
  }
}
