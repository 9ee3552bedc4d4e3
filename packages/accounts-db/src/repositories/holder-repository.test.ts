import { withPostgresClient, withTransaction } from '@finova/db-kit/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AccountsTestDatabase, openAccountsTestDatabase } from '../../test/accounts-test-database.ts';
import {
  AccountRepository,
  AccountsRecordNotFoundError,
  CustomerRepository,
  HolderNotFoundError,
  HolderOverlapError,
  HolderRepository,
  LastOwnerError,
  makeIban,
} from '../index.ts';

const NOBODY = '01890000-0000-7000-8000-00000000dead';

describe('holders', () => {
  let database: AccountsTestDatabase;
  let holders: HolderRepository;
  let ada: string;
  let grace: string;
  let opened = 0;

  beforeAll(async () => {
    database = await openAccountsTestDatabase();
    holders = new HolderRepository(database.db);
    const customers = new CustomerRepository(database.db, database.encryption);
    ada = (await customers.register({ fullName: 'Ada Lovelace', email: 'ada@example.com' })).id;
    grace = (await customers.register({ fullName: 'Grace Hopper', email: 'grace@example.com' })).id;
  });
  afterAll(() => database?.close());

  /** An account that Ada has owned since the beginning of the year. */
  async function open(): Promise<string> {
    opened += 1;
    const account = await new AccountRepository(database.db, database.encryption).open({
      currency: 'EUR',
      iban: makeIban('DE', `37040044${String(opened).padStart(10, '0')}`),
      name: 'Current account',
      cashAccountType: 'CACC',
      holders: [{ customerId: ada, role: 'owner', from: '2026-01-01' }],
    });
    return account.id;
  }

  it('are listed as they were on a day', async () => {
    const account = await open();
    await holders.add(account, { customerId: grace, role: 'authorised', from: '2026-03-01' });
    await holders.end(account, grace, '2026-04-01');
    const owner = { customerId: ada, role: 'owner', from: '2026-01-01', until: undefined };
    expect(await holders.list(account, '2026-02-28')).toEqual([owner]);
    expect(await holders.list(account, '2026-03-31')).toEqual([
      owner,
      { customerId: grace, role: 'authorised', from: '2026-03-01', until: '2026-04-01' },
    ]);
    expect(await holders.list(account, '2026-04-01')).toEqual([owner]);
  });

  it('begin today where no day is given', async () => {
    const account = await open();
    await holders.add(account, { customerId: grace, role: 'co_owner' });
    expect((await holders.list(account)).map(({ customerId }) => customerId)).toEqual([ada, grace]);
  });

  it('have one role on any day', async () => {
    const account = await open();
    await expect(holders.add(account, { customerId: ada, role: 'authorised' })).rejects.toThrow(HolderOverlapError);
  });

  it('are customers, and of an account', async () => {
    const account = await open();
    await expect(holders.add(account, { customerId: NOBODY, role: 'owner' })).rejects.toThrow(
      AccountsRecordNotFoundError,
    );
    await expect(holders.add(NOBODY, { customerId: ada, role: 'owner' })).rejects.toMatchObject({ kind: 'account' });
  });

  it('do not leave an open account without an owner', async () => {
    const account = await open();
    await expect(holders.end(account, ada, '2026-06-01')).rejects.toThrow(LastOwnerError);
    expect(await holders.list(account, '2026-07-01')).toHaveLength(1);
  });

  it('leave a closed one', async () => {
    const account = await open();
    await new AccountRepository(database.db, database.encryption).changeStatus(account, 'closed', 'test');
    await holders.end(account, ada, '2026-06-01');
    expect(await holders.list(account, '2026-07-01')).toEqual([]);
  });

  it('may change in one transaction, whichever comes first', async () => {
    const account = await open();
    await withTransaction(database.db, async (transaction) => {
      const changing = new HolderRepository(transaction);
      await changing.add(account, { customerId: grace, role: 'owner', from: '2026-06-01' });
      await changing.end(account, ada, '2026-06-01');
    });
    expect((await holders.list(account, '2026-05-31')).map(({ customerId }) => customerId)).toEqual([ada]);
    expect((await holders.list(account, '2026-06-01')).map(({ customerId }) => customerId)).toEqual([grace]);
  });

  it('do not both leave when two owners do at once', async () => {
    const account = await open();
    await holders.add(account, { customerId: grace, role: 'owner', from: '2026-01-01' });
    const outcomes = await Promise.allSettled([
      holders.end(account, ada, '2026-06-01'),
      holders.end(account, grace, '2026-06-01'),
    ]);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(await holders.list(account, '2026-07-01')).toHaveLength(1);
  });

  it.each(['READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE'])(
    'do not both leave in two transactions that are %s, neither of which sees the other',
    async (isolation) => {
      const account = await open();
      await holders.add(account, { customerId: grace, role: 'owner', from: '2026-01-01' });
      const leave = (customer: string) =>
        `UPDATE accounts.account_holders SET validity = '[2026-01-01,2026-06-01)'
         WHERE account_id = '${account}' AND customer_id = '${customer}'`;
      const connection = { url: database.url, applicationName: 'finova tests' };
      await withPostgresClient(connection, (first) =>
        withPostgresClient(connection, async (second) => {
          await first.query(`BEGIN ISOLATION LEVEL ${isolation}; ${leave(ada)}`);
          await second.query(`BEGIN ISOLATION LEVEL ${isolation}; ${leave(grace)}`);
          await first.query('COMMIT');
          await expect(second.query('COMMIT')).rejects.toMatchObject({
            code: expect.stringMatching(/^(40001|23514)$/),
          });
        }),
      );
      expect((await holders.list(account, '2026-07-01')).map(({ customerId }) => customerId)).toEqual([grace]);
    },
  );

  it('end once, and not before they began', async () => {
    const account = await open();
    await holders.add(account, { customerId: grace, role: 'authorised', from: '2026-03-01' });
    await expect(holders.end(account, grace, '2026-03-01')).rejects.toThrow(HolderNotFoundError);
    await holders.end(account, grace, '2026-03-02');
    await expect(holders.end(account, grace, '2026-05-01')).rejects.toThrow(HolderNotFoundError);
  });
});
