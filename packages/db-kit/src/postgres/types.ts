import { type CustomTypesConfig, types } from 'pg';

const { INT8, DATE, NUMERIC } = types.builtins;
const INT8_ARRAY = 1016;
const DATE_ARRAY = 1182;
const NUMERIC_ARRAY = 1231;

const exactText = (text: string) => text;

/** Arrays of these, nested ones and NULL included, as `pg` reads arrays of text. */
const arrayOf = (parse: (text: string) => unknown) => (text: string) => mapNested(readTextArray(text), parse);
const TEXT_ARRAY = 1009;
const readTextArray = (types.getTypeParser as (id: number, format: 'text') => (text: string) => unknown)(
  TEXT_ARRAY,
  'text',
);

function mapNested(value: unknown, parse: (text: string) => unknown): unknown {
  if (Array.isArray(value)) {
    return value.map((item) => mapNested(item, parse));
  }
  return typeof value === 'string' ? parse(value) : null;
}

const parsers = new Map<number, (text: string) => unknown>([
  // Money is bigint minor units: a JavaScript number would lose cents past 2^53.
  [INT8, BigInt],
  // A calendar day has no time zone; pg's own parser would shift it by the machine's.
  [DATE, exactText],
  [NUMERIC, exactText],
  [INT8_ARRAY, arrayOf(BigInt)],
  [DATE_ARRAY, arrayOf(exactText)],
  [NUMERIC_ARRAY, arrayOf(exactText)],
]);

/** Start-up option of every connection: `pg` reads only ISO dates, and a database or role may have another style set. */
const ISO_DATES = '-c DateStyle=ISO';

/**
 * A URL of PostgreSQL whose connections have ISO dates, beside what its own `options` ask for, and whatever these say of dates:
 * the last of several counts. Given to `pg` apart, ours would be passed over where the URL has some.
 *
 * @example
 * withIsoDates('postgresql://host/bank'); // the same with ?options=-c DateStyle=ISO, encoded
 */
export function withIsoDates(url: string): string {
  const [, query] = url.split('?');
  const named = new URLSearchParams(query).get('options');
  const options = named === null ? ISO_DATES : `${named} ${ISO_DATES}`;
  return `${url}${query === undefined ? '?' : '&'}options=${encodeURIComponent(options)}`;
}

/**
 * How values arrive from PostgreSQL: `bigint` as `bigint`, `date` as `'YYYY-MM-DD'`, `numeric` as its exact text,
 * `timestamptz` as `Date`; arrays of them alike. Given to each client rather than set globally, so that other users of
 * `pg` in the same process are left alone.
 */
export const postgresTypes: CustomTypesConfig = {
  getTypeParser: ((id: number, format?: 'text' | 'binary') =>
    (format ?? 'text') === 'text' && parsers.has(id)
      ? parsers.get(id)
      : types.getTypeParser(id, format as 'text')) as CustomTypesConfig['getTypeParser'],
};
