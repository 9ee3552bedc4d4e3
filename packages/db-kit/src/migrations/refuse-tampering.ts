import { RecordsTamperedError } from './errors/index.ts';
import { verifyHistory, verifyJournal } from './history-verification.ts';
import type { HistoryRow, JournalRow } from './journal.ts';

/**
 * Refuses records that were changed by other means than the migrator.
 *
 * @throws {RecordsTamperedError}
 */
export function refuseTampering(domain: string, journal: readonly JournalRow[], history: readonly HistoryRow[]): void {
  const problems = [...verifyHistory(history), ...verifyJournal(journal, history)];
  const [first] = problems;
  if (first !== undefined) {
    throw new RecordsTamperedError(
      domain,
      first.migration,
      problems.map(({ problem }) => problem),
    );
  }
}
