import { withPostgresClient } from '@finova/db-kit/postgres';
import { type RefusalScenario, refusedBy } from '@finova/db-kit/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRefusalScenario, REFUSALS } from './refusals/index.ts';

describe('the database, by raw SQL of its owner', () => {
  let scenario: RefusalScenario;
  let client: Client;

  beforeAll(async () => {
    scenario = await openRefusalScenario();
    client = new Client({ connectionString: scenario.url });
    await client.connect();
  });
  afterAll(async () => {
    await client?.end();
    await scenario?.close();
  });

  it.each(REFUSALS)('decides on %s', async (_, statements, rule) => {
    expect(await refusedBy(client, statements, scenario.ids)).toBe(rule);
  });

  it('has no rule that nothing above is refused by', async () => {
    // Partitions have copies of their parent's rules.
    const { rows } = await client.query<{ name: string }>(
      `SELECT conname AS name FROM pg_constraint
       WHERE connamespace = 'transactions'::regnamespace AND contype NOT IN ('n', 't') AND conparentid = 0 AND conislocal`,
    );
    const tried = new Set(REFUSALS.map(([, , rule]) => rule));
    expect(rows.length).toBeGreaterThan(30);
    expect(rows.map(({ name }) => name).filter((name) => !tried.has(name))).toEqual([]);
  });

  it('guards every partition like the parent, and those made later', async () => {
    const unguarded = () =>
      withPostgresClient({ url: scenario.url, applicationName: 'tests' }, async (other) => {
        const { rows } = await other.query(`SELECT * FROM transactions.missing_guards()`);
        return rows;
      });
    expect(await unguarded()).toEqual([]);
    const make = `SELECT transactions.ensure_partitions('2027-11-15', '2028-02-01') AS made`;
    expect((await client.query(make)).rows).toEqual([{ made: 2 }]);
    expect((await client.query(make)).rows).toEqual([{ made: 0 }]);
    expect(await unguarded()).toEqual([]);
    expect(await refusedBy(client, 'TRUNCATE transactions.entries_2028_02', {})).toBe('entries_append_only');
  });

  it('updates balances in place: no index covers what a posting changes', async () => {
    const { rows } = await client.query<{ columns: string }>(
      `SELECT DISTINCT attname AS columns FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)
       WHERE indrelid = 'transactions.balances'::regclass ORDER BY 1`,
    );
    expect(rows.map(({ columns }) => columns)).toEqual(['account_id']);
  });
});
