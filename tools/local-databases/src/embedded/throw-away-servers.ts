import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
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
import { throwAwayFolder } from './throw-away-folder.ts';

/** A server for one test run, gone with its data when stopped. */
export interface ThrowAwayServer {
  readonly url: string;
  readonly label: string;
  /** What made this program the choice, where there was one. */
  readonly programReason: string | undefined;
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
  const runs = await throwAwayFolder(workspaceRoot);
  // Also keeps others from taking a folder for a leftover that has no owner yet.
  const own = await withFolderLock(runs, async () => {
    await removeLeftovers(runs);
    const made = await mkdtemp(join(runs, `${engine}-`));
    const owner: Owner = { pid: process.pid, command: await commandLine(process.pid), workspaceRoot };
    await writeFile(join(made, 'owner'), JSON.stringify(owner));
    return made;
  });
  try {
    const { url, programReason } = await startIn(own, folder, engine, onProgress);
    return { url, label: await identifyServer(engine, url), programReason, stop: () => remove(own) };
  } catch (thrown) {
    await remove(own);
    throw thrown;
  }
}

async function startIn(
  own: string,
  folder: string,
  engine: DatabaseEngine,
  onProgress?: (line: string) => void,
): Promise<Pick<ThrowAwayServer, 'url' | 'programReason'>> {
  const password = generatePassword();
  if (engine === 'postgres') {
    const port = await getPort({ host: '127.0.0.1' });
    await new PostgresCluster(own, { throwAway: true }).start(port, password);
    return { url: PostgresCluster.url(port, password), programReason: undefined };
  }
  const program = await findMongoProgram(folder, onProgress);
  const port = await getPort({ host: '127.0.0.1' });
  await new MongoServer(own, program, { throwAway: true }).start(port, password);
  return { url: MongoServer.url(port, password), programReason: program.reason };
}

/** Ends whichever server works in the folder of a test run, and removes it. */
async function remove(own: string): Promise<void> {
  await new PostgresCluster(own, { throwAway: true }).stop();
  await MongoServer.stop(own, 0);
  await rm(own, { recursive: true, force: true });
}

/** Whose test run a folder is. */
interface Owner {
  readonly pid: number;
  /** A process that got the number of one that is gone has another one. */
  readonly command?: string | undefined;
  readonly workspaceRoot?: string;
}

/** The folders of test runs, with their owners; without one where a run was killed before it had said whose it is. */
async function listRuns(runs: string): Promise<{ readonly own: string; readonly owner: Owner | undefined }[]> {
  const names = (await readdir(runs)).filter((name) => /^(?:postgres|mongodb)-/.test(name));
  return Promise.all(
    names.map(async (name) => {
      const own = join(runs, name);
      const owner = await readFile(join(own, 'owner'), 'utf8')
        .then((text) => JSON.parse(text) as Owner)
        .catch(() => undefined);
      return { own, owner };
    }),
  );
}

/** The folders of the throw-away servers that were started for a workspace and are not stopped. */
export async function throwAwayFoldersOf(workspaceRoot: string): Promise<string[]> {
  const runs = await listRuns(await throwAwayFolder(workspaceRoot));
  return runs.filter(({ owner }) => owner?.workspaceRoot === workspaceRoot).map(({ own }) => own);
}

/** Ends the servers and removes the data of test runs whose process is gone. */
async function removeLeftovers(runs: string): Promise<void> {
  for (const { own, owner } of await listRuns(runs)) {
    const isAlive = owner !== undefined && (await commandLine(owner.pid)) === owner.command;
    if (!isAlive) {
      await remove(own);
    }
  }
}
