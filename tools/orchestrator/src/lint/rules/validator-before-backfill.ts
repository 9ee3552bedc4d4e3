import type { RuleFinding } from '../lint-finding.ts';
import type { LintSubject } from '../lint-subject.ts';

/** Documents that a tightened validator does not allow can no longer be written, and nobody knows how many they are. */
export function validatorBeforeBackfill({ up }: LintSubject): RuleFinding[] {
  const prepared = new Set<unknown>();
  return up.flatMap((statement) => {
    if (statement.engine !== 'mongodb') {
      return [];
    }
    const { command, step } = statement;
    for (const verb of ['create', 'update', 'aggregate', 'count', 'find', 'findAndModify']) {
      prepared.add(command[verb]);
    }
    const tightens = command['collMod'] !== undefined && command['validator'] !== undefined;
    return tightens && !prepared.has(command['collMod'])
      ? [
          {
            at: `step ${step}`,
            why: `documents of ${command['collMod']} that the validator does not allow could not be changed any more`,
            fix: 'in a step before it, bring them in line, or count those that are not and refuse to go on',
          },
        ]
      : [];
  });
}
