import { Binary } from 'mongodb';
import { z } from 'zod';
import { hasLengthBetween, isWholeCharacters } from '../characters.ts';

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

const MAP_KEY = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;

interface TextLimits {
  /** Default 0. */
  readonly minLength?: number;
  readonly maxLength: number;
  /** Written with explicit classes (`[0-9]`, not `\d`): servers disagree about what the short ones hold. */
  readonly pattern?: RegExp;
}

/**
 * Zod types that have exactly one BSON type, for collection definitions. What zod itself offers for the rest
 * (`z.string()`, `z.boolean()`, `z.enum()`, `z.array()`, `z.strictObject()`, `.nullable()`, `.optional()`) maps
 * without help.
 */
export const bson = {
  /** A 64-bit integer, `bigint` in TypeScript; money in minor units is always this. */
  long: (range: { readonly min?: bigint; readonly max?: bigint } = {}) =>
    z
      .bigint()
      .min(range.min ?? INT64_MIN)
      .max(range.max ?? INT64_MAX)
      // As text: JSON Schema passes through JSON, which has no bigint. mongoJsonSchema turns it back.
      .meta({ bsonType: 'long', minimum: range.min?.toString(), maximum: range.max?.toString() }),

  /** A 32-bit integer, `number` in TypeScript; counters and revisions. */
  int: (range: { readonly min?: number; readonly max?: number } = {}) =>
    z
      .int32()
      .min(range.min ?? -(2 ** 31))
      .max(range.max ?? 2 ** 31 - 1)
      // The driver sends -0 as a double, which the server refuses.
      .refine((value) => !Object.is(value, -0), { error: 'Invalid input: expected an integer, received -0' })
      .meta({ bsonType: 'int', minimum: range.min, maximum: range.max }),

  /** A moment in time, to the millisecond. */
  date: () => z.date().meta({ bsonType: 'date' }),

  /** Bytes, such as ciphertext. */
  binary: () => z.instanceof(Binary).meta({ bsonType: 'binData' }),

  /**
   * Text with a length limit in characters (Unicode code points), which is how MongoDB counts. `z.string().max()`
   * counts UTF-16 units and would disagree about '😀', so definitions may not use it. Half of a surrogate pair, which the
   * driver would replace, is refused.
   */
  text: ({ minLength = 0, maxLength, pattern }: TextLimits) =>
    (pattern === undefined ? z.string() : z.string().regex(pattern))
      .refine((value) => hasLengthBetween(value, minLength, maxLength), {
        error: `Invalid input: expected ${minLength} to ${maxLength} characters`,
      })
      .refine(isWholeCharacters, { error: 'Invalid input: expected whole characters (Unicode code points)' })
      .meta({ bsonType: 'string', minLength: minLength === 0 ? undefined : minLength, maxLength }),

  /** A small map from names (letters, digits and underscores) to text, such as the parameters of a template. */
  textMap: ({ maxEntries, maxLength }: { readonly maxEntries: number; readonly maxLength: number }) =>
    z
      .record(z.string().regex(MAP_KEY), bson.text({ maxLength }))
      .refine((value) => Object.keys(value).length <= maxEntries, {
        error: `Invalid input: expected at most ${maxEntries} entries`,
      })
      .meta({
        maxProperties: maxEntries,
        propertyNames: undefined,
        patternProperties: { [MAP_KEY.source]: { bsonType: 'string', maxLength } },
        additionalProperties: false,
      }),

  /** An id of ours: a UUID in its canonical lower-case text, the same text that PostgreSQL shows. */
  uuid: () => z.string().regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/),
} as const;
