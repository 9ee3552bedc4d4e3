import { newId } from '@finova/db-kit';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AccountsTestDatabase, openAccountsTestDatabase } from '../../test/accounts-test-database.ts';
import { makeIban } from '../iban.ts';
import { AccountHolderRepository } from './account-holder-repository.ts';
import { AccountRepository } from './account-repository.ts';
import { CustomerRepository } from './customer-repository.ts';

const DAY_MS = 86_400_000;

describe('holders of accounts', () => {
  let database: AccountsTestDatabase;
  let accounts: AccountRepository;
  let holders: AccountHolderRepository;
  let ada: string;
  let grace: string;
  let accountId: string;
  const now = new Date();

  beforeAll(async () => {
    database = await openAccountsTestDatabase();
    accounts = new AccountRepository(database.db, database.encryption);
    holders = new AccountHolderRepository(database.db);
    const customers = new CustomerRepository(database.db, database.encryption);
    ({ id: ada } = await customers.register({ fullName: 'Ada Lovelace', email: 'ada@example.com' }));
    ({ id: grace } = await customers.register({ fullName: 'Grace Hopper', email: 'grace@example.com' }));
    ({ id: accountId } = await accounts.open({
      currency: 'JPY',
      iban: makeIban('DE', '370400440000000001'),
      name: 'Travel money',
      cashAccountType: 'CACC',
      holders: [
        { customerId: ada, role: 'owner', from: '2026-01-01' },
        { customerId: grace, role: 'co_owner', from: '2026-01-01' },
      ],
    }));
  });
  afterAll(() => database?.close());

  const idsAt = async (at: Date) =>
    (await holders.heldAt([{ accountId, at }]))[0]?.holders.map(({ customerId }) => customerId);

  it('come with what has to be known of the account, answer by answer', async () => {
    const internal = await accounts.openInternal({ currency: 'EUR', name: 'Clearing', normalSide: 'debit' });
    const asked = [internal.id, newId(), accountId, accountId].map((id) => ({ accountId: id, at: now }));
    const travel = {
      accountId,
      name: 'Travel money',
      currency: 'JPY',
      minorUnitDigits: 0,
      holders: [
        { customerId: ada, role: 'owner' },
        { customerId: grace, role: 'co_owner' },
      ].sort((left, right) => (left.customerId < right.customerId ? -1 : 1)),
    };
    expect(await holders.heldAt(asked)).toEqual([
      { accountId: internal.id, name: 'Clearing', currency: 'EUR', minorUnitDigits: 2, holders: [] },
      undefined,
      travel,
      travel,
    ]);
    expect(await holders.heldAt([])).toEqual([]);
  });

  it('are those of the day that is asked for', async () => {
    await sql`
      UPDATE accounts.account_holders SET validity = daterange('2026-01-01', current_date)
      WHERE customer_id = ${grace}`.execute(database.db);
    expect(await idsAt(now)).toEqual([ada]);
    expect(await idsAt(new Date(now.getTime() - DAY_MS))).toEqual([ada, grace].sort());
    expect(await idsAt(new Date('2025-12-30T12:00:00Z'))).toEqual([]);
  });

  it('stay those of a frozen and of a closed account', async () => {
    await accounts.changeStatus(accountId, 'frozen', 'test');
    expect(await idsAt(now)).toEqual([ada]);
    await accounts.changeStatus(accountId, 'closed', 'test');
    expect(await idsAt(now)).toEqual([ada]);
  });
});
