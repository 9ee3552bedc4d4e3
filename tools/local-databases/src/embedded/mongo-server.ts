import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withMongoClient } from '@finova/db-kit/mongodb';
import { EmbeddedServerError } from '../errors.ts';
import type { MongoProgram } from './mongo-program.ts';
import { commandLine, retryUntil, stopProcess } from './server-process.ts';
import { EMBEDDED_USER } from './state-file.ts';

const START_TIMEOUT_MS = 30_000;
const REPLICA_SET = 'rs0';

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

  /** Ends the server of process `pid` if it is the one of this folder; its data stays. */
  static async stop(folder: string, pid: number): Promise<void> {
    await stopProcess(pid, MongoServer.dataFolderIn(folder));
  }

  /**
   * Starts the server as a process that outlives this one, the first time with a user of its own.
   *
   * @returns the process's id.
   * @throws {EmbeddedServerError}
   */
  async start(port: number, password: string): Promise<number> {
    await mkdir(MongoServer.dataFolderIn(this.#folder), { recursive: true, mode: 0o700 });
    if (!existsSync(this.#securedMark)) {
      await this.#createFirstUser(port, password);
    }
    const pid = await this.#spawn(port, true);
    await this.#untilReady(pid, MongoServer.url(port, password));
    return pid;
  }

  /** Exists once the first user does; data from before that is safe to start without a password. */
  get #securedMark(): string {
    return join(this.#folder, 'secured');
  }

  async #createFirstUser(port: number, password: string): Promise<void> {
    const pid = await this.#spawn(port, false);
    const url = `mongodb://127.0.0.1:${port}/?directConnection=true`;
    await this.#untilReady(pid, url);
    await withMongoClient({ url, applicationName: 'finova-db' }, async (client) => {
      const admin = client.db('admin');
      if (this.#program.kind === 'mongod') {
        const members = [{ _id: 0, host: `127.0.0.1:${port}` }];
        await admin.command({ replSetInitiate: { _id: REPLICA_SET, members } });
        await retryUntil(START_TIMEOUT_MS, async () => {
          const { isWritablePrimary } = await admin.command({ hello: 1 });
          if (isWritablePrimary !== true) {
            throw new Error('no primary was elected');
          }
        });
      }
      const { users } = await admin.command({ usersInfo: EMBEDDED_USER });
      // A start that was killed between creating the user and marking it done finds the user here.
      const command = (users as unknown[]).length === 0 ? 'createUser' : 'updateUser';
      await admin.command({ [command]: EMBEDDED_USER, pwd: password, roles: ['root'] });
    });
    await stopProcess(pid, MongoServer.dataFolderIn(this.#folder));
    await writeFile(this.#securedMark, '');
  }

  async #spawn(port: number, withPassword: boolean): Promise<number> {
    const log = await open(this.logFile, 'a', 0o600);
    try {
      const child = spawn(this.#program.path, await this.#arguments(port, withPassword), {
        cwd: this.#folder,
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
      return pid;
    } finally {
      await log.close();
    }
  }

  async #arguments(port: number, withPassword: boolean): Promise<string[]> {
    const data = MongoServer.dataFolderIn(this.#folder);
    if (this.#program.kind === 'secantusdb') {
      return [
        ...['--host', '127.0.0.1', '--port', String(port), '--storage-path', data, '--log-level', 'WARNING'],
        ...(this.#throwAway ? [] : ['--sync-on-commit']),
        ...(withPassword ? ['--auth'] : []),
      ];
    }
    const shared = ['--bind_ip', '127.0.0.1', '--port', String(port), '--dbpath', data, '--replSet', REPLICA_SET];
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
        await withMongoClient({ url, applicationName: 'finova-db', connectTimeoutMs: 500 }, async () => {});
      });
    } catch (cause) {
      await stopProcess(pid, MongoServer.dataFolderIn(this.#folder));
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
