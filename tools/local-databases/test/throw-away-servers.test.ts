import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { withPostgresClient } from '@finova/db-kit/postgres';
import { expect, test } from 'vitest';
import { commandLine } from '../src/embedded/server-process.ts';
import { throwAwayFoldersOf } from '../src/embedded/throw-away-servers.ts';
import { selectServers } from '../src/index.ts';
import { selectInProcess } from './server-process.ts';
import { temporaryWorkspace } from './temporary-workspace.ts';

async function start(workspaceRoot: string) {
  const servers = await selectServers({
    workspaceRoot,
    purpose: 'test',
    engines: ['postgres', 'mongodb'],
    environment: { FINOVA_DATABASES: 'embedded' },
  });
  return Object.values(servers);
}

/** A process that ended but that nobody asked for its exit code has no command line any more. */
async function isAlive(pid: number): Promise<boolean> {
  return (await commandLine(pid)) !== undefined;
}

test('each call gets servers of its own, which stopping removes with their data', async () => {
  const workspaceRoot = await temporaryWorkspace();
  const first = await start(workspaceRoot);
  const second = await start(workspaceRoot);

  expect(new Set([...first, ...second].map(({ url }) => url)).size).toBe(4);
  expect(await throwAwayFoldersOf(workspaceRoot)).toHaveLength(4);

  await Promise.all([...first, ...second].map((server) => server.stop()));
  expect(await throwAwayFoldersOf(workspaceRoot)).toEqual([]);
  const [postgres] = first;
  await expect(
    withPostgresClient({ url: postgres?.url ?? '', applicationName: 'test' }, async () => {}),
  ).rejects.toThrow('cannot be reached');
});

test('PostgreSQL is set to be quick, to let many in and to prepare transactions', async () => {
  const workspaceRoot = await temporaryWorkspace();
  const servers = await start(workspaceRoot);
  const url = servers.find(({ engine }) => engine === 'postgres')?.url ?? '';

  const { rows } = await withPostgresClient({ url, applicationName: 'test' }, (client) =>
    client.query(
      `SELECT name, setting FROM pg_settings
       WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes', 'max_connections', 'max_prepared_transactions')
       ORDER BY name`,
    ),
  );
  await Promise.all(servers.map((server) => server.stop()));

  expect(rows).toEqual([
    { name: 'fsync', setting: 'off' },
    { name: 'full_page_writes', setting: 'off' },
    { name: 'max_connections', setting: '200' },
    { name: 'max_prepared_transactions', setting: '8' },
    { name: 'synchronous_commit', setting: 'off' },
  ]);
});

test('what a killed test run left is ended and removed by the next one', async () => {
  const workspaceRoot = await temporaryWorkspace();
  const killed = selectInProcess({ workspaceRoot, purpose: 'test' });
  await killed.urls;
  const left = await throwAwayFoldersOf(workspaceRoot);
  const pidFiles = left.map((own) =>
    join(own, basename(own).startsWith('postgres') ? join('data', 'postmaster.pid') : 'pid'),
  );
  const pids = await Promise.all(pidFiles.map(async (file) => Number.parseInt(await readFile(file, 'utf8'), 10)));
  expect(await Promise.all(pids.map(isAlive))).toEqual([true, true]);
  await killed.kill();

  const servers = await start(workspaceRoot);

  expect(await Promise.all(pids.map(isAlive))).toEqual([false, false]);
  for (const own of left) {
    await expect(stat(own)).rejects.toThrow('ENOENT');
  }
  await Promise.all(servers.map((server) => server.stop()));
});

test('what a living test run uses is left alone', async () => {
  const workspaceRoot = await temporaryWorkspace();
  const other = selectInProcess({ workspaceRoot, purpose: 'test' });
  const { postgres } = await other.urls;

  const servers = await start(workspaceRoot);
  await Promise.all(servers.map((server) => server.stop()));

  await expect(
    withPostgresClient({ url: postgres ?? '', applicationName: 'test' }, async () => 'still there'),
  ).resolves.toBe('still there');
  expect(await throwAwayFoldersOf(workspaceRoot)).toHaveLength(2);
  await other.kill();
  // Nobody but the next run takes away what this one left.
  await Promise.all((await start(workspaceRoot)).map((server) => server.stop()));
});
