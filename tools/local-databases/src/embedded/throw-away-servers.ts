import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import getPort from 'get-port';
import { ensureDataFolder } from '../data-folder.ts';
import type { DatabaseEngine } from '../database-server.ts';
import { identifyServer } from '../identify-server.ts';
import { withFolderLock } from './folder-lock.ts';
import { findMongoProgram } from './mongo-program.ts';
import { MongoServer } from './mongo-server.ts';
import { PostgresCluster } from './postgres-cluster.ts';
import { commandLine } from './server-process.ts';
import { generatePassword } from './state-file.ts';

/** A server for one test run, gone with its data when stopped. */
export interface ThrowAwayServer {
  readonly url: string;
  readonly label: string;
  readonly programReason: string;
  stop(): Promise<void>;
}

/**
 * Starts a server with empty data for one test run. What earlier runs left when they were killed is cleaned up first.
 *
 * @throws {EmbeddedServerError | InstallationError}
 */
export async function startThrowAwayServer(
  workspaceRoot: string,
  engine: DatabaseEngine,
  onProgress?: (line: string) => void,
): Promise<ThrowAwayServer> {
  const folder = await ensureDataFolder(workspaceRoot);
  const runs = join(folder, 'tests');
  await mkdir(runs, { recursive: true });
  await withFolderLock(runs, () => removeLeftovers(runs));
  const own = await mkdtemp(join(runs, `${engine}-`));
  await writeFile(join(own, 'owner'), JSON.stringify({ pid: process.pid, command: await commandLine(process.pid) }));
  const port = await getPort({ host: '127.0.0.1' });
  const password = generatePassword();
  if (engine === 'postgres') {
    const cluster = new PostgresCluster(own, { throwAway: true });
    await cluster.start(port, password);
    const url = PostgresCluster.url(port, password);
    return {
      url,
      label: await identifyServer(engine, url),
      programReason: '',
      stop: async () => {
        await cluster.stop();
        await rm(own, { recursive: true, force: true });
      },
    };
  }
  const program = await withFolderLock(runs, () => findMongoProgram(folder, onProgress));
  const pid = await new MongoServer(own, program, { throwAway: true }).start(port, password);
  await writeFile(join(own, 'pid'), String(pid));
  const url = MongoServer.url(port, password);
  return {
    url,
    label: await identifyServer(engine, url),
    programReason: program.reason,
    stop: async () => {
      await MongoServer.stop(own, pid);
      await rm(own, { recursive: true, force: true });
    },
  };
}

/** Ends the servers and removes the data of test runs whose process is gone. */
export async function removeLeftovers(runs: string): Promise<void> {
  for (const name of await readdir(runs)) {
    const own = join(runs, name);
    const owner = await readFile(join(own, 'owner'), 'utf8')
      .then((text) => JSON.parse(text) as { readonly pid: number; readonly command?: string })
      .catch(() => undefined);
    if (owner === undefined || (await commandLine(owner.pid)) === owner.command) {
      continue;
    }
    if (name.startsWith('postgres-')) {
      await new PostgresCluster(own, { throwAway: true }).stop();
    } else {
      const pid = Number(await readFile(join(own, 'pid'), 'utf8').catch(() => '0'));
      await (pid > 0 ? MongoServer.stop(own, pid) : undefined);
    }
    await rm(own, { recursive: true, force: true });
  }
}
