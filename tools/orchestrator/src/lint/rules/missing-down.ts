import type { RuleFinding } from '../lint-finding.ts';
import type { LintSubject } from '../lint-subject.ts';

/** A `down` that does nothing undoes nothing. */
export function missingDown({ definition, up, down }: LintSubject): RuleFinding[] {
  return definition.irreversible === undefined && up.length > 0 && down.length === 0
    ? [
        {
          at: 'down',
          why: 'it sends nothing, so what up did stays when the migration is reverted',
          fix: "write what undoes it, or declare irreversible: '<why there is no way back>' instead of down",
        },
      ]
    : [];
}
