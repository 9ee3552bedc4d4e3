import type { Document } from 'mongodb';
import type { RuleFinding } from '../lint-finding.ts';
import type { LintSubject } from '../lint-subject.ts';

const FIX = 'first remove or report what stands in its way, in the same migration';

/** A unique index fails on duplicates, and a time to live deletes what is old already: both need a plan for what is there. */
export function uncheckedUniqueness(subject: LintSubject): RuleFinding[] {
  return subject.engine === 'postgres' ? inPostgres(subject) : inMongo(subject);
}

function inPostgres({ upFacts }: LintSubject): RuleFinding[] {
  const prepared = new Set<string>();
  return upFacts.flatMap(({ at, index, creates, touchesRowsOf }) => {
    for (const name of [...creates, ...touchesRowsOf]) {
      prepared.add(name);
    }
    return index?.isUnique === true && !prepared.has(index.table)
      ? [{ at, why: `${index.table} was there before, and may hold duplicates`, fix: FIX }]
      : [];
  });
}

function inMongo({ up }: LintSubject): RuleFinding[] {
  const prepared = new Set<unknown>();
  return up.flatMap((statement) => {
    if (statement.engine !== 'mongodb') {
      return [];
    }
    const { command, step } = statement;
    for (const verb of ['create', 'update', 'delete', 'aggregate', 'findAndModify']) {
      prepared.add(command[verb]);
    }
    const indexes = (command['indexes'] as readonly Document[] | undefined) ?? [];
    const risky = indexes.filter((index) => index['unique'] === true || index['expireAfterSeconds'] !== undefined);
    return prepared.has(command['createIndexes'])
      ? []
      : risky.map((index) => ({
          at: `step ${step}`,
          why: `${command['createIndexes']} was there before, and index ${index['name']} ${index['unique'] === true ? 'fails on duplicates' : 'deletes at once what is old already'}`,
          fix: FIX,
        }));
  });
}
