import type { SampleMigration } from './sample-migrations.ts';

/** What one run of a migration runner took. */
export interface Measurement {
  readonly durationMs: number;
  /** Peak resident memory of its process, and of the helpers it started where the platform tells; in MB (10^6 bytes). */
  readonly peakMemoryMb?: number;
}

/** Where a runner finds what it needs for one run. */
export interface RunnerTask {
  /** The runner's own folder, with its packages. */
  readonly home: string;
  /** Holds the migrations and whatever else the runner keeps between two runs on one database. */
  readonly folder: string;
  readonly databaseUrl: string;
}

/** A migration tool in the benchmark: this project's, or a peer. */
export interface MigrationRunner {
  readonly name: string;
  /** How many transactions it makes, and where its journal row is written. */
  readonly transactions: 'each, journal inside' | 'each, journal apart' | 'one for all';
  /**
   * `in process`: from the call of its library to its answer, after its modules are loaded; `whole process`: from the
   * start of its program to its end.
   */
  readonly measured: 'in process' | 'whole process';
  /**
   * Makes the runner ready, such as by installing it into `home`.
   *
   * @throws when it cannot be had here; the runner is then left out.
   */
  install(home: string): Promise<void>;
  /** Writes the migrations in the runner's own form. */
  writeMigrations(folder: string, migrations: readonly SampleMigration[]): Promise<void>;
  /** Applies what is pending. */
  run(task: RunnerTask): Promise<Measurement>;
}
