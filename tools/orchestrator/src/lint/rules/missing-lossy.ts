import type { RuleFinding } from '../lint-finding.ts';
import type { LintSubject } from '../lint-subject.ts';

const FIX = "declare what is lost: lossy: '<what>'";

/** Whoever reverts must know before that data goes with it. */
export function missingLossy({ definition, up, upFacts, down, downFacts }: LintSubject): RuleFinding[] {
  if (definition.lossy !== undefined) {
    return [];
  }
  // Rows that the migration itself put there come back with it.
  const ownRows = new Set(upFacts.flatMap(({ touchesRowsOf }) => touchesRowsOf));
  const lost = downFacts.flatMap(({ at, destroys }) =>
    destroys
      .filter((name) => !ownRows.has(name))
      .map((name) => ({ at, why: `down drops ${name} with what is in it`, fix: FIX })),
  );

  // A view shows what is elsewhere.
  const views = new Set(
    up.flatMap((statement) =>
      statement.engine === 'mongodb' && statement.command['viewOn'] !== undefined ? [statement.command['create']] : [],
    ),
  );
  const dropped = down.flatMap((statement) =>
    statement.engine === 'mongodb' && statement.command['drop'] !== undefined && !views.has(statement.command['drop'])
      ? [{ at: `step ${statement.step}`, why: `down drops ${statement.command['drop']} with what is in it`, fix: FIX }]
      : [],
  );
  return [...lost, ...dropped];
}
