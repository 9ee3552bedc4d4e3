import type { HistoryAttempt } from './journal.ts';
import type { RunnableMigration } from './migration-engine.ts';
import type { RunIdentity } from './run-identity.ts';

/** Who attempts something, and how long it took until now, as journal and history keep it. */
export function attemptFacts({ actor, host, pid, gitCommit, toolVersion }: RunIdentity, startedAt: Date) {
  return { startedAt, durationMs: Date.now() - startedAt.getTime(), actor, host, pid, gitCommit, toolVersion };
}

/**
 * An attempt to run a migration, for the history.
 *
 * @param error - why it failed; `null` when it succeeded.
 */
export function describeAttempt(
  identity: RunIdentity,
  { file, direction, checksum, note }: RunnableMigration,
  startedAt: Date,
  error: string | null,
): HistoryAttempt {
  return {
    ...attemptFacts(identity, startedAt),
    migration: file.name,
    direction,
    outcome: error === null ? 'succeeded' : 'failed',
    checksum: checksum.checksum,
    error,
    note: note ?? null,
  };
}
