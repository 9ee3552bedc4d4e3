import type { RuleFinding } from '../lint-finding.ts';
import type { LintSubject } from '../lint-subject.ts';

/** Where a name without a schema ends up depends on who migrates. */
export function unqualifiedName({ upFacts }: LintSubject): RuleFinding[] {
  return upFacts.flatMap(({ at, unqualified }) =>
    unqualified.map((name) => ({
      at,
      why: `${name} is made in whichever schema the search path of the one who migrates names first`,
      fix: 'write its schema before its name',
    })),
  );
}
