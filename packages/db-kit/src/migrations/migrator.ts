import { MigrationError, Umzug } from 'umzug';
import { checksumMigrations, type MigrationChecksum } from './checksum.ts';
import { checkHistory } from './history-check.ts';
import type { JournalRow } from './journal.ts';
import type { Engine, MigrationDirection, MigrationDomain } from './migration.ts';
import type { EngineOptions, MigrationEngine, MigrationReader, MigrationWriter } from './migration-engine.ts';
import {
  IrreversibleMigrationError,
  MigrationInterruptedError,
  NothingToRepairError,
  UnknownMigrationError,
} from './migration-errors.ts';
import { listMigrationFiles, loadMigration, type MigrationDefinition, type MigrationFile } from './migration-files.ts';
import { mongoMigrationEngine } from './mongodb/mongo-migration-engine.ts';
import { postgresMigrationEngine } from './postgres/postgres-migration-engine.ts';

/** Which migrations of a domain are applied and which are not. */
export interface DomainStatus {
  readonly server: string;
  readonly applied: readonly JournalRow[];
  /** Names, oldest first; a half-done migration counts as pending. */
  readonly pending: readonly string[];
}

/** Called as each migration begins and ends, for progress. */
export interface MigratorHooks {
  readonly onStart?: (migration: string, direction: MigrationDirection) => void;
  readonly onDone?: (migration: string, direction: MigrationDirection, durationMs: number) => void;
}

const engines: Record<Engine, MigrationEngine> = {
  postgres: postgresMigrationEngine,
  mongodb: mongoMigrationEngine,
};

/**
 * Reads what is applied and what is pending, without a lock and without changing anything.
 *
 * @throws {InvalidMigrationFileError} for a file that is no migration.
 */
export async function readDomainStatus(options: EngineOptions): Promise<DomainStatus> {
  const files = await listMigrationFiles(options.domain);
  return engines[options.domain.engine].withReader(options, async (reader) => {
    const journal = await reader.readJournal();
    return { server: await reader.describeServer(), ...splitJournal(journal, files) };
  });
}

function splitJournal(journal: readonly JournalRow[], files: readonly MigrationFile[]) {
  const applied = journal.filter((row) => row.state === 'done');
  const done = new Set(applied.map((row) => row.name));
  return { applied, pending: files.map((file) => file.name).filter((name) => !done.has(name)) };
}

/**
 * Opens a domain for migrating: takes its lock, checks its history, hands over a {@link Migrator}, and releases the
 * lock however `use` ends.
 *
 * @throws {LockTimeoutError} when another runner holds the lock for longer than `lockTimeoutMs`.
 * @throws {MissingMigrationError | RenamedMigrationError | EditedMigrationError | OutOfOrderMigrationError}
 * when the history was rewritten; nothing was changed.
 *
 * @example
 * await withMigrator(options, (migrator) => migrator.up());
 */
export async function withMigrator<T>(
  options: EngineOptions & { readonly hooks?: MigratorHooks },
  use: (migrator: Migrator) => Promise<T>,
): Promise<T> {
  const files = await listMigrationFiles(options.domain);
  const checksums = await checksumMigrations(options.domain, files);
  return engines[options.domain.engine].withWriter(options, async (writer) => {
    checkHistory(options.domain.name, await writer.readJournal(), files, checksums);
    return use(new Migrator(options.domain, writer, files, checksums, options.hooks ?? {}, options.signal));
  });
}

/**
 * Reads a domain's records without its lock, for `verify` and `history`.
 */
export async function withMigrationReader<T>(
  options: EngineOptions,
  use: (reader: MigrationReader) => Promise<T>,
): Promise<T> {
  return engines[options.domain.engine].withReader(options, use);
}

/** Migrates one domain while its lock is held. Umzug decides what runs; the engine runs and journals it. */
export class Migrator {
  readonly #domain: MigrationDomain;
  readonly #writer: MigrationWriter;
  readonly #files: readonly MigrationFile[];
  readonly #checksums: ReadonlyMap<string, MigrationChecksum>;
  /** Of the migrations that are about to run. */
  readonly #definitions = new Map<string, MigrationDefinition<Engine>>();
  readonly #umzug: (direction: MigrationDirection) => Umzug;
  readonly #signal: AbortSignal | undefined;

  constructor(
    domain: MigrationDomain,
    writer: MigrationWriter,
    files: readonly MigrationFile[],
    checksums: ReadonlyMap<string, MigrationChecksum>,
    hooks: MigratorHooks,
    signal: AbortSignal | undefined,
  ) {
    this.#domain = domain;
    this.#writer = writer;
    this.#files = files;
    this.#checksums = checksums;
    this.#signal = signal;
    const runner = (file: MigrationFile, direction: MigrationDirection) => async () => {
      this.#refuseWhenInterrupted();
      const definition = this.#definitions.get(file.name) ?? (await loadMigration(domain, file));
      const checksum = checksums.get(file.name) ?? { checksum: '', files: {} };
      hooks.onStart?.(file.name, direction);
      const startedAtMs = performance.now();
      await writer.run({ file, checksum, definition, direction });
      hooks.onDone?.(file.name, direction, performance.now() - startedAtMs);
    };
    this.#umzug = (direction) =>
      new Umzug({
        migrations: files.map((file) => ({
          name: file.name,
          path: file.path,
          up: runner(file, 'up'),
          down: runner(file, 'down'),
        })),
        logger: undefined,
        storage: {
          executed: async () => this.#executed(direction),
          // Journaled by the engine together with the migration itself; here it would be a second, unsafe write.
          logMigration: async () => {},
          unlogMigration: async () => {},
        },
      });
  }

  async status(): Promise<DomainStatus> {
    const journal = await this.#writer.readJournal();
    return { server: await this.#writer.describeServer(), ...splitJournal(journal, this.#files) };
  }

  /**
   * Applies pending migrations, oldest first.
   *
   * @param target - `to`: the last one to apply (its name); without it, all.
   * @returns the names applied, in order.
   * @throws {MigrationFailedError} on the first failure; those before it stay applied.
   * @throws {UnknownMigrationError} when `to` is not a migration of this domain.
   * @throws {InvalidMigrationFileError} when a file to apply is no migration; none is then applied.
   */
  async up(target: { readonly to?: string | undefined } = {}): Promise<string[]> {
    const { pending } = await this.status();
    if (target.to !== undefined) {
      this.#requireKnown(target.to);
    }
    const { to } = target;
    const wanted = to === undefined ? pending : pending.filter((name) => name <= to);
    await this.#load(wanted, 'up');
    return this.#run(() => this.#umzug('up').up({ migrations: [...wanted] }));
  }

  /**
   * Reverts applied migrations, newest first.
   *
   * @param target - `to`: the name of the one that is the newest applied afterwards; `steps`: how many to revert;
   * `'all'`: down to nothing.
   * @returns the names reverted, in order.
   * @throws {IrreversibleMigrationError} when one of them has no `down`; none is then reverted.
   * @throws {MigrationFailedError} on the first failure.
   */
  async down(target: { readonly to: string } | { readonly steps: number } | 'all'): Promise<string[]> {
    const executed = (await this.#executed('down')).sort().reverse();
    let wanted = executed;
    if (target !== 'all' && 'to' in target) {
      this.#requireKnown(target.to);
      wanted = executed.filter((name) => name > target.to);
    } else if (target !== 'all') {
      wanted = executed.slice(0, target.steps);
    }
    await this.#load(wanted, 'down');
    return this.#run(() => this.#umzug('down').down({ migrations: wanted }));
  }

  /**
   * Settles a half-done migration by what its owner found in the database.
   *
   * @throws {NothingToRepairError} when the migration is not half done.
   */
  async settle(name: string, as: 'applied' | 'pending'): Promise<void> {
    this.#requireKnown(name);
    const row = (await this.#writer.readJournal()).find((candidate) => candidate.name === name);
    if (row === undefined || row.state === 'done') {
      throw new NothingToRepairError(this.#domain.name, name, row === undefined ? 'not applied' : 'applied');
    }
    // What the owner found is what the file does now: it may have been corrected since the attempt that stopped.
    const [definition] = await this.#load([name], 'up');
    const completedSteps =
      definition !== undefined && 'steps' in definition ? definition.steps.map((step) => step.name) : [];
    await this.#writer.settle({ ...row, ...this.#checksums.get(name), completedSteps }, as);
  }

  /** Loads all that is about to run before any of it runs, so that a file that is no migration stops nothing half way. */
  async #load(names: readonly string[], direction: MigrationDirection): Promise<MigrationDefinition<Engine>[]> {
    const wanted = new Set(names);
    for (const file of this.#files.filter(({ name }) => wanted.has(name))) {
      const definition = await loadMigration(this.#domain, file);
      if (direction === 'down' && definition.irreversible !== undefined) {
        throw new IrreversibleMigrationError(this.#domain.name, file.name, definition.irreversible);
      }
      this.#definitions.set(file.name, definition);
    }
    return names.flatMap((name) => this.#definitions.get(name) ?? []);
  }

  /** What counts as executed: for `up` only what is complete, for `down` also what is half done. */
  async #executed(direction: MigrationDirection): Promise<string[]> {
    const journal = await this.#writer.readJournal();
    return journal.filter((row) => direction === 'down' || row.state === 'done').map((row) => row.name);
  }

  async #run(command: () => Promise<readonly { name: string }[]>): Promise<string[]> {
    try {
      return (await command()).map(({ name }) => name);
    } catch (thrown) {
      // Umzug wraps what a migration throws; ours already says which migration and why.
      throw thrown instanceof MigrationError ? (thrown.cause ?? thrown) : thrown;
    }
  }

  #requireKnown(name: string): void {
    if (!this.#files.some((file) => file.name === name)) {
      const newest = this.#files.at(-1)?.name;
      throw new UnknownMigrationError(
        this.#domain.name,
        name,
        newest === undefined ? 'none, the folder is empty' : `a name such as ${newest}`,
      );
    }
  }

  #refuseWhenInterrupted(): void {
    if (this.#signal?.aborted === true) {
      throw new MigrationInterruptedError(this.#domain.name, 'migrating');
    }
  }
}
