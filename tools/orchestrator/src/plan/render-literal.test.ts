import { withPostgresClient } from '@finova/db-kit/postgres';
import { testPostgresUrl } from '@finova/db-kit/testing';
import fc from 'fast-check';
import type { Client } from 'pg';
import { describe, expect, it } from 'vitest';
import { renderLiteral } from './render-literal.ts';

// PostgreSQL stores no NUL, and no half of a surrogate pair.
const text = fc.string({ unit: 'binary' }).filter((value) => !value.includes('\0'));
const date = fc.date({ min: new Date('0001-01-02'), max: new Date('9999-12-30'), noInvalidDate: true });
const bigint = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

/** What a value may be, by the type of the column that it is for. */
const values: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  text: fc.oneof(text, bigint, fc.integer(), fc.boolean(), date, fc.constant(null)),
  bigint,
  smallint: fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 }),
  'double precision': fc.double({ noDefaultInfinity: false }),
  numeric: fc.oneof(bigint, fc.double({ noNaN: true, noDefaultInfinity: true })),
  boolean: fc.oneof(fc.boolean(), fc.constantFrom(0, 1)),
  timestamptz: date,
  timestamp: date,
  date,
  bytea: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  uuid: fc.uuid(),
  jsonb: fc
    .oneof(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.integer()), fc.integer(), fc.boolean())
    .filter((value) => !JSON.stringify(value).includes('\\u0000')),
  'text[]': fc.array(fc.option(text)),
  'uuid[]': fc.array(fc.uuid()),
  'bigint[]': fc.array(bigint),
  'bytea[]': fc.array(fc.uint8Array().map((bytes) => Buffer.from(bytes))),
  'timestamptz[]': fc.array(date),
  'integer[][]': fc.array(fc.tuple(fc.integer(), fc.integer()), { minLength: 1 }),
};

/** What a column of that type holds afterwards. */
async function stored(client: Client, type: string, value: string, parameters: unknown[] = []): Promise<unknown> {
  await client.query('BEGIN');
  try {
    await client.query(`CREATE TEMPORARY TABLE literal (held ${type})`);
    await client.query(`INSERT INTO literal VALUES (${value})`, parameters);
    return (await client.query('SELECT held::text AS held FROM literal')).rows[0]?.held;
  } finally {
    await client.query('ROLLBACK');
  }
}

describe('a parameter as a literal', () => {
  it.each(Object.entries(values))('is stored as the parameter would be: %s', async (type, value) => {
    await withPostgresClient({ url: testPostgresUrl(), applicationName: 'finova tests' }, async (client) => {
      await fc.assert(
        fc.asyncProperty(value, async (sample) => {
          expect(await stored(client, type, renderLiteral(sample))).toBe(await stored(client, type, '$1', [sample]));
        }),
        { numRuns: 25 },
      );
    });
  });

  it('is compared as the parameter would be, whatever the type of the other side', async () => {
    await withPostgresClient({ url: testPostgresUrl(), applicationName: 'finova tests' }, async (client) => {
      const id = '0198a8a0-0000-7000-8000-000000000000';
      const { rows } = await client.query(
        `SELECT '5'::text = ${renderLiteral(5)} AS number, '${id}'::uuid = ANY (${renderLiteral([id])}) AS list`,
      );
      expect(rows).toEqual([{ number: true, list: true }]);
    });
  });
});
