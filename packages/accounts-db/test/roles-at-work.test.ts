import { singleConnectionKysely, withPostgresClient } from '@finova/db-kit/postgres';
import { asRole } from '@finova/db-kit/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  AccountRepository,
  type AccountsDatabase,
  CustomerRepository,
  HolderRepository,
  makeIban,
} from '../src/index.ts';
import { type AccountsTestDatabase, openAccountsTestDatabase } from './accounts-test-database.ts';

describe('the repositories, with the rights of the application', () => {
  let database: AccountsTestDatabase;

  beforeAll(async () => {
    database = await openAccountsTestDatabase();
  });
  afterAll(() => database?.close());

  it('do all that they are for', async () => {
    await asRole(database.url, 'finova_accounts_app', async (client) => {
      const db = singleConnectionKysely<AccountsDatabase>(client).db;
      const customers = new CustomerRepository(db, database.encryption);
      const accounts = new AccountRepository(db, database.encryption);
      const holders = new HolderRepository(db);
      const ada = await customers.register({ fullName: 'Ada Lovelace', email: 'ada@example.com', taxId: '1' });
      await customers.setKycStatus(ada.id, 'verified');
      expect(await customers.findByEmail('ADA@example.com')).toMatchObject({ kycStatus: 'verified', taxId: '1' });
      const grace = await customers.register({ fullName: 'Grace Hopper', email: 'grace@example.com' });
      const account = await accounts.open({
        currency: 'EUR',
        iban: makeIban('DE', '370400440532013000'),
        name: 'Current account',
        cashAccountType: 'CACC',
        holders: [{ customerId: ada.id, role: 'owner', from: '2026-01-01' }],
      });
      await accounts.openInternal({ currency: 'EUR', name: 'Clearing', normalSide: 'debit' });
      await accounts.setOverdraftLimit(account.id, 100n);
      await holders.add(account.id, { customerId: grace.id, role: 'authorised', from: '2026-02-01' });
      await holders.end(account.id, grace.id, '2026-03-01');
      expect(await holders.list(account.id, '2026-02-15')).toHaveLength(2);
      await accounts.changeStatus(account.id, 'frozen', 'Card reported stolen');
      expect(await accounts.findByIban('DE89 3704 0044 0532 0130 00')).toMatchObject({
        id: account.id,
        status: 'frozen',
      });
      expect(await accounts.listByCustomer(ada.id)).toHaveLength(1);
      expect(await accounts.changeStatus(account.id, 'closed', 'Asked for')).toMatchObject({ status: 'closed' });
    });
    const { rows } = await withPostgresClient({ url: database.url, applicationName: 'finova tests' }, (client) =>
      client.query('SELECT DISTINCT database_user FROM accounts.account_status_transitions'),
    );
    // The record is written with the owner's rights, and says who it was.
    expect(rows).toEqual([{ database_user: 'finova_accounts_app' }]);
  });
});
