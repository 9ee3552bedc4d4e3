import { execFile } from 'node:child_process';
import { readdir, readFile, readlink, realpath } from 'node:fs/promises';
import { createConnection } from 'node:net';
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

/** Whether process `pid` is a server whose data is `dataFolder`: it was started for it, or works in it. */
export async function servesFrom(pid: number, dataFolder: string): Promise<boolean> {
  if ((await commandLine(pid))?.includes(dataFolder) === true) {
    return true;
  }
  // A workspace that was moved while its server runs has another path than the command line says.
  const [works, is] = await Promise.all([
    readlink(`/proc/${pid}/cwd`).catch(() => undefined),
    realpath(dataFolder).catch(() => undefined),
  ]);
  return works !== undefined && works === is;
}

/**
 * Looks through all processes for one whose command line holds these arguments: a server whose starter was killed
 * before it could note the number.
 */
export async function findProcess(args: readonly string[]): Promise<number | undefined> {
  const wanted = args.join(' ');
  if (process.platform === 'linux') {
    const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0);
    const lines = await Promise.all(pids.map(commandLine));
    return pids.find((_, index) => lines[index]?.includes(wanted) === true);
  }
  const listed = await promisify(execFile)('ps', ['-axo', 'pid=,command=']).catch(() => undefined);
  const line = listed?.stdout.split('\n').find((candidate) => candidate.includes(wanted));
  return line === undefined ? undefined : Number.parseInt(line, 10);
}

/**
 * Ends a process if it is the server of a data folder: politely, then by force after `graceMs`.
 *
 * @param graceMs - 0 to end it by force at once.
 */
export async function stopProcess(pid: number, dataFolder: string, graceMs = 10_000): Promise<void> {
  if (!(await servesFrom(pid, dataFolder))) {
    return;
  }
  if (graceMs > 0) {
    sendSignal(pid, 'SIGTERM');
    if (await endsWithin(graceMs, pid, dataFolder)) {
      return;
    }
  }
  sendSignal(pid, 'SIGKILL');
  await endsWithin(5_000, pid, dataFolder);
}

async function endsWithin(timeoutMs: number, pid: number, dataFolder: string): Promise<boolean> {
  const deadlineMs = performance.now() + timeoutMs;
  while (await servesFrom(pid, dataFolder)) {
    if (performance.now() >= deadlineMs) {
      return false;
    }
    await sleep(20);
  }
  return true;
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (thrown) {
    // It ended by itself meanwhile.
    if ((thrown as NodeJS.ErrnoException).code !== 'ESRCH') {
      throw thrown;
    }
  }
}

/** Whether anything accepts connections on a loopback port: known at once, where a driver would try for seconds. */
export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = createConnection({ host: '127.0.0.1', port, timeout: 1_000 });
    const end = (answer: boolean) => () => {
      connection.destroy();
      resolve(answer);
    };
    connection.once('connect', end(true)).once('error', end(false)).once('timeout', end(false));
  });
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
