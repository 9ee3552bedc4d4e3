import { join } from 'node:path';
import { withPostgresClient } from '@finova/db-kit/postgres';
import { findTypeDifferences } from '@finova/db-kit/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AccountsTestDatabase, openAccountsTestDatabase } from './accounts-test-database.ts';

describe('the types of accounts-db', () => {
  let database: AccountsTestDatabase;

  beforeAll(async () => {
    database = await openAccountsTestDatabase();
  });
  afterAll(() => database?.close());

  it('say of every column what the migrated database says', async () => {
    const schemaFile = join(import.meta.dirname, '..', 'src', 'schema', 'index.ts');
    const differences = await withPostgresClient({ url: database.url, applicationName: 'tests' }, (client) =>
      findTypeDifferences(client, 'accounts', schemaFile, 'AccountsDatabase'),
    );
    expect(differences).toEqual([]);
  });
});
