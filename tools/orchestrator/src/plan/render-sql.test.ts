import { withPostgresClient } from '@finova/db-kit/postgres';
import { testPostgresUrl } from '@finova/db-kit/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderSql } from './render-sql.ts';
import { splitSql } from './sql-tokens.ts';

describe('renderSql', () => {
  it.each([
    ['SELECT $1, $2', `SELECT 'a', '-1';`],
    [`SELECT '$1', "$1", $1`, `SELECT '$1', "$1", 'a';`],
    ['SELECT $$ $1 $$, $tag$ $1 $tag$, $1', `SELECT $$ $1 $$, $tag$ $1 $tag$, 'a';`],
    ['SELECT 1 -- $1\n, $1 /* $1 /* $1 */ $1 */', `SELECT 1 -- $1\n, 'a'; /* $1 /* $1 */ $1 */`],
    [`SELECT E'\\'$1', $1`, `SELECT E'\\'$1', 'a';`],
    [`SELECT DATE'2026-01-01\\', $1`, `SELECT DATE'2026-01-01\\', 'a';`],
    ['SELECT $12, $1, column$1 FROM t', `SELECT 'l', 'a', column$1 FROM t;`],
  ])('puts values where their placeholders are, and only there: %s', (sql, rendered) => {
    expect(renderSql(sql, ['a', -1n, null, 4, 5, 6, 7, 8, 9, 10, 11, 'l'])).toBe(rendered);
  });

  it('leaves the arguments of a function alone', () => {
    const sql = 'CREATE FUNCTION next(integer) RETURNS integer RETURN $1 + 1';
    expect(renderSql(sql, [])).toBe(`${sql};`);
  });

  it.each([
    ['SELECT 1', 'SELECT 1;'],
    ['SELECT 1 ; ;\n', 'SELECT 1;'],
    ['SELECT 1 -- the only one', 'SELECT 1; -- the only one'],
    ['SELECT 1; -- done;', 'SELECT 1; -- done;'],
    [`SELECT ';'`, `SELECT ';';`],
    ['DO $$ BEGIN NULL; END $$;', 'DO $$ BEGIN NULL; END $$;'],
    ['SELECT 1; SELECT 2', 'SELECT 1; SELECT 2;'],
    ['  -- nothing here', '-- nothing here'],
    [' ; ', ''],
  ])('ends a statement by one semicolon: %s', (sql, rendered) => {
    expect(renderSql(sql)).toBe(rendered);
  });

  it.each([
    [
      'that begins on a line of its own',
      '\n      CREATE TABLE a (\n        id integer\n      )',
      'CREATE TABLE a (\n  id integer\n);',
    ],
    [
      'that begins behind its quote',
      'CREATE TABLE a (\n        id integer\n      )',
      'CREATE TABLE a (\n  id integer\n);',
    ],
    ['whose strings span lines', `\n    COMMENT ON TABLE a IS 'one\n  two'\n`, `COMMENT ON TABLE a IS 'one\n  two';`],
    [
      'whose body is kept as it is',
      '\n    CREATE FUNCTION f() RETURNS void LANGUAGE sql\n      AS $$\n      SELECT 1;\n    $$',
      'CREATE FUNCTION f() RETURNS void LANGUAGE sql\n  AS $$\n      SELECT 1;\n    $$;',
    ],
  ])('indents a statement by itself: one %s', (_, sql, rendered) => {
    expect(renderSql(sql)).toBe(rendered);
  });

  it('shows strings of any kind to the server as they were', async () => {
    const piece = fc.oneof(
      fc.constantFrom(`'it''s; -- $1'`, `E'\\'; $1'`, `'/*'`, '$$;\n  $1$$', `$a$$$ '$a$`, `'a\n   b'`, `U&'\\0041'`),
      fc
        .string({ maxLength: 8 })
        .filter((value) => !value.includes('$q$') && !value.endsWith('$'))
        .map((value) => `$q$${value}$q$`),
    );
    const gap = fc.constantFrom(', ', ',\n    ', ', -- one; $1\n', ' /* ; $1 /* $2 */ */,\n  ');
    await withPostgresClient({ url: testPostgresUrl(), applicationName: 'finova tests' }, async (client) => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.tuple(piece, gap), { minLength: 1, maxLength: 6 }), async (parts) => {
          const sql = `\n    SELECT ARRAY[${parts.map(([value, after]) => `${value}${after}`).join('')}$1]::text[] AS list`;
          const [sent, rendered] = [await client.query(sql, ['last']), await client.query(renderSql(sql, ['last']))];
          expect(rendered.rows).toEqual(sent.rows);
        }),
        { numRuns: 100 },
      );
    });
  });
});

describe('splitSql', () => {
  it('loses nothing', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...`'"$eE1a-/*\n;\\ `, '$$', '--', '/*', '*/')), (parts) => {
        const sql = parts.join('');
        expect(
          splitSql(sql)
            .map(({ text }) => text)
            .join(''),
        ).toBe(sql);
      }),
    );
  });
});
