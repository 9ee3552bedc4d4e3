import type { Document } from 'mongodb';
import type { ServerRuleProblem } from '../mongodb/server-rules/index.ts';
import type { MigrationChecksum } from './checksum.ts';
import type { HistoryRow, JournalRow } from './journal.ts';
import type { Engine, MigrationDirection, MigrationDomain } from './migration.ts';
import type { MigrationDefinition, MigrationFile } from './migration-files.ts';
import type { Repeatable } from './repeatable-files.ts';
import type { RunIdentity } from './run-identity.ts';

/** What every operation on a domain's database needs. */
export interface EngineOptions {
  readonly domain: MigrationDomain;
  /** Connection URL with credentials. */
  readonly url: string;
  readonly identity: RunIdentity;
  /** How long to wait for another runner to let go of the lock. */
  readonly lockTimeoutMs: number;
  /** Applies migrations that are older than applied ones instead of refusing them; the history says so. */
  readonly allowOutOfOrder?: boolean | undefined;
  /** Folder where checksums are kept, so that unchanged files are not parsed again; none for no keeping. */
  readonly cacheFolder?: string | undefined;
  /** MongoDB: how long a holder that does not renew it keeps the lock. Default 15,000. */
  readonly leaseMs?: number | undefined;
  /** Interrupts waiting for the lock and running migrations. */
  readonly signal?: AbortSignal | undefined;
  /** Hears of everything that bodies send to the server, as it is sent. */
  readonly onStatement?: ((statement: RecordedStatement) => void) | undefined;
  /** Hears of what bodies did otherwise than asked, or how far they are, a line each. */
  readonly onNote?: ((migration: string, note: string) => void) | undefined;
  /** Hears of commands that MongoDB would refuse, which are then sent all the same; without it they fail. */
  readonly onRefused?: ((refused: RefusedCommand) => void) | undefined;
}

/** A command of a step that MongoDB would refuse, whatever the server that it is sent to. */
export interface RefusedCommand extends ServerRuleProblem {
  readonly migration: string;
  readonly step: string;
}

/** Something that a migration's body sent to the server. */
export type RecordedStatement =
  | {
      readonly engine: 'postgres';
      readonly migration: string;
      readonly direction: MigrationDirection;
      /** With placeholders `$1`, `$2`, … for the parameters. */
      readonly sql: string;
      readonly parameters: readonly unknown[];
    }
  | {
      readonly engine: 'mongodb';
      readonly migration: string;
      readonly direction: MigrationDirection;
      readonly step: string;
      /** The command as sent, without what the driver adds for sessions and transactions. */
      readonly command: Document;
      /** Where it was sent, when not to the domain's own database. */
      readonly database?: 'admin' | undefined;
      /** Why it was not sent as it is: only a sharded cluster takes some, and some stand for what depends on the documents. */
      readonly skipped?: string | undefined;
    };

/** A migration with everything needed to run and journal it. */
export interface RunnableMigration<E extends Engine = Engine> {
  readonly file: MigrationFile;
  readonly checksum: MigrationChecksum;
  readonly definition: MigrationDefinition<E>;
  readonly direction: MigrationDirection;
  /** What is out of the ordinary about this attempt, for the history. */
  readonly note?: string | undefined;
  /** Hears that the migration and its journal row are committed. */
  readonly onCommitted?: (() => void) | undefined;
}

/** Reads a domain's records; changes nothing, creates nothing, needs no lock. */
export interface MigrationReader {
  /** The server's product, version and address, without secrets. */
  describeServer(): Promise<string>;
  /** Oldest first; empty where nothing was ever migrated. */
  readJournal(): Promise<JournalRow[]>;
  /** Oldest first; empty where nothing was ever migrated. */
  readHistory(): Promise<HistoryRow[]>;
  /** The texts of the repeatables in effect. */
  readRepeatables(): Promise<Repeatable[]>;
  /** Names of those that differ from these. */
  pendingRepeatables(wanted: readonly Repeatable[]): Promise<string[]>;
}

/** Changes a domain's database under its migration lock. */
export interface MigrationWriter extends MigrationReader {
  /**
   * Runs one migration and journals it as one. Its commit may still be on its way afterwards, while the next one
   * begins: the migration's `onCommitted` hears of it, and its failure is thrown by what is called next.
   *
   * @throws {MigrationFailedError} when its body throws; nothing of it is then journaled as done.
   * @throws {LockLostError} when another runner took the lock over.
   */
  run(migration: RunnableMigration): Promise<void>;
  /**
   * Resolves when everything that ran is committed; to be waited for before anything but another {@link run}.
   *
   * @throws {MigrationFailedError} when the last one's commit was refused; nothing of it is then journaled as done.
   */
  finish(): Promise<void>;
  /** Resolves when everything journaled so far is safe on the server's disk; so it is, too, when the lock is let go. */
  flush(): Promise<void>;
  /** Journals migrations as applied without running them, for a database that was made by other means. */
  baseline(rows: readonly Pick<JournalRow, 'name' | 'checksum' | 'files' | 'completedSteps'>[]): Promise<void>;
  /**
   * Brings the repeatables to these texts, all or none.
   *
   * @returns the names of those that were changed, in order.
   * @throws {MigrationFailedError} when one cannot be applied; none is then changed.
   */
  applyRepeatables(wanted: readonly Repeatable[]): Promise<string[]>;
  /** Settles a half-done migration by what its owner found: all of it is there, or nothing is. */
  settle(row: JournalRow, as: 'applied' | 'pending'): Promise<void>;
}

/** One database engine's way of keeping a journal, a history and a lock. */
export interface MigrationEngine {
  withReader<T>(options: EngineOptions, use: (reader: MigrationReader) => Promise<T>): Promise<T>;
  /** @throws {LockTimeoutError} when another runner does not let go within `lockTimeoutMs`. */
  withWriter<T>(options: EngineOptions, use: (writer: MigrationWriter) => Promise<T>): Promise<T>;
}
