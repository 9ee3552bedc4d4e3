import { join } from 'node:path';
import { withPostgresClient } from '@finova/db-kit/postgres';
import { findTypeDifferences } from '@finova/db-kit/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LedgerTestDatabase, openLedgerTestDatabase } from './ledger-test-database.ts';

describe('the types of transactions-db', () => {
  let database: LedgerTestDatabase;

  beforeAll(async () => {
    database = await openLedgerTestDatabase();
  });
  afterAll(() => database?.close());

  it('say of every column what the migrated database says', async () => {
    const schemaFile = join(import.meta.dirname, '..', 'src', 'schema', 'index.ts');
    const differences = await withPostgresClient({ url: database.url, applicationName: 'tests' }, (client) =>
      findTypeDifferences(client, 'transactions', schemaFile, 'TransactionsDatabase'),
    );
    expect(differences).toEqual([]);
  });
});
