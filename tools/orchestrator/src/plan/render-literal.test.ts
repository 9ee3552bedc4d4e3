import { withPostgresClient } from '@finova/db-kit/postgres';
import { testPostgresUrl } from '@finova/db-kit/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderLiteral } from './render-literal.ts';
import { inlineParameters } from './render-sql.ts';

describe('a parameter as a literal', () => {
  it('is read by the server as the parameter would be', async () => {
    // PostgreSQL stores no NUL, and no half of a surrogate pair.
    const text = fc.string({ unit: 'binary' }).filter((value) => !value.includes('\0'));
    await withPostgresClient({ url: testPostgresUrl(), applicationName: 'finova tests' }, async (client) => {
      await fc.assert(
        fc.asyncProperty(
          text,
          fc.bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n }),
          fc.uint8Array(),
          async (string, bigint, bytes) => {
            const buffer = Buffer.from(bytes);
            const { rows } = await client.query(
              `SELECT ${renderLiteral(string)} = $1::text AS string, ${renderLiteral(bigint)}::bigint = $2::bigint AS bigint,
               ${renderLiteral(buffer)} = $3::bytea AS bytes, ${renderLiteral([string, 'b'])}::text[] = $4::text[] AS list`,
              [string, bigint, buffer, [string, 'b']],
            );
            expect(rows).toEqual([{ string: true, bigint: true, bytes: true, list: true }]);
          },
        ),
        { numRuns: 200 },
      );
    });
  });

  it.each([
    ['SELECT $1, $2', `SELECT 'a', '-1'`],
    [`SELECT '$1', "$1", $1`, `SELECT '$1', "$1", 'a'`],
    ['SELECT $$ $1 $$, $tag$ $1 $tag$, $1', `SELECT $$ $1 $$, $tag$ $1 $tag$, 'a'`],
    ['SELECT 1 -- $1\n, $1 /* $1 */', `SELECT 1 -- $1\n, 'a' /* $1 */`],
    [`SELECT E'\\'$1', $1`, `SELECT E'\\'$1', 'a'`],
    ['SELECT $12, $1', `SELECT 'l', 'a'`],
  ])('stands where its placeholder was: %s', (sql, inlined) => {
    expect(inlineParameters(sql, ['a', -1n, null, 4, 5, 6, 7, 8, 9, 10, 11, 'l'])).toBe(inlined);
  });
});
