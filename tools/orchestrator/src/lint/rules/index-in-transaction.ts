import type { RuleFinding } from '../lint-finding.ts';
import type { LintSubject } from '../lint-subject.ts';

/** An index built inside a transaction blocks every write to its table until the transaction ends. */
export function indexInTransaction({ upFacts }: LintSubject): RuleFinding[] {
  const made = new Set(upFacts.flatMap(({ creates }) => creates));
  return upFacts.flatMap(({ at, index }) =>
    index !== undefined && !index.isConcurrent && !made.has(index.table)
      ? [
          {
            at,
            why: `${index.table} was there before, and nobody can write to it while the index is built`,
            fix: 'build it with CREATE INDEX CONCURRENTLY in a migration of its own with transaction: false',
          },
        ]
      : [],
  );
}
