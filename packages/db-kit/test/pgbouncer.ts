import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { eventually } from './migrator-process.ts';

/** Where Debian's package `pgbouncer` puts it. */
const PROGRAM = '/usr/sbin/pgbouncer';

/** Whether this machine has PgBouncer. */
export const hasPgBouncer = existsSync(PROGRAM);

/**
 * Starts the real PgBouncer in front of a server, for the running test.
 *
 * @returns the URL of the same database through it.
 */
export async function startPgBouncer(
  serverUrl: string,
  poolMode: 'session' | 'transaction',
  { ignoresParameters = true } = {},
): Promise<string> {
  const { hostname, port, username, password, pathname } = new URL(serverUrl);
  const folder = await mkdtemp(join(tmpdir(), 'finova-pgbouncer-'));
  // It refuses to be root, and so must be able to read this as another user.
  await chmod(folder, 0o755);
  const listenPort = await freePort();
  const config = join(folder, 'pgbouncer.ini');
  const database = decodeURIComponent(pathname.slice(1));
  await writeFile(
    config,
    `[databases]
${database} = host=${hostname} port=${port} user=${decodeURIComponent(username)} password=${decodeURIComponent(password)}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${listenPort}
unix_socket_dir =
auth_type = any
pool_mode = ${poolMode}
${ignoresParameters ? 'ignore_startup_parameters = options,extra_float_digits' : ''}
`,
  );
  const asUser = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const child = spawn(PROGRAM, [...asUser, config], { stdio: 'ignore' });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });
  await eventually('PgBouncer listens', () => accepts(listenPort));
  return `postgresql://${username}:${password}@127.0.0.1:${listenPort}/${database}`;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
