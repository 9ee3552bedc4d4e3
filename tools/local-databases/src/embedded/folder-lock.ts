import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { lock } from 'proper-lockfile';

/**
 * Runs `use` while no other process starts or stops servers below `folder`. The lock of a process that died goes
 * stale after ten seconds, so it never blocks for good.
 */
export async function withFolderLock<T>(folder: string, use: () => Promise<T>): Promise<T> {
  const target = join(folder, 'servers');
  await mkdir(target, { recursive: true });
  const release = await lock(target, {
    stale: 10_000,
    update: 2_000,
    realpath: false,
    retries: { retries: 1_200, factor: 1, minTimeout: 50, maxTimeout: 100, randomize: true },
  });
  try {
    return await use();
  } finally {
    await release();
  }
}
