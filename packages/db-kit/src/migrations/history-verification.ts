import { GENESIS_HASH, historyHash } from './history-chain.ts';
import type { HistoryRow, JournalRow } from './journal.ts';

/** Something in a domain's records that only tampering explains. */
export interface RecordProblem {
  /** Of the history row, where there is one. */
  readonly sequence: number | undefined;
  /** The migration that it is about. */
  readonly migration: string;
  /** What was expected and what was found. */
  readonly problem: string;
}

/**
 * Follows the hash chain of a history: a row that was edited, removed from the middle or the beginning, inserted or
 * moved breaks it. A history that was cut at its end is whole in itself; {@link verifyJournal} finds that.
 *
 * @param history - oldest first.
 * @returns the problems in their order; none for an intact history.
 */
export function verifyHistory(history: readonly HistoryRow[]): RecordProblem[] {
  const problems: RecordProblem[] = [];
  let previous: Pick<HistoryRow, 'sequence' | 'hash'> = { sequence: 0, hash: GENESIS_HASH };
  for (const row of history) {
    const about = { sequence: row.sequence, migration: row.migration };
    if (row.sequence !== previous.sequence + 1) {
      problems.push({
        ...about,
        problem: `expected row ${previous.sequence + 1} of the history, found row ${row.sequence}: rows between were removed`,
      });
    } else if (row.previousHash !== previous.hash) {
      problems.push({
        ...about,
        problem: `row ${row.sequence} is chained to ${short(row.previousHash)}, expected ${short(previous.hash)}: the row before was replaced`,
      });
    }
    const hash = historyHash(row.sequence, row.previousHash, row);
    if (hash !== row.hash) {
      problems.push({
        ...about,
        problem: `row ${row.sequence} was edited: expected hash ${short(hash)}, found ${short(row.hash)}`,
      });
    }
    previous = row;
  }
  return problems;
}

/**
 * Compares a journal with the history that explains it: every migration that is applied was last applied, settled or
 * baselined with the checksum it has, and what was last applied and not reverted is there.
 *
 * @param history - oldest first.
 */
export function verifyJournal(journal: readonly JournalRow[], history: readonly HistoryRow[]): RecordProblem[] {
  const problems: RecordProblem[] = [];
  const latest = new Map<string, HistoryRow>();
  for (const row of history) {
    if (row.outcome === 'succeeded' && row.direction !== 'repeatable') {
      latest.set(row.migration, row);
    }
  }
  for (const { name, state, checksum } of journal) {
    const explanation = latest.get(name);
    if (state !== 'done') {
      continue;
    }
    if (explanation === undefined || !leavesApplied(explanation)) {
      problems.push({
        sequence: explanation?.sequence,
        migration: name,
        problem: `${name} is journaled as applied, but the history ${explanation === undefined ? 'knows no run of it' : 'says it was reverted last'}: rows were removed from the history or added to the journal`,
      });
    } else if (explanation.checksum !== checksum) {
      problems.push({
        sequence: explanation.sequence,
        migration: name,
        problem: `the journal row of ${name} was edited: expected checksum ${short(explanation.checksum)} of row ${explanation.sequence} of the history, found ${short(checksum)}`,
      });
    }
  }
  const journaled = new Set(journal.map(({ name }) => name));
  for (const [name, row] of latest) {
    if (leavesApplied(row) && !journaled.has(name)) {
      problems.push({
        sequence: row.sequence,
        migration: name,
        problem: `${name} was applied by row ${row.sequence} of the history, but the journal does not have it: its row was removed`,
      });
    }
  }
  return problems;
}

/** Whether a migration is applied after this attempt. */
function leavesApplied({ direction, note }: HistoryRow): boolean {
  // Repairs from before there were notes do not say how they settled; they explain either.
  return direction === 'up' || direction === 'baseline' || (direction === 'repair' && note !== 'settled as pending');
}

function short(hash: string): string {
  return hash.slice(0, 12);
}
