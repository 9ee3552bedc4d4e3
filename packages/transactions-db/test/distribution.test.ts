import { findCitusObstacles, toCitusStatements, withPostgresClient } from '@finova/db-kit/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { transactionsDistribution } from '../src/index.ts';
import { type LedgerTestDatabase, openLedgerTestDatabase } from './ledger-test-database.ts';

describe('the distribution of the ledger', () => {
  let database: LedgerTestDatabase;

  beforeAll(async () => {
    database = await openLedgerTestDatabase();
  });
  afterAll(() => database?.close());

  it('is what Citus is told', async () => {
    const text = `${toCitusStatements(transactionsDistribution).join('\n')}\n`;
    await expect(text).toMatchFileSnapshot('./golden/citus.sql');
  });

  it('names everything of the migrated tables that Citus would refuse', async () => {
    const obstacles = await withPostgresClient({ url: database.url, applicationName: 'tests' }, (client) =>
      findCitusObstacles(client, transactionsDistribution),
    );
    const text = obstacles.map(({ table, object, why }) => `${table} ${object}: ${why}\n`).join('');
    await expect(text).toMatchFileSnapshot('./golden/citus-obstacles.txt');
  });
});
