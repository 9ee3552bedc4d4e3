import { setTimeout as sleep } from 'node:timers/promises';
import { isPostgresError, SqlState } from '@finova/db-kit';

const MOST_RETRIES = 5;
const SHORTEST_PAUSE_MS = 10;

/**
 * Runs a request again when the server gave it up for concurrency (SQLSTATE 40001, 40P01), or when another request took
 * one of its keys at the same moment, five times at most, after growing pauses with jitter. Only for what reads, or names
 * itself by an idempotency key.
 *
 * @param db - where it runs; in a transaction it runs once, as only the transaction's owner can begin again.
 */
export async function withRetries<T>(
  { isTransaction }: { readonly isTransaction: boolean },
  run: () => Promise<T>,
): Promise<T> {
  for (let retry = 0; ; retry += 1) {
    try {
      return await run();
    } catch (thrown) {
      const wasGivenUp =
        isPostgresError(thrown, [SqlState.serializationFailure, SqlState.deadlockDetected]) ||
        // An item of a batch and another one, or a single transfer, with one key, which share no account to wait at.
        isPostgresError(thrown, [SqlState.uniqueViolation], ['idempotency_keys_pkey']);
      if (isTransaction || !wasGivenUp || retry === MOST_RETRIES) {
        throw thrown;
      }
      await sleep(SHORTEST_PAUSE_MS * 2 ** retry * (0.5 + Math.random()));
    }
  }
}
