import type { Umzug } from 'umzug';
import type { MigrationChecksum } from './checksum.ts';
import { type DomainStatus, readStatus, splitJournal } from './domain-status.ts';
import {
  AlreadyManagedError,
  IrreversibleMigrationError,
  MigrationInterruptedError,
  NothingToRepairError,
  UnknownMigrationError,
} from './errors/index.ts';
import type { JournalRow } from './journal.ts';
import type { Engine, MigrationDirection, MigrationDomain } from './migration.ts';
import type { MigrationChecksums } from './migration-checksums.ts';
import type { MigrationReader, MigrationWriter } from './migration-engine.ts';
import type { MigrationDefinition, MigrationFile } from './migration-files.ts';
import { MigrationLoader } from './migration-loader.ts';
import type { MigratorHooks } from './migrator-hooks.ts';
import type { Repeatable } from './repeatable-files.ts';

/** What a {@link Migrator} works with. */
interface MigratorParts {
  readonly domain: MigrationDomain;
  readonly writer: MigrationWriter;
  readonly files: readonly MigrationFile[];
  readonly repeatables: readonly Repeatable[];
  readonly checksums: MigrationChecksums;
  /** As it was when the lock was taken. */
  readonly journal: readonly JournalRow[];
  readonly hooks: MigratorHooks;
  readonly signal: AbortSignal | undefined;
}

/** What `up` applies. */
export interface UpTarget {
  /** The last migration to apply; without it, all. */
  readonly to?: string | undefined;
  /** Just these. */
  readonly names?: readonly string[] | undefined;
  /**
   * The texts that the repeatables are brought to. Without them, those of the domain's files, once no migration is
   * pending: they are written for the newest tables.
   */
  readonly repeatables?: readonly Repeatable[] | undefined;
}

/** Migrates one domain while its lock is held. Umzug decides what runs; the engine runs and journals it. */
export class Migrator {
  readonly #parts: MigratorParts;
  readonly #domain: MigrationDomain;
  readonly #writer: MigrationWriter;
  readonly #files: readonly MigrationFile[];
  readonly #checksums: MigrationChecksums;
  readonly #loader: MigrationLoader;
  /** @param executed - what is applied, so that the journal is not read once more. */
  readonly #umzug: (executed: readonly string[]) => Promise<Umzug>;
  /** As it was when the lock was taken, until it is asked for: nothing was written before that. */
  #journal: readonly JournalRow[] | undefined;
  /** Of the migrations applied when this run began: one that is older is out of order. */
  #newestApplied: string | undefined;

  constructor(parts: MigratorParts) {
    const { domain, writer, files, checksums, hooks, journal } = parts;
    this.#parts = parts;
    this.#journal = journal;
    this.#domain = domain;
    this.#writer = writer;
    this.#files = files;
    this.#checksums = checksums;
    this.#loader = new MigrationLoader(domain, files, checksums);
    const runner = (file: MigrationFile, direction: MigrationDirection) => async () => {
      await hooks.beforeEach?.(file.name);
      this.#refuseWhenInterrupted();
      const definition = await this.#loader.load(file.name);
      const checksum = await this.#checksumOf(file.name);
      hooks.onStart?.(file.name, direction);
      this.#loader.loadNext();
      const startedAtMs = performance.now();
      const onDone = () => hooks.onDone?.(file.name, direction, performance.now() - startedAtMs);
      const isAwaited = hooks.isAwaited?.(file.name) === true;
      const note = this.#noteOn(file.name, direction);
      await writer.run({ file, checksum, definition, direction, note, onCommitted: isAwaited ? undefined : onDone });
      if (isAwaited) {
        await writer.flush();
        onDone();
      }
    };
    this.#umzug = async (executed) => {
      const { Umzug } = await loadUmzug();
      return new Umzug({
        migrations: files.map((file) => ({
          name: file.name,
          path: file.path,
          up: runner(file, 'up'),
          down: runner(file, 'down'),
        })),
        logger: undefined,
        storage: {
          executed: async () => [...executed],
          // Journaled by the engine together with the migration itself; here it would be a second, unsafe write.
          logMigration: async () => {},
          unlogMigration: async () => {},
        },
      });
    };
  }

  status(): Promise<DomainStatus> {
    return readStatus(this.#writer, this.#files, this.#parts.repeatables);
  }

  /** The domain's records, read under its lock. */
  get reader(): MigrationReader {
    return this.#writer;
  }

  /**
   * What each of these migrations requires of other domains.
   *
   * @throws {InvalidMigrationFileError}
   */
  async requirements(names: readonly string[]): Promise<Map<string, readonly string[]>> {
    const definitions = await this.#loader.loadAll(names);
    return new Map(names.map((name, index) => [name, definitions[index]?.requires ?? []]));
  }

  /**
   * Applies pending migrations, oldest first, and then repeatables whose text changed.
   *
   * @returns the names applied, in order.
   * @throws {MigrationFailedError} on the first failure; those before it stay applied.
   * @throws {UnknownMigrationError} when `to` is not a migration of this domain.
   * @throws {InvalidMigrationFileError} when a file to apply is no migration; none is then applied.
   */
  async up({ to, names, repeatables }: UpTarget = {}): Promise<string[]> {
    for (const name of [...(to === undefined ? [] : [to]), ...(names ?? [])]) {
      this.requireKnown(name);
    }
    const { pending, applied } = splitJournal(await this.#readJournal(), this.#files);
    this.#newestApplied = applied.at(-1)?.name;
    const wanted = pending.filter((name) => (to === undefined || name <= to) && names?.includes(name) !== false);
    await this.#loader.loadAhead(wanted);
    const executed = applied.map(({ name }) => name);
    const done = await this.#run(wanted, async (migrations) => (await this.#umzug(executed)).up({ migrations }));
    if (repeatables !== undefined || wanted.length === pending.length) {
      await this.#writer.applyRepeatables(repeatables ?? this.#parts.repeatables);
    }
    return done;
  }

  /**
   * Reverts applied migrations, newest first.
   *
   * @param target - `to`: the name of the one that is the newest applied afterwards; `steps`: how many to revert;
   * `names`: just these; `'all'`: down to nothing.
   * @returns the names reverted, in order.
   * @throws {IrreversibleMigrationError} when one of them has no `down`; none is then reverted.
   * @throws {MigrationFailedError} on the first failure.
   */
  async down(
    target: { readonly to: string } | { readonly steps: number } | { readonly names: readonly string[] } | 'all',
  ): Promise<string[]> {
    const executed = (await this.journaled()).toReversed();
    let wanted = executed;
    if (target !== 'all' && 'to' in target) {
      this.requireKnown(target.to);
      wanted = executed.filter((name) => name > target.to);
    } else if (target !== 'all' && 'names' in target) {
      wanted = executed.filter((name) => target.names.includes(name));
    } else if (target !== 'all') {
      wanted = executed.slice(0, target.steps);
    }
    await this.requireReversible(wanted);
    return this.#run(wanted, async (migrations) => (await this.#umzug(executed)).down({ migrations }));
  }

  /** Names of what is applied, or half applied, oldest first. */
  async journaled(): Promise<string[]> {
    return (await this.#readJournal()).map(({ name }) => name).sort();
  }

  /** @throws {IrreversibleMigrationError} when one of these has no `down`. */
  async requireReversible(names: readonly string[]): Promise<void> {
    const definitions = await this.#loader.loadAll(names);
    for (const [index, name] of names.entries()) {
      const reason = definitions[index]?.irreversible;
      if (reason !== undefined) {
        throw new IrreversibleMigrationError(this.#domain.name, name, reason);
      }
    }
  }

  /** @throws {UnknownMigrationError} when the domain has no such migration. */
  requireKnown(name: string): void {
    if (!this.#files.some((file) => file.name === name)) {
      const newest = this.#files.at(-1)?.name;
      throw new UnknownMigrationError(
        this.#domain.name,
        name,
        newest === undefined ? 'none, the folder is empty' : `a name such as ${newest}`,
      );
    }
  }

  /**
   * Journals migrations as applied without running them, for a database that was made by other means.
   *
   * @param to - the last migration that the database already has.
   * @returns the names journaled.
   * @throws {AlreadyManagedError} when anything is journaled already.
   */
  async baseline(to: string): Promise<string[]> {
    this.requireKnown(to);
    const journal = await this.#readJournal();
    if (journal.length > 0) {
      throw new AlreadyManagedError(this.#domain.name, journal.length);
    }
    const names = this.#files.map(({ name }) => name).filter((name) => name <= to);
    const definitions = await this.#loader.loadAll(names);
    const checksums = await Promise.all(names.map((name) => this.#checksumOf(name)));
    await this.#writer.baseline(
      names.map((name, index) => ({
        name,
        ...(checksums[index] as MigrationChecksum),
        completedSteps: stepNames(definitions[index]),
      })),
    );
    return names;
  }

  /**
   * Settles a half-done migration by what its owner found in the database.
   *
   * @throws {NothingToRepairError} when the migration is not half done.
   */
  async settle(name: string, as: 'applied' | 'pending'): Promise<void> {
    this.requireKnown(name);
    const row = (await this.#readJournal()).find((candidate) => candidate.name === name);
    if (row === undefined || row.state === 'done') {
      throw new NothingToRepairError(this.#domain.name, name, row === undefined ? 'not applied' : 'applied');
    }
    // What the owner found is what the file does now: it may have been corrected since the attempt that stopped.
    const definition = await this.#loader.load(name);
    const settled = { ...row, ...(await this.#checksumOf(name)), completedSteps: stepNames(definition) };
    await this.#writer.settle(settled, as);
  }

  async #readJournal(): Promise<readonly JournalRow[]> {
    const first = this.#journal;
    this.#journal = undefined;
    return first ?? this.#writer.readJournal();
  }

  async #checksumOf(name: string): Promise<MigrationChecksum> {
    const checksum = await this.#checksums.get(name);
    if (checksum === undefined) {
      throw new UnknownMigrationError(this.#domain.name, name, 'a migration that has a file');
    }
    return checksum;
  }

  async #run(
    wanted: string[],
    command: (migrations: string[]) => Promise<readonly { name: string }[]>,
  ): Promise<string[]> {
    if (wanted.length === 0) {
      return [];
    }
    try {
      const names = (await command(wanted)).map(({ name }) => name);
      await this.#writer.finish();
      return names;
    } catch (thrown) {
      // What ran before is committed, or that it is not is the first failure.
      await this.#writer.finish();
      // Umzug wraps what a migration throws; ours already says which migration and why.
      const { MigrationError } = await loadUmzug();
      throw thrown instanceof MigrationError ? (thrown.cause ?? thrown) : thrown;
    }
  }

  #noteOn(name: string, direction: MigrationDirection): string | undefined {
    const newest = this.#newestApplied;
    return direction === 'up' && newest !== undefined && name < newest
      ? `allowed out of order, after ${newest}`
      : undefined;
  }

  #refuseWhenInterrupted(): void {
    if (this.#parts.signal?.aborted === true) {
      throw new MigrationInterruptedError(this.#domain.name, 'migrating');
    }
  }
}

/** Loaded only where something is to run: Umzug brings a command line of its own with it, a tenth of ours. */
function loadUmzug(): Promise<typeof import('umzug')> {
  return import('umzug');
}

/** MongoDB: the steps of a migration that is in effect in full. */
function stepNames(definition: MigrationDefinition<Engine> | undefined): string[] {
  return definition !== undefined && 'steps' in definition ? definition.steps.map(({ name }) => name) : [];
}
