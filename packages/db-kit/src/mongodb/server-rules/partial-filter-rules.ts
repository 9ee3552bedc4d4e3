import type { RuleFinding } from './server-rule-problem.ts';

/** Manual, "Partial Indexes"; `$in`, `$or` and `$geoWithin` since MongoDB 6.0. `$exists` only with `true`. */
const PARTIAL_FILTER_OPERATORS = new Set([
  '$and',
  '$eq',
  '$exists',
  '$geoWithin',
  '$gt',
  '$gte',
  '$in',
  '$lt',
  '$lte',
  '$or',
  '$type',
]);

/** What MongoDB does not take in the filter of a partial index. */
export function checkPartialFilter(filter: unknown): readonly RuleFinding[] {
  const operator = unsupportedOperator(filter);
  return operator === undefined
    ? []
    : [
        {
          rule: 'mongodb/partial-filter',
          problem: `has ${operator} in its partial filter: expected ${[...PARTIAL_FILTER_OPERATORS].join(', ')}`,
          manualPage: 'Partial Indexes',
        },
      ];
}

function unsupportedOperator(filter: unknown): string | undefined {
  if (Array.isArray(filter)) {
    return filter.map(unsupportedOperator).find((found) => found !== undefined);
  }
  if (filter instanceof RegExp) {
    return 'a regular expression';
  }
  if (filter === null || typeof filter !== 'object' || Object.getPrototypeOf(filter) !== Object.prototype) {
    return undefined;
  }
  for (const [key, value] of Object.entries(filter)) {
    if (key === '$exists' && value !== true) {
      return '$exists: false';
    }
    if (key.startsWith('$') && !PARTIAL_FILTER_OPERATORS.has(key)) {
      return key;
    }
    // What a field is compared with is a value, not a filter; only a regular expression there is a match.
    const found = key === '$eq' || key === '$geoWithin' ? undefined : unsupportedOperator(value);
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}
