import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { errorMessage } from '@finova/db-kit';
import getPort from 'get-port';
import { ensureDataFolder } from '../data-folder.ts';
import type { DatabaseEngine } from '../database-server.ts';
import { EmbeddedServerError } from '../errors.ts';
import { identifyServer } from '../identify-server.ts';
import { withFolderLock } from './folder-lock.ts';
import { findMongoProgram } from './mongo-program.ts';
import { MongoServer } from './mongo-server.ts';
import { PostgresCluster } from './postgres-cluster.ts';
import { isListening, retryUntil } from './server-process.ts';
import { type EmbeddedServerState, generatePassword, readState, writeState } from './state-file.ts';

/** An embedded server that answers. */
export interface RunningServer {
  readonly url: string;
  readonly label: string;
  /** What made this program the choice; `undefined` for a server that was found running. */
  readonly programReason: string | undefined;
}

const LOOK_TIMEOUT_MS = 1_500;
const PORT_ATTEMPTS = 3;

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

/**
 * The running server of an engine, or `undefined`.
 *
 * A server counts as running when a process works on this workspace's own data (a copied workspace knows the original's
 * port and password), listens on the port that is known, and lets us in.
 *
 * @throws {EmbeddedServerError} when it runs and cannot be used: starting it again would end the work of others.
 */
export async function findRunning(folder: string, engine: DatabaseEngine): Promise<RunningServer | undefined> {
  const known = (await readState(folder))[engine];
  if (known === undefined || !(await isListening(known.port)) || !(await worksOnData(folder, engine))) {
    return undefined;
  }
  const url = serverUrl(engine, known.port, known.password);
  try {
    // A server that just starts or stops refuses for a moment.
    const label = await retryUntil(LOOK_TIMEOUT_MS, () => identifyServer(engine, url));
    return { url, label, programReason: undefined };
  } catch (cause) {
    if (!(await worksOnData(folder, engine))) {
      return undefined;
    }
    const product = engine === 'postgres' ? 'PostgreSQL' : 'MongoDB';
    const logFile = join(serverFolder(folder, engine), 'server.log');
    throw new EmbeddedServerError(product, `it runs and cannot be used: ${errorMessage(cause)}`, logFile, cause);
  }
}

function worksOnData(folder: string, engine: DatabaseEngine): Promise<boolean> {
  const own = serverFolder(folder, engine);
  return engine === 'postgres'
    ? new PostgresCluster(own, { throwAway: false }).isRunning()
    : MongoServer.isRunning(own);
}

function serverUrl(engine: DatabaseEngine, port: number, password: string): string {
  return engine === 'postgres' ? PostgresCluster.url(port, password) : MongoServer.url(port, password);
}

/** Ends the embedded server of an engine if it runs; its data stays. */
export async function stopEmbeddedServer(workspaceRoot: string, engine: DatabaseEngine): Promise<void> {
  const folder = await ensureDataFolder(workspaceRoot);
  const own = serverFolder(folder, engine);
  await withFolderLock(own, () =>
    engine === 'postgres' ? new PostgresCluster(own, { throwAway: false }).stop() : MongoServer.stop(own),
  );
}

async function startPostgres(folder: string, onProgress?: (line: string) => void): Promise<RunningServer> {
  const own = serverFolder(folder, 'postgres');
  const cluster = new PostgresCluster(own, { throwAway: false });
  // It may run where nobody finds it: without its state file, or while the port of a copied state file is another's.
  await cluster.stop();
  const known = (await readState(folder)).postgres;
  if (known === undefined && cluster.isInitialised) {
    await setAside(own, ['data', 'initialised'], 'the password of the embedded PostgreSQL is lost', onProgress);
  }
  onProgress?.(`${cluster.isInitialised ? 'Starting' : 'Making'} the embedded PostgreSQL`);
  const url = await startOnFreePort(folder, 'postgres', known, (port, password) => cluster.start(port, password));
  return { url, label: await identifyServer('postgres', url), programReason: undefined };
}

async function startMongo(folder: string, onProgress?: (line: string) => void): Promise<RunningServer> {
  const own = serverFolder(folder, 'mongodb');
  await MongoServer.stop(own);
  const known = (await readState(folder)).mongodb;
  const hasData = MongoServer.hasData(own);
  const program = await findMongoProgram(folder, onProgress, hasData ? known?.program : undefined);
  const files = ['data', 'secured'];
  if (known === undefined && hasData) {
    await setAside(own, files, 'the password of the embedded MongoDB server is lost', onProgress);
  } else if (hasData && known?.program !== program.kind) {
    await setAside(own, files, `${program.kind} cannot read the files of ${known?.program}`, onProgress);
  }
  onProgress?.(`Starting the embedded ${program.kind === 'mongod' ? 'MongoDB' : 'SecantusDB'}`);
  const server = new MongoServer(own, program, { throwAway: false });
  const url = await startOnFreePort(folder, 'mongodb', { ...known, program: program.kind }, (port, password) =>
    server.start(port, password),
  );
  return { url, label: await identifyServer('mongodb', url), programReason: program.reason };
}

/** Moves data away that cannot be used any more, and says where to: it may be dear to someone. */
async function setAside(
  own: string,
  files: readonly string[],
  why: string,
  onProgress?: (line: string) => void,
): Promise<void> {
  const target = join(own, `set-aside-${Date.now()}`);
  await mkdir(target, { mode: 0o700 });
  for (const file of files) {
    await rename(join(own, file), join(target, file));
  }
  onProgress?.(`Moved data to ${target}, because ${why}`);
}

/** Starts a server on the port it had, while that is free, and on others when one is taken in the last moment. */
async function startOnFreePort(
  folder: string,
  engine: DatabaseEngine,
  known: Partial<EmbeddedServerState> | undefined,
  start: (port: number, password: string) => Promise<void>,
): Promise<string> {
  const password = known?.password ?? generatePassword();
  let preferred = known?.port === undefined ? {} : { port: known.port };
  for (let attempt = 1; ; attempt += 1) {
    const port = await getPort({ ...preferred, host: '127.0.0.1' });
    // Remembered first: data whose password is known nowhere would be lost with a start that is killed.
    await remember(folder, engine, { ...known, port, password });
    try {
      await start(port, password);
      return serverUrl(engine, port, password);
    } catch (thrown) {
      if (attempt === PORT_ATTEMPTS || !(await isListening(port))) {
        throw thrown;
      }
      preferred = {};
    }
  }
}

/** Both engines start side by side and share the file, so each replaces its own part under a lock. */
async function remember(folder: string, engine: DatabaseEngine, server: EmbeddedServerState): Promise<void> {
  await withFolderLock(folder, async () => writeState(folder, { ...(await readState(folder)), [engine]: server }));
}
