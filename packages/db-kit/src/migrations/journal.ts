import type { MigrationDirection } from './migration.ts';

/**
 * `done`: applied in full. `started`: its `up` began outside a transaction and has not ended. `reverting`: its
 * `down` did.
 */
export type JournalState = 'started' | 'done' | 'reverting';

/** What a domain's own database records of one applied, or half-applied, migration. */
export interface JournalRow {
  readonly name: string;
  readonly state: JournalState;
  readonly checksum: string;
  /** Hash of each file that went into the checksum. */
  readonly files: Readonly<Record<string, string>>;
  /** MongoDB: the steps that are in effect now, in their order. PostgreSQL: always empty. */
  readonly completedSteps: readonly string[];
  /** When the attempt that wrote this row began; for `done` rows, when the migration was applied. */
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly actor: string;
  readonly host: string;
  readonly gitCommit: string | null;
  readonly toolVersion: string;
}

/**
 * What an attempt was: a migration's way up or down, a half-done one settled by `repair`, one recorded as applied
 * without running it (`baseline`), or a repeatable's new text (`repeatable`).
 */
export type HistoryDirection = MigrationDirection | 'repair' | 'baseline' | 'repeatable';

/** One attempt, as it goes to the append-only history. */
export interface HistoryAttempt {
  readonly migration: string;
  readonly direction: HistoryDirection;
  readonly outcome: 'succeeded' | 'failed';
  readonly checksum: string;
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly actor: string;
  readonly host: string;
  readonly pid: number;
  readonly gitCommit: string | null;
  readonly toolVersion: string;
  /** Message of what made it fail, without parameter values. */
  readonly error: string | null;
  /** What was out of the ordinary, such as an order that was allowed for this run only. */
  readonly note: string | null;
}

/** An attempt as recorded, chained to the one before it. */
export interface HistoryRow extends HistoryAttempt {
  /** 1, 2, 3 … without gaps. */
  readonly sequence: number;
  /** `hash` of the row before; 64 zeros for the first. */
  readonly previousHash: string;
  readonly hash: string;
}
