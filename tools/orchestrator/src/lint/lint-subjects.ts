import type { LintFinding, RuleFinding } from './lint-finding.ts';
import type { LintSubject } from './lint-subject.ts';
import { indexInTransaction } from './rules/index-in-transaction.ts';
import { missingDown } from './rules/missing-down.ts';
import { missingLossy } from './rules/missing-lossy.ts';
import { refusedByMongo } from './rules/refused-by-mongo.ts';
import { uncheckedUniqueness } from './rules/unchecked-uniqueness.ts';
import { unqualifiedName } from './rules/unqualified-name.ts';
import { validatorBeforeBackfill } from './rules/validator-before-backfill.ts';
import { lintWithSquawk } from './squawk.ts';

/** Our own rules, for what SQL alone does not show. */
const RULES: Readonly<Record<string, (subject: LintSubject) => RuleFinding[]>> = {
  'missing-down': missingDown,
  'missing-lossy': missingLossy,
  'index-in-transaction': indexInTransaction,
  'unchecked-uniqueness': uncheckedUniqueness,
  'validator-before-backfill': validatorBeforeBackfill,
  'unqualified-name': unqualifiedName,
};

/** Everything that squawk and our own rules find in a migration and that it does not waive with a reason. */
export async function lintSubject(subject: LintSubject): Promise<LintFinding[]> {
  const { domain, file, definition } = subject;
  const found = [
    ...Object.entries(RULES).flatMap(([rule, check]) => check(subject).map((finding) => ({ rule, ...finding }))),
    ...(await lintWithSquawk(subject)),
    ...refusedByMongo(subject),
  ];
  const waived = definition.waives ?? {};
  const unused = Object.keys(waived).filter((rule) => !found.some((finding) => finding.rule === rule));
  return [
    ...found.filter(({ rule }) => waived[rule] === undefined).map((finding) => ({ domain, file, ...finding })),
    ...unused.map((rule) => ({
      domain,
      file,
      rule: 'unused-waiver',
      at: 'waives',
      why: `it waives ${rule}, which finds nothing here`,
      fix: 'remove the waiver',
    })),
  ];
}
