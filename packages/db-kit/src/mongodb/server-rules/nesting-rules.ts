import { LIMITS_PAGE, type RuleFinding } from './server-rule-problem.ts';

const MAX_LEVELS = 100;

/** MongoDB takes no document that is nested deeper than {@link MAX_LEVELS} levels. */
export function checkNesting(document: unknown): readonly RuleFinding[] {
  const levels = levelsOf(document);
  return levels <= MAX_LEVELS
    ? []
    : [
        {
          rule: 'mongodb/nesting',
          problem: `is nested ${levels} levels deep: expected at most ${MAX_LEVELS}`,
          manualPage: LIMITS_PAGE,
        },
      ];
}

function levelsOf(value: unknown): number {
  if (value === null || typeof value !== 'object' || '_bsontype' in value || ArrayBuffer.isView(value)) {
    return 0;
  }
  let deepest = 0;
  for (const below of value instanceof Map ? value.values() : Object.values(value)) {
    deepest = Math.max(deepest, levelsOf(below));
  }
  return deepest + 1;
}
