import type { MigrationChecksum } from './checksum.ts';
import type { HistoryRow, JournalRow } from './journal.ts';
import type { Engine, MigrationDirection, MigrationDomain } from './migration.ts';
import type { MigrationDefinition, MigrationFile } from './migration-files.ts';
import type { RunIdentity } from './run-identity.ts';

/** What every operation on a domain's database needs. */
export interface EngineOptions {
  readonly domain: MigrationDomain;
  /** Connection URL with credentials. */
  readonly url: string;
  readonly identity: RunIdentity;
  /** How long to wait for another runner to let go of the lock. */
  readonly lockTimeoutMs: number;
  /** MongoDB: how long a holder that does not renew it keeps the lock. Default 15,000. */
  readonly leaseMs?: number | undefined;
  /** Interrupts waiting for the lock and running migrations. */
  readonly signal?: AbortSignal | undefined;
}

/** A migration with everything needed to run and journal it. */
export interface RunnableMigration<E extends Engine = Engine> {
  readonly file: MigrationFile;
  readonly checksum: MigrationChecksum;
  readonly definition: MigrationDefinition<E>;
  readonly direction: MigrationDirection;
}

/** Reads a domain's records; changes nothing, creates nothing, needs no lock. */
export interface MigrationReader {
  /** The server's product, version and address, without secrets. */
  describeServer(): Promise<string>;
  /** Oldest first; empty where nothing was ever migrated. */
  readJournal(): Promise<JournalRow[]>;
  /** Oldest first; empty where nothing was ever migrated. */
  readHistory(): Promise<HistoryRow[]>;
}

/** Changes a domain's database under its migration lock. */
export interface MigrationWriter extends MigrationReader {
  /**
   * Runs one migration and journals it as one.
   *
   * @throws {MigrationFailedError} when its body throws; nothing of it is then journaled as done.
   * @throws {LockLostError} when another runner took the lock over.
   */
  run(migration: RunnableMigration): Promise<void>;
  /** Settles a half-done migration by what its owner found: all of it is there, or nothing is. */
  settle(row: JournalRow, as: 'applied' | 'pending'): Promise<void>;
}

/** One database engine's way of keeping a journal, a history and a lock. */
export interface MigrationEngine {
  withReader<T>(options: EngineOptions, use: (reader: MigrationReader) => Promise<T>): Promise<T>;
  /** @throws {LockTimeoutError} when another runner does not let go within `lockTimeoutMs`. */
  withWriter<T>(options: EngineOptions, use: (writer: MigrationWriter) => Promise<T>): Promise<T>;
}
