import { execFile } from 'node:child_process';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { ensureSecantusInstalled } from './secantus-installation.ts';

const run = promisify(execFile);

/** A program that serves MongoDB's protocol. */
export interface MongoProgram {
  readonly kind: 'mongod' | 'secantusdb';
  readonly path: string;
  /** Why this one. */
  readonly reason: string;
}

const MONGOD_VERSION = '8.0.4';
const OLDEST_MAJOR = 7;
const DOWNLOAD_TIMEOUT_MS = 10_000;
const ASK_AGAIN_AFTER_MS = 24 * 60 * 60 * 1_000;

/**
 * Finds a MongoDB server program: a `mongod` on the PATH, else one that mongodb-memory-server has or can download
 * within ten seconds, else SecantusDB.
 *
 * @param folder - the data folder; a download that failed is remembered there for a day.
 * @param dataOf - the program that wrote the data there is: a mongod that turns up later does not hide what a developer
 * keeps in SecantusDB.
 * @throws {InstallationError} when not even SecantusDB can be had.
 */
export async function findMongoProgram(
  folder: string,
  onProgress?: (line: string) => void,
  dataOf?: MongoProgram['kind'],
): Promise<MongoProgram> {
  if (dataOf === 'secantusdb') {
    const path = await ensureSecantusInstalled(folder, onProgress);
    return { kind: 'secantusdb', path, reason: 'SecantusDB, because the data is its own' };
  }
  const onPath = await mongodOnPath();
  if (onPath !== undefined) {
    return { kind: 'mongod', path: onPath, reason: 'the mongod on the PATH' };
  }
  const downloaded = await downloadMongod(folder, onProgress);
  if (downloaded !== undefined) {
    return {
      kind: 'mongod',
      path: downloaded,
      reason: 'the mongod of mongodb-memory-server, because none is on the PATH',
    };
  }
  return {
    kind: 'secantusdb',
    path: await ensureSecantusInstalled(folder, onProgress),
    reason: 'SecantusDB, because no mongod is on the PATH and none could be downloaded',
  };
}

/** The first `mongod` of the PATH that is new enough. */
export async function mongodOnPath(path = process.env['PATH'] ?? ''): Promise<string | undefined> {
  for (const folder of path.split(delimiter).filter(Boolean)) {
    const candidate = join(folder, process.platform === 'win32' ? 'mongod.exe' : 'mongod');
    const found = await stat(candidate).catch(() => undefined);
    if (found?.isFile() === true) {
      const version = await run(candidate, ['--version']).catch(() => undefined);
      const major = Number(/v(\d+)\./.exec(version?.stdout ?? '')?.[1]);
      if (major >= OLDEST_MAJOR) {
        return candidate;
      }
    }
  }
  return undefined;
}

/**
 * Asks mongodb-memory-server for its binary, in a process of its own: a download that hangs is ended with it, and
 * nothing of it stays behind in ours.
 */
async function downloadMongod(folder: string, onProgress?: (line: string) => void): Promise<string | undefined> {
  const failure = join(folder, 'mongod-download-failed');
  const failedAtMs = Number(await readFile(failure, 'utf8').catch(() => '0'));
  if (Date.now() - failedAtMs < ASK_AGAIN_AFTER_MS) {
    return undefined;
  }
  onProgress?.(`Looking for a mongod ${MONGOD_VERSION} to download (at most ${DOWNLOAD_TIMEOUT_MS / 1_000} seconds)`);
  const script = `
    const { MongoBinary } = require('mongodb-memory-server-core/lib/util/MongoBinary');
    MongoBinary.getPath({ version: '${MONGOD_VERSION}', downloadDir: process.argv[1] })
      .then((path) => process.stdout.write(path), () => process.exit(1));`;
  try {
    const { stdout } = await run(process.execPath, ['-e', script, join(folder, 'mongod')], {
      cwd: import.meta.dirname,
      timeout: DOWNLOAD_TIMEOUT_MS,
      killSignal: 'SIGKILL',
      env: { MONGOMS_MAX_RETRIES: '1', ...process.env, MONGOMS_PREFER_GLOBAL_PATH: '0' },
    });
    return stdout === '' ? undefined : stdout;
  } catch {
    // Offline, or no build for this system: SecantusDB is the answer, today.
    await writeFile(failure, String(Date.now()));
    return undefined;
  }
}
