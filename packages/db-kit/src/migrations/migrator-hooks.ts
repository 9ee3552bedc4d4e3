import type { MigrationDirection } from './migration.ts';
import type { RecordedStatement, RefusedCommand } from './migration-engine.ts';

/** Called as each migration begins and ends, for progress. */
export interface MigratorHooks {
  /** Waited for before a migration is run: for what it has to wait for elsewhere. What it throws stops the run. */
  readonly beforeEach?: (migration: string) => Promise<void>;
  /** Whether somebody waits for this migration: it is then safe on the server's disk before `onDone` hears of it. */
  readonly isAwaited?: (migration: string) => boolean;
  readonly onStart?: (migration: string, direction: MigrationDirection) => void;
  /** Once it is committed, which may be after the next one began. */
  readonly onDone?: (migration: string, direction: MigrationDirection, durationMs: number) => void;
  /** Hears of everything that bodies send to the server. */
  readonly onStatement?: (statement: RecordedStatement) => void;
  /** Hears of what bodies did otherwise than asked, such as not to shard where the server cannot. */
  readonly onNote?: (migration: string, note: string) => void;
  /** Hears of commands that MongoDB would refuse, which are then sent all the same; without it they fail. */
  readonly onRefused?: (refused: RefusedCommand) => void;
}
