import type { RuleFinding } from '../lint-finding.ts';
import type { LintSubject } from '../lint-subject.ts';

/**
 * What MongoDB refuses and the server that the migration was tried on may have taken. The rules are db-kit's, and each
 * has a name of its own here: `mongodb/ttl-index`.
 */
export function refusedByMongo({ refused }: LintSubject): (RuleFinding & { readonly rule: string })[] {
  return refused.map(({ step, rule, subject, problem, manualPage }) => ({
    rule,
    at: `step ${step}`,
    why: `MongoDB refuses it: ${subject} ${problem}`,
    fix: `see "${manualPage}" in MongoDB's manual`,
  }));
}
