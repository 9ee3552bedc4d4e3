import { CompiledQuery } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPostgresTestDatabase, type PostgresTestDatabase } from '../testing/postgres-test-database.ts';
import { testPostgresUrl } from '../testing/test-servers.ts';
import { withPostgresClient } from './connect.ts';
import { createPostgresDatabase } from './pool.ts';

let database: PostgresTestDatabase;
beforeAll(async () => {
  database = await createPostgresTestDatabase(testPostgresUrl());
});
afterAll(() => database.drop());

const read = (expression: string) =>
  withPostgresClient({ url: database.url, applicationName: 'finova tests' }, async (client) => {
    await client.query(`SET TIME ZONE 'America/St_Johns'`);
    return (await client.query<{ value: unknown }>(`SELECT ${expression} AS value`)).rows[0]?.value;
  });

describe('a value arrives from PostgreSQL', () => {
  it.each<[string, unknown]>([
    ['9223372036854775807::bigint', 9_223_372_036_854_775_807n],
    ['(-9223372036854775808)::bigint', -9_223_372_036_854_775_808n],
    ['count(*)', 1n],
    ['NULL::bigint', null],
    ['42::int', 42],
    [`'2026-03-01'::date`, '2026-03-01'],
    [`'0044-03-15 BC'::date`, '0044-03-15 BC'],
    [`'infinity'::date`, 'infinity'],
    ['123456789012345678901234567890.10::numeric', '123456789012345678901234567890.10'],
    [`'2026-03-01 09:00:00.123+00'::timestamptz`, new Date('2026-03-01T09:00:00.123Z')],
    [`'\\x464e01'::bytea`, Buffer.from([0x46, 0x4e, 0x01])],
    [`ARRAY[9223372036854775807, NULL, -1]::bigint[]`, [9_223_372_036_854_775_807n, null, -1n]],
    [`ARRAY[]::bigint[]`, []],
    [
      `ARRAY[[1, 2], [3, NULL]]::bigint[]`,
      [
        [1n, 2n],
        [3n, null],
      ],
    ],
    [`'[0:1]={1,2}'::bigint[]`, [1n, 2n]],
    [`ARRAY['2026-03-01', NULL]::date[]`, ['2026-03-01', null]],
    [`ARRAY[0.10, NULL]::numeric[]`, ['0.10', null]],
  ])('%s exactly', async (expression, value) => {
    expect(await read(expression)).toEqual(value);
  });

  it('as what it is whatever style of dates its URL asks for, whose other options hold', async () => {
    const url = `${database.url}?options=${encodeURIComponent('-c DateStyle=German -c lock_timeout=123')}`;
    const query = `
      SELECT '2026-03-01'::date AS day, '2026-03-01 09:00:00+00'::timestamptz AS moment, current_setting('lock_timeout') AS wait`;
    const expected = [{ day: '2026-03-01', moment: new Date('2026-03-01T09:00:00Z'), wait: '123ms' }];
    const connected = await withPostgresClient({ url, applicationName: 'finova tests' }, (client) =>
      client.query(query),
    );
    expect(connected.rows).toEqual(expected);
    const db = createPostgresDatabase({ url, applicationName: 'finova tests' });
    try {
      expect((await db.executeQuery(CompiledQuery.raw(query))).rows).toEqual(expected);
    } finally {
      await db.destroy();
    }
  });
});
