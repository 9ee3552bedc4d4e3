import { isDeepStrictEqual } from 'node:util';
import type { Document } from 'mongodb';
import type { RuleFinding } from '../lint-finding.ts';
import type { LintSubject } from '../lint-subject.ts';

/** Documents that a tightened validator does not allow can no longer be written, and nobody knows how many they are. */
export function validatorBeforeBackfill({ up }: LintSubject): RuleFinding[] {
  const created = new Set<unknown>();
  const counted: { readonly collection: unknown; readonly validator: Document }[] = [];
  return up.flatMap((statement) => {
    if (statement.engine !== 'mongodb') {
      return [];
    }
    const { command, step } = statement;
    created.add(command['create']);
    counted.push(...violatorsAskedFor(command));
    const [collection, validator] = [command['collMod'], command['validator']];
    const isSafe =
      collection === undefined ||
      validator === undefined ||
      // Allows everything.
      Object.keys(validator).length === 0 ||
      created.has(collection) ||
      counted.some((asked) => asked.collection === collection && isDeepStrictEqual(asked.validator, validator));
    return isSafe
      ? []
      : [
          {
            at: `step ${step}`,
            why: `documents of ${collection} that the validator does not allow could not be changed any more, and nobody counted them`,
            fix: 'put it on with context.replaceValidator, which refuses while there are some; bring them in line with context.backfill before',
          },
        ];
  });
}

/** What `{ $nor: [validator] }` is asked of: the documents that violate it. */
function violatorsAskedFor(command: Document) {
  const asked: readonly (readonly [string, unknown])[] = [
    ['aggregate', (command['pipeline'] as readonly Document[] | undefined)?.[0]?.['$match']],
    ['count', command['query']],
    ['find', command['filter']],
  ];
  return asked.flatMap(([verb, filter]) => {
    const violated = (filter as Document | undefined)?.['$nor'];
    return command[verb] !== undefined && Array.isArray(violated) && violated.length === 1
      ? [{ collection: command[verb] as unknown, validator: violated[0] as Document }]
      : [];
  });
}
