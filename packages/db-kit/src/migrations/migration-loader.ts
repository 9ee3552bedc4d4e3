import type { Engine, MigrationDomain } from './migration.ts';
import type { MigrationChecksums } from './migration-checksums.ts';
import { loadMigration, type MigrationDefinition, type MigrationFile } from './migration-files.ts';

/** How many are loaded before the first of them runs, and stay ahead of it; every usual run has fewer. */
const LOADED_AHEAD = 100;

/** How many are loaded at once: a thousand would all be in memory with their sources. */
const BATCH_SIZE = 50;

/** How many are loaded in one pause while others run. */
const LOADED_PER_PAUSE = 10;

/** Loads the code of a domain's migrations, each once, some ahead of the others. */
export class MigrationLoader {
  readonly #domain: MigrationDomain;
  readonly #files: ReadonlyMap<string, MigrationFile>;
  readonly #loading = new Map<string, Promise<MigrationDefinition<Engine>>>();

  readonly #checksums: MigrationChecksums;
  /** What is yet to be loaded, by the pause in which that begins; most pauses have nothing. */
  #later: (readonly string[])[] = [];

  constructor(domain: MigrationDomain, files: readonly MigrationFile[], checksums: MigrationChecksums) {
    this.#domain = domain;
    this.#checksums = checksums;
    this.#files = new Map(files.map((file) => [file.name, file]));
  }

  /** @throws {InvalidMigrationFileError} */
  async load(name: string): Promise<MigrationDefinition<Engine>> {
    const file = this.#files.get(name);
    if (file === undefined) {
      throw new Error(`There is no file of migration ${name}`);
    }
    const loading = this.#loading.get(name) ?? this.#load(file);
    this.#loading.set(name, loading);
    return loading;
  }

  async #load(file: MigrationFile): Promise<MigrationDefinition<Engine>> {
    try {
      return await loadMigration(this.#domain, file);
    } catch (thrown) {
      // What the checksums say of a file that does not parse names the line.
      await this.#checksums.get(file.name);
      throw thrown;
    }
  }

  /** @throws {InvalidMigrationFileError} for the first that cannot be loaded. */
  async loadAll(names: readonly string[]): Promise<MigrationDefinition<Engine>[]> {
    const definitions: MigrationDefinition<Engine>[] = [];
    for (let start = 0; start < names.length; start += BATCH_SIZE) {
      definitions.push(...(await Promise.all(names.slice(start, start + BATCH_SIZE).map((name) => this.load(name)))));
    }
    return definitions;
  }

  /**
   * Loads what is about to run, so that a file that is no migration stops nothing half way. Of more than a hundred
   * the rest is loaded while the first run, by {@link loadNext}.
   *
   * @throws {InvalidMigrationFileError}
   */
  async loadAhead(names: readonly string[]): Promise<void> {
    await this.loadAll(names.slice(0, LOADED_AHEAD));
    const later = names.slice(LOADED_AHEAD);
    this.#later = later.map((_, pause) =>
      pause % LOADED_PER_PAUSE === 0 ? later.slice(pause, pause + LOADED_PER_PAUSE) : [],
    );
  }

  /**
   * To be called when a migration is on its way to the server: begins to load more while it works on that, ten in every
   * tenth pause. Node.js hands each step of each file to another thread; one file alone waits for those threads to wake
   * up for most of its time. All files at once would keep the server's answers waiting.
   */
  loadNext(): void {
    const next = this.#later.shift() ?? [];
    if (next.length > 0) {
      // Whoever is about to run one of them hears of it when it cannot be loaded.
      setImmediate(() => void Promise.allSettled(next.map((name) => this.load(name))));
    }
  }
}
