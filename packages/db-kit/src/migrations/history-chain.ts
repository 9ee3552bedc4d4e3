import { createHash } from 'node:crypto';
import type { HistoryAttempt, HistoryRow } from './journal.ts';

/** What the first row of a history is chained to. */
export const GENESIS_HASH = '0'.repeat(64);

/**
 * The hash of one history row: SHA-256 (hex) over its facts and the hash of the row before, so that a row that is
 * edited, removed or inserted breaks every row after it.
 */
export function historyHash(sequence: number, previousHash: string, attempt: HistoryAttempt): string {
  const facts = [
    sequence,
    previousHash,
    attempt.migration,
    attempt.direction,
    attempt.outcome,
    attempt.checksum,
    attempt.startedAt.toISOString(),
    attempt.durationMs,
    attempt.actor,
    attempt.host,
    attempt.pid,
    attempt.gitCommit,
    attempt.toolVersion,
    attempt.error,
    // Only where there is one, so that rows from before notes keep their hash.
    ...(attempt.note === null ? [] : [attempt.note]),
  ];
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}

/** Chains an attempt to the newest row of a history. */
export function chainAttempt(
  newest: Pick<HistoryRow, 'sequence' | 'hash'> | undefined,
  attempt: HistoryAttempt,
): HistoryRow {
  const sequence = (newest?.sequence ?? 0) + 1;
  const previousHash = newest?.hash ?? GENESIS_HASH;
  const storable = { ...attempt, error: attempt.error === null ? null : storableText(attempt.error) };
  return { ...storable, sequence, previousHash, hash: historyHash(sequence, previousHash, storable) };
}

/** Neither engine stores half a surrogate pair, nor PostgreSQL a NUL: what is hashed must be what comes back. */
function storableText(text: string): string {
  return Buffer.from(text).toString().replaceAll('\0', '\ufffd');
}
