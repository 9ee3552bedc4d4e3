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
    const { rows } = await client.query<{ name: string }>(
      `SELECT conname AS name FROM pg_constraint WHERE connamespace = 'accounts'::regnamespace AND contype <> 'n'`,
    );
    const tried = new Set(REFUSALS.map(([, , rule]) => rule));
    expect(rows.length).toBeGreaterThan(30);
    expect(rows.map(({ name }) => name).filter((name) => !tried.has(name))).toEqual([]);
  });

  it('makes ids that are UUIDs of version 7, of now and in order', async () => {
    const { rows } = await client.query<{ id: string; at: Date }>(
      'SELECT accounts.uuid_v7() AS id, clock_timestamp() AS at FROM generate_series(1, 100)',
    );
    for (const { id, at } of rows) {
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(Math.abs(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16) - at.getTime())).toBeLessThanOrEqual(
        1_000,
      );
    }
    expect(new Set(rows.map(({ id }) => id)).size).toBe(100);
    const milliseconds = rows.map(({ id }) => id.slice(0, 13));
    expect(milliseconds).toEqual(milliseconds.toSorted());
  });
});
