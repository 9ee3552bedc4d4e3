import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

/**
 * The command line of a process, or `undefined` when there is none of that number. A number alone says nothing: after
 * a crash or a reboot another process may have it.
 */
export async function commandLine(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined);
    return line === undefined || line === '' ? undefined : line.replaceAll('\0', ' ').trim();
  }
  const listed = await promisify(execFile)('ps', ['-p', String(pid), '-o', 'command=']).catch(() => undefined);
  return listed?.stdout.trim() || undefined;
}

/**
 * Ends a process if its command line shows that it is ours: politely, then by force after `graceMs`.
 *
 * @param marker - what its command line must contain, such as its data folder.
 */
export async function stopProcess(pid: number, marker: string, graceMs = 10_000): Promise<void> {
  const isOurs = async () => (await commandLine(pid))?.includes(marker) === true;
  if (!(await isOurs())) {
    return;
  }
  process.kill(pid, 'SIGTERM');
  const deadlineMs = performance.now() + graceMs;
  while (performance.now() < deadlineMs) {
    if (!(await isOurs())) {
      return;
    }
    await sleep(50);
  }
  process.kill(pid, 'SIGKILL');
}

/** Tries until `attempt` succeeds or `timeoutMs` is over; then throws what the last try threw. */
export async function retryUntil<T>(timeoutMs: number, attempt: () => Promise<T>): Promise<T> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await attempt();
    } catch (thrown) {
      if (performance.now() >= deadlineMs) {
        throw thrown;
      }
      await sleep(50);
    }
  }
}
