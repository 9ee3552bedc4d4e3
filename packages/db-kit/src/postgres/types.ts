import { type CustomTypesConfig, types } from 'pg';

const { INT8, DATE, NUMERIC } = types.builtins;
const INT8_ARRAY = 1016;

const parsers = new Map<number, (text: string) => unknown>([
  // Money is bigint minor units: a JavaScript number would lose cents past 2^53.
  [INT8, BigInt],
  // A calendar day has no time zone; pg's own parser would shift it by the machine's.
  [DATE, (text) => text],
  [NUMERIC, (text) => text],
  [
    INT8_ARRAY,
    (text) =>
      text
        .slice(1, -1)
        .split(',')
        .filter(Boolean)
        .map((item) => (item === 'NULL' ? null : BigInt(item))),
  ],
]);

/** Start-up option of every connection: `pg` reads only ISO dates, and a database or role may have another style set. */
export const ISO_DATES = '-c DateStyle=ISO';

/**
 * How values arrive from PostgreSQL: `bigint` as `bigint`, `date` as `'YYYY-MM-DD'`, `numeric` as its exact text,
 * `timestamptz` as `Date`. Given to each client rather than set globally, so that other users of `pg` in the same
 * process are left alone.
 */
export const postgresTypes: CustomTypesConfig = {
  getTypeParser: ((id: number, format?: 'text' | 'binary') =>
    (format ?? 'text') === 'text' && parsers.has(id)
      ? parsers.get(id)
      : types.getTypeParser(id, format as 'text')) as CustomTypesConfig['getTypeParser'],
};
