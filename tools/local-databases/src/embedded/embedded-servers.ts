import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import getPort from 'get-port';
import { ensureDataFolder } from '../data-folder.ts';
import type { DatabaseEngine } from '../database-server.ts';
import { identifyServer } from '../identify-server.ts';
import { withFolderLock } from './folder-lock.ts';
import { findMongoProgram } from './mongo-program.ts';
import { MongoServer } from './mongo-server.ts';
import { PostgresCluster } from './postgres-cluster.ts';
import { type EmbeddedServerState, generatePassword, readState, writeState } from './state-file.ts';

/** An embedded server that answers. */
export interface RunningServer {
  readonly url: string;
  readonly label: string;
  /** What made this program the choice; `undefined` for a server that was found running. */
  readonly programReason: string | undefined;
}

const LOOK_TIMEOUT_MS = 1_500;

/** The folder of an embedded server's data. */
export function serverFolder(folder: string, engine: DatabaseEngine): string {
  return join(folder, engine === 'postgres' ? 'postgres-18' : 'mongodb');
}

/**
 * Finds the workspace's embedded server running, or starts it. What a crash left behind never blocks: a server counts
 * as running when it lets us in, not when a file says so.
 *
 * @throws {EmbeddedServerError | InstallationError}
 */
export async function ensureEmbeddedServer(
  workspaceRoot: string,
  engine: DatabaseEngine,
  onProgress?: (line: string) => void,
): Promise<RunningServer> {
  const folder = await ensureDataFolder(workspaceRoot);
  const running = await findRunning(folder, engine);
  if (running !== undefined) {
    return running;
  }
  return withFolderLock(serverFolder(folder, engine), async () => {
    // Another process may have started it while this one waited.
    const started = await findRunning(folder, engine);
    return started ?? (engine === 'postgres' ? startPostgres(folder, onProgress) : startMongo(folder, onProgress));
  });
}

/** The running server of an engine, or `undefined`. */
export async function findRunning(folder: string, engine: DatabaseEngine): Promise<RunningServer | undefined> {
  const known = (await readState(folder))[engine];
  if (known === undefined) {
    return undefined;
  }
  const url =
    engine === 'postgres'
      ? PostgresCluster.url(known.port, known.password)
      : MongoServer.url(known.port, known.password);
  const label = await identifyServer(engine, url, LOOK_TIMEOUT_MS).catch(() => undefined);
  return label === undefined ? undefined : { url, label, programReason: undefined };
}

/** Ends the embedded server of an engine if it runs; its data stays. */
export async function stopEmbeddedServer(workspaceRoot: string, engine: DatabaseEngine): Promise<void> {
  const folder = await ensureDataFolder(workspaceRoot);
  const own = serverFolder(folder, engine);
  await withFolderLock(own, async () => {
    if (engine === 'postgres') {
      const cluster = new PostgresCluster(own, { throwAway: false });
      await (cluster.isInitialised ? cluster.stop() : undefined);
      return;
    }
    const pid = (await readState(folder)).mongodb?.pid;
    await (pid === undefined ? undefined : MongoServer.stop(own, pid));
  });
}

async function startPostgres(folder: string, onProgress?: (line: string) => void): Promise<RunningServer> {
  const own = serverFolder(folder, 'postgres');
  const cluster = new PostgresCluster(own, { throwAway: false });
  const known = await knownState(folder, 'postgres', cluster.isInitialised);
  const server = await placed(known);
  onProgress?.(`${cluster.isInitialised ? 'Starting' : 'Making'} the embedded PostgreSQL on port ${server.port}`);
  await remember(folder, 'postgres', server);
  await cluster.start(server.port, server.password);
  const url = PostgresCluster.url(server.port, server.password);
  return { url, label: await identifyServer('postgres', url), programReason: '' };
}

async function startMongo(folder: string, onProgress?: (line: string) => void): Promise<RunningServer> {
  const own = serverFolder(folder, 'mongodb');
  const program = await findMongoProgram(folder, onProgress);
  const known = await knownState(folder, 'mongodb', existsSync(MongoServer.dataFolderIn(own)));
  // One program cannot read the other's files.
  const usable = known?.program === undefined || known.program === program.kind ? known : await setAside(own);
  if (usable?.pid !== undefined) {
    await MongoServer.stop(own, usable.pid);
  }
  const server = { ...(await placed(usable)), program: program.kind };
  onProgress?.(`Starting the embedded ${program.kind === 'mongod' ? 'MongoDB' : 'SecantusDB'} on port ${server.port}`);
  await remember(folder, 'mongodb', server);
  const pid = await new MongoServer(own, program, { throwAway: false }).start(server.port, server.password);
  await remember(folder, 'mongodb', { ...server, pid });
  const url = MongoServer.url(server.port, server.password);
  return { url, label: await identifyServer('mongodb', url), programReason: program.reason };
}

/** What is known of a server; data without its password is moved aside, since nobody can log in to it again. */
async function knownState(
  folder: string,
  engine: DatabaseEngine,
  hasData: boolean,
): Promise<EmbeddedServerState | undefined> {
  const known = (await readState(folder))[engine];
  return known === undefined && hasData ? setAside(serverFolder(folder, engine)) : known;
}

async function setAside(own: string): Promise<undefined> {
  await rename(own, `${own}.set-aside-${Date.now()}`);
  return undefined;
}

/** The state to start with: the port it had, while that is free, and the password it has. */
async function placed(known: EmbeddedServerState | undefined): Promise<EmbeddedServerState> {
  const preferred = known === undefined ? {} : { port: known.port };
  const port = await getPort({ ...preferred, host: '127.0.0.1' });
  return { ...known, port, password: known?.password ?? generatePassword() };
}

/** Both engines start side by side and share the file, so each replaces its own part under a lock. */
async function remember(folder: string, engine: DatabaseEngine, server: EmbeddedServerState): Promise<void> {
  await withFolderLock(folder, async () => writeState(folder, { ...(await readState(folder)), [engine]: server }));
}
