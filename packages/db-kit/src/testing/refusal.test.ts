import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPostgresTestDatabase, type PostgresTestDatabase } from './postgres-test-database.ts';
import { asReplica, byTrigger, expectRows, refusedBy, withRightsOf } from './refusal.ts';
import { amongShadows, plantShadows } from './shadows.ts';
import { testPostgresUrl } from './test-servers.ts';

describe('what refuses a statement', () => {
  let database: PostgresTestDatabase;
  let client: Client;

  beforeAll(async () => {
    database = await createPostgresTestDatabase(testPostgresUrl());
    client = new Client({ connectionString: database.url });
    await client.connect();
    await client.query(`
      CREATE TABLE parents (id integer CONSTRAINT parents_pkey PRIMARY KEY);
      CREATE TABLE children (parent_id integer, month date,
        CONSTRAINT children_parent_exists FOREIGN KEY (parent_id) REFERENCES parents DEFERRABLE INITIALLY DEFERRED,
        CONSTRAINT children_pkey PRIMARY KEY (parent_id, month)) PARTITION BY RANGE (month);
      CREATE TABLE children_2026_01 PARTITION OF children FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
      CREATE FUNCTION compares() RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RETURN ''a''::text < ''b''; END';
      INSERT INTO parents VALUES (1);
      INSERT INTO children VALUES (1, '2026-01-01')`);
    await plantShadows(database.url);
  });
  afterAll(async () => {
    await client?.end();
    await database?.drop();
  });

  it.each<[what: string, statements: string, rule: string | undefined]>([
    ['a constraint by name', 'INSERT INTO parents VALUES ($known)', 'parents_pkey'],
    [
      'a constraint of a partition by the name of the parent’s',
      'INSERT INTO children SELECT * FROM children',
      'children_pkey',
    ],
    ['what is checked at commit', `INSERT INTO children VALUES (2, '2026-01-01')`, 'children_parent_exists'],
    ['a SQLSTATE where no rule has a name', 'INSERT INTO parents VALUES (NULL)', '23502'],
    ['nothing', 'INSERT INTO parents VALUES (2)', undefined],
    ['what refuses it in a trigger', byTrigger('INSERT INTO parents VALUES (1)'), 'parents_pkey'],
    [
      'nothing where triggers of the system are off',
      asReplica(`INSERT INTO children VALUES (2, '2026-01-01')`),
      undefined,
    ],
    ['a missing right', withRightsOf('pg_monitor', 'SELECT FROM parents'), '42501'],
    [
      'nothing where a statement uses shadows',
      amongShadows(`SELECT now() FROM public.parents WHERE id > 1`),
      undefined,
    ],
    ['a shadow that a function uses', amongShadows('SELECT public.compares()'), 'P0001'],
    ['as many rows as expected', expectRows(1, 'SELECT FROM parents'), undefined],
    ['another number of rows', expectRows(2, 'SELECT FROM parents'), '22012'],
  ])('is told: %s', async (_, statements, rule) => {
    expect(await refusedBy(client, statements, { known: '1' })).toBe(rule);
    expect((await client.query('SELECT FROM parents')).rowCount).toBe(1);
  });

  it('leaves a transaction of the caller as it was', async () => {
    await client.query('BEGIN; INSERT INTO parents VALUES (3)');
    expect(await refusedBy(client, 'INSERT INTO parents VALUES (3)', {}, 'savepoint')).toBe('parents_pkey');
    expect(await refusedBy(client, 'INSERT INTO parents VALUES (4)', {}, 'savepoint')).toBeUndefined();
    expect((await client.query('SELECT id FROM parents ORDER BY id')).rows).toEqual([{ id: 1 }, { id: 3 }]);
    // Checked at commit again, not at once.
    await client.query(`INSERT INTO children VALUES (2, '2026-01-01')`);
    await client.query('ROLLBACK');
  });
});
