import { plantShadows, type RefusalScenario } from '@finova/db-kit/testing';
import { sql } from 'kysely';
import { AccountRepository, CustomerRepository, makeIban } from '../../src/index.ts';
import { openAccountsTestDatabase } from '../accounts-test-database.ts';

/**
 * Makes customers and accounts to whom something of everything has happened: `$customer` has owned `$account` since the
 * beginning of 2026, which is frozen, and `$stranger` holds none. `$pending` and `$closed` are the bank's own, and what
 * they say.
 *
 * @param serverUrl - without it, the server of the test run.
 */
export async function openRefusalScenario(serverUrl?: string): Promise<RefusalScenario> {
  const database = await openAccountsTestDatabase(serverUrl);
  const customers = new CustomerRepository(database.db, database.encryption);
  const accounts = new AccountRepository(database.db, database.encryption);
  const customer = await customers.register({ fullName: 'Ada Lovelace', email: 'ada@example.com' });
  const stranger = await customers.register({ fullName: 'Grace Hopper', email: 'grace@example.com' });
  const account = await accounts.open({
    currency: 'EUR',
    iban: makeIban('DE', '370400440532013000'),
    name: 'Current account',
    cashAccountType: 'CACC',
    holders: [{ customerId: customer.id, role: 'owner', from: '2026-01-01' }],
  });
  await accounts.changeStatus(account.id, 'frozen', 'test');
  const closed = await accounts.openInternal({ currency: 'EUR', name: 'Closed', normalSide: 'debit' });
  await accounts.changeStatus(closed.id, 'closed', 'test');
  const pending = await sql<{ id: string }>`
    INSERT INTO accounts.accounts (currency, is_internal, name, cash_account_type, normal_side)
    VALUES ('EUR', true, 'Pending', 'SACC', 'debit') RETURNING id`.execute(database.db);
  await plantShadows(database.url);
  return {
    url: database.url,
    ids: {
      customer: customer.id,
      stranger: stranger.id,
      account: account.id,
      pending: pending.rows[0]?.id ?? '',
      closed: closed.id,
    },
    close: () => database.close(),
  };
}
