import { Binary } from 'mongodb';
import { z } from 'zod';

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

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
      .meta({ bsonType: 'long', minimum: range.min, maximum: range.max }),

  /** A 32-bit integer, `number` in TypeScript; counters and revisions. */
  int: (range: { readonly min?: number; readonly max?: number } = {}) =>
    z
      .int32()
      .min(range.min ?? -(2 ** 31))
      .max(range.max ?? 2 ** 31 - 1)
      .meta({ bsonType: 'int', minimum: range.min, maximum: range.max }),

  /** A moment in time, to the millisecond. */
  date: () => z.date().meta({ bsonType: 'date' }),

  /** Bytes, such as ciphertext. */
  binary: () => z.instanceof(Binary).meta({ bsonType: 'binData' }),

  /** An id of ours: a UUID in its canonical lower-case text, the same text that PostgreSQL shows. */
  uuid: () => z.string().regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/),
} as const;
