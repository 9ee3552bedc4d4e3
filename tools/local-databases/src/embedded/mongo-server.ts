import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import getPort from 'get-port';
import type { Db } from 'mongodb';
import { EmbeddedServerError } from '../errors.ts';
import type { MongoProgram } from './mongo-program.ts';
import { initiateReplicaSet, moveMember, REPLICA_SET, waitForPrimary } from './replica-set.ts';
import { commandLine, findProcess, isListening, retryUntil, servesFrom, stopProcess } from './server-process.ts';
import { EMBEDDED_USER } from './state-file.ts';

const START_TIMEOUT_MS = 30_000;
/** Exists once the first user does; data from before that is safe to start without a password. */
const SECURED_MARK = 'secured';
const STORAGE_OPTION: Readonly<Record<MongoProgram['kind'], string>> = {
  mongod: '--dbpath',
  secantusdb: '--storage-path',
};

/** One MongoDB-protocol server with its data in a folder, one member of a replica set, with a password. */
export class MongoServer {
  readonly #folder: string;
  readonly #program: MongoProgram;
  readonly #throwAway: boolean;

  /** @param folder - what it keeps lies here: `data`, `server.log` and, for mongod, `key`. */
  constructor(folder: string, program: MongoProgram, { throwAway }: { readonly throwAway: boolean }) {
    this.#folder = folder;
    this.#program = program;
    this.#throwAway = throwAway;
  }

  static dataFolderIn(folder: string): string {
    return join(folder, 'data');
  }

  get logFile(): string {
    return join(this.#folder, 'server.log');
  }

  /** Where it listens once started. */
  static url(port: number, password: string): string {
    return `mongodb://${EMBEDDED_USER}:${password}@127.0.0.1:${port}/?directConnection=true&authSource=admin`;
  }

  /** Whether a server works on the data of this folder, wherever it listens. */
  static async isRunning(folder: string): Promise<boolean> {
    return (await runningPid(folder)) !== undefined;
  }

  /**
   * Ends the server that works on the data of this folder, if there is one; the data stays.
   *
   * @param graceMs - 0 to end it by force at once.
   */
  static async stop(folder: string, graceMs?: number): Promise<void> {
    const data = MongoServer.dataFolderIn(folder);
    const pid =
      (await runningPid(folder)) ??
      (await findProcess([STORAGE_OPTION.secantusdb, data])) ??
      (await findProcess([STORAGE_OPTION.mongod, data]));
    if (pid !== undefined) {
      await stopProcess(pid, data, graceMs);
    }
    await rm(pidFile(folder), { force: true });
  }

  /** Whether the data of this folder was ever ready for use. */
  static hasData(folder: string): boolean {
    return existsSync(join(folder, SECURED_MARK));
  }

  /**
   * Starts the server as a process that outlives this one, the first time with a user of its own.
   *
   * @throws {EmbeddedServerError}
   */
  async start(port: number, password: string): Promise<void> {
    // What a start left behind that was killed half way holds the data.
    await MongoServer.stop(this.#folder);
    const isNew = !MongoServer.hasData(this.#folder);
    if (isNew) {
      // Left by a start that was killed half way: nobody was ever let in.
      await rm(MongoServer.dataFolderIn(this.#folder), { recursive: true, force: true });
    }
    await mkdir(MongoServer.dataFolderIn(this.#folder), { recursive: true, mode: 0o700 });
    if (isNew && this.#program.kind === 'secantusdb') {
      await this.#makeUserWithoutPassword(password);
    }
    const pid = await this.#spawn(port, true);
    const url = MongoServer.url(port, password);
    if (this.#program.kind === 'mongod') {
      await this.#untilReady(pid, withoutLogin(port));
      await (isNew ? this.#makeReplicaSet(port, password) : this.#ensurePrimary(port, url));
    }
    await this.#untilReady(pid, url);
    await writeFile(join(this.#folder, SECURED_MARK), '');
  }

  /**
   * SecantusDB takes its first user from a start without passwords. That is never on the port that clients know, or
   * the unprotected server could be taken for the real one.
   */
  async #makeUserWithoutPassword(password: string): Promise<void> {
    const port = await getPort({ host: '127.0.0.1' });
    const pid = await this.#spawn(port, false);
    await this.#untilReady(pid, withoutLogin(port));
    await withAdmin(withoutLogin(port), (admin) => createAdministrator(admin, password));
    // What it acknowledged is on disk, and stopping it politely takes two seconds.
    await MongoServer.stop(this.#folder, 0);
  }

  /** mongod asks for passwords from the start, and lets whoever comes from its own machine make the first user. */
  async #makeReplicaSet(port: number, password: string): Promise<void> {
    await withAdmin(withoutLogin(port), async (admin) => {
      await initiateReplicaSet(admin, port);
      await createAdministrator(admin, password);
    });
  }

  async #ensurePrimary(port: number, url: string): Promise<void> {
    await withAdmin(url, async (admin) => {
      await moveMember(admin, port);
      await waitForPrimary(admin);
    });
  }

  async #spawn(port: number, withPassword: boolean): Promise<number> {
    const log = await open(this.logFile, 'a', 0o600);
    try {
      const child = spawn(this.#program.path, await this.#arguments(port, withPassword), {
        cwd: MongoServer.dataFolderIn(this.#folder),
        detached: true,
        stdio: ['ignore', log.fd, log.fd],
      });
      const failed = new Promise<never>((_, reject) => child.once('error', reject));
      // Without a listener a program that cannot be started would end this process.
      failed.catch(() => {});
      const { pid } = child;
      if (pid === undefined) {
        return await failed.catch((cause: unknown) => {
          throw new EmbeddedServerError(this.#program.kind, `${this.#program.path} cannot be run`, undefined, cause);
        });
      }
      child.unref();
      await writeFile(pidFile(this.#folder), String(pid));
      return pid;
    } finally {
      await log.close();
    }
  }

  async #arguments(port: number, withPassword: boolean): Promise<string[]> {
    const data = MongoServer.dataFolderIn(this.#folder);
    if (this.#program.kind === 'secantusdb') {
      return [
        ...['--host', '127.0.0.1', '--port', String(port), '--log-level', 'WARNING'],
        ...[STORAGE_OPTION.secantusdb, data],
        // The server that makes the first user is ended by force.
        ...(this.#throwAway && withPassword ? [] : ['--sync-on-commit']),
        ...(withPassword ? ['--auth'] : []),
      ];
    }
    const shared = [
      '--bind_ip',
      '127.0.0.1',
      '--port',
      String(port),
      STORAGE_OPTION.mongod,
      data,
      '--replSet',
      REPLICA_SET,
    ];
    return withPassword ? [...shared, '--auth', '--keyFile', await this.#keyFile()] : shared;
  }

  /** mongod wants a key among the members of a replica set, even of one, before it asks users for a password. */
  async #keyFile(): Promise<string> {
    const path = join(this.#folder, 'key');
    if (!existsSync(path)) {
      await writeFile(path, randomBytes(512).toString('base64'), { mode: 0o400 });
    }
    return path;
  }

  async #untilReady(pid: number, url: string): Promise<void> {
    try {
      await retryUntil(START_TIMEOUT_MS, async () => {
        if ((await commandLine(pid)) === undefined) {
          throw new EmbeddedServerError(this.#program.kind, await this.#lastLogLine(), this.logFile);
        }
        if (!(await isListening(Number(new URL(url).port)))) {
          throw new Error('nothing listens on its port');
        }
        await withAdmin(url, async () => {}, 2_000);
      });
    } catch (cause) {
      await MongoServer.stop(this.#folder);
      throw cause instanceof EmbeddedServerError
        ? cause
        : new EmbeddedServerError(this.#program.kind, `it does not answer: ${String(cause)}`, this.logFile, cause);
    }
  }

  async #lastLogLine(): Promise<string> {
    const log = await readFile(this.logFile, 'utf8').catch(() => '');
    return log.trim().split('\n').at(-1) ?? 'it left no log';
  }
}

function pidFile(folder: string): string {
  return join(folder, 'pid');
}

/** A pid file may outlive its server, and its number may be another process's by then. */
async function runningPid(folder: string): Promise<number | undefined> {
  const pid = Number(await readFile(pidFile(folder), 'utf8').catch(() => '0'));
  return pid > 0 && (await servesFrom(pid, MongoServer.dataFolderIn(folder))) ? pid : undefined;
}

function withoutLogin(port: number): string {
  return `mongodb://127.0.0.1:${port}/?directConnection=true`;
}

async function withAdmin<T>(url: string, use: (admin: Db) => Promise<T>, connectTimeoutMs = 5_000): Promise<T> {
  const { withMongoClient } = await import('@finova/db-kit/mongodb');
  return withMongoClient({ url, applicationName: 'finova-db', connectTimeoutMs }, (client) => use(client.db('admin')));
}

async function createAdministrator(admin: Db, password: string): Promise<void> {
  await admin.command({ createUser: EMBEDDED_USER, pwd: password, roles: ['root'] });
}
