import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withPostgresClient } from '../../postgres/connect.ts';
import { createPostgresTestDatabase, type PostgresTestDatabase } from '../../testing/postgres-test-database.ts';
import { testPostgresUrl } from '../../testing/test-servers.ts';
import { OpeningStatements } from './opening-statements.ts';

const TEXTS = `SELECT 'é' AS accent; BEGIN; SELECT pg_current_xact_id()::text AS id`.split('; ');
const CURRENT_ID = 'SELECT pg_current_xact_id_if_assigned()::text AS id';

describe('the statements that open a transaction', () => {
  let database: PostgresTestDatabase;

  beforeAll(async () => {
    database = await createPostgresTestDatabase(testPostgresUrl());
  });
  afterAll(() => database?.drop());

  const withOpening = (use: (opening: OpeningStatements, client: Client) => Promise<void>) =>
    withPostgresClient({ url: database.url, applicationName: 'finova tests' }, (client) =>
      use(new OpeningStatements(client, TEXTS), client),
    );

  it('go with the first statement, which is answered as if it had gone alone', () =>
    withOpening(async (opening) => {
      const { rows, rowCount, command } = await opening.query(CURRENT_ID, []);
      const [, , begun] = await opening.results();
      expect({ rows, rowCount, command }).toEqual({ rows: begun?.rows, rowCount: 1, command: 'SELECT' });
      expect((await opening.query(CURRENT_ID, [])).rows).toEqual(rows);
    }));

  it('go alone before a statement with values, and where there is none at all', async () => {
    await withOpening(async (opening) => {
      const { rows } = await opening.query(`${CURRENT_ID} WHERE 1 = $1`, [1]);
      expect(rows).toEqual((await opening.results())[2]?.rows);
    });
    await withOpening(async (opening, client) => {
      const [, , begun] = await opening.results();
      expect((await client.query(CURRENT_ID)).rows).toEqual(begun?.rows);
    });
  });

  it('keep their place before statements that nobody waits for', () =>
    withOpening(async (opening) => {
      const answers = await Promise.all([
        opening.query(`${CURRENT_ID} WHERE 1 = $1`, [1]),
        opening.query(CURRENT_ID, []),
        opening.query(CURRENT_ID, []),
      ]);
      const [, , begun] = await opening.results();
      expect(answers.map(({ rows }) => rows)).toEqual(Array.from(answers, () => begun?.rows));
    }));

  it('leave several results to a text of several statements', () =>
    withOpening(async (opening) => {
      const results = (await opening.query('SELECT 1 AS one; SELECT 2 AS two', [])) as unknown as { rows: object[] }[];
      expect(results.map(({ rows }) => rows)).toEqual([[{ one: 1 }], [{ two: 2 }]]);
    }));

  it('do not move the position of a failure', async () => {
    for (const text of ['SELECT nothing', 'SELECT 1 FROM']) {
      await withOpening(async (opening, client) => {
        const alone = await client.query(text).catch((thrown: unknown) => thrown);
        expect(alone).toMatchObject({ position: expect.any(String) });
        await expect(opening.query(text, [])).rejects.toMatchObject({
          position: (alone as Error & { position: string }).position,
        });
        await expect(opening.results()).rejects.toThrow();
      });
    }
  });

  it('that fail keep the first statement from running', () =>
    withPostgresClient({ url: database.url, applicationName: 'finova tests' }, async (client) => {
      const opening = new OpeningStatements(client, ['BEGIN', 'SELECT 1 / 0']);
      const failed = opening.query('CREATE TABLE never_made (id integer)', []);
      await expect(failed).rejects.toMatchObject({ code: '22012', position: undefined });
      await client.query('COMMIT');
      expect((await client.query(`SELECT to_regclass('never_made') AS found`)).rows).toEqual([{ found: null }]);
    }));
});
