import { withTransaction } from '@finova/db-kit/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ZodError } from 'zod';
import { type AccountsTestDatabase, openAccountsTestDatabase } from '../../test/accounts-test-database.ts';
import {
  AccountsRecordNotFoundError,
  HolderOverlapError,
  IbanTakenError,
  IllegalStatusTransitionError,
} from '../errors.ts';
import { makeIban } from '../iban.ts';
import type { AccountStatus } from '../schema/index.ts';
import { AccountRepository } from './account-repository.ts';
import { CustomerRepository } from './customer-repository.ts';
import type { NewAccount } from './new-account.ts';

const NOBODY = '0198c0de-0000-7000-8000-000000000000';

describe('accounts', () => {
  let database: AccountsTestDatabase;
  let accounts: AccountRepository;
  let customerId: string;
  let ibans = 0;

  const nextIban = () => {
    ibans += 1;
    return makeIban('DE', `37040044${String(ibans).padStart(10, '0')}`);
  };
  const newAccount = (overrides: Partial<NewAccount> = {}): NewAccount => ({
    currency: 'EUR',
    iban: nextIban(),
    name: 'Current account',
    cashAccountType: 'CACC',
    holders: [{ customerId, role: 'owner' }],
    ...overrides,
  });

  beforeAll(async () => {
    database = await openAccountsTestDatabase();
    accounts = new AccountRepository(database.db, database.encryption);
    const customers = new CustomerRepository(database.db, database.encryption);
    ({ id: customerId } = await customers.register({ fullName: 'Ada Lovelace', email: 'ada@example.com' }));
  });
  afterAll(() => database?.close());

  it('are opened active, with their holders, and found by id and IBAN', async () => {
    const opened = await accounts.open(
      newAccount({ iban: 'DE89 3704 0044 0532 0130 00', overdraftLimitMinor: 50_000n }),
    );
    expect(opened).toMatchObject({
      status: 'active',
      normalSide: 'credit',
      iban: 'DE89370400440532013000',
      overdraftLimitMinor: 50_000n,
    });
    expect(opened.openedAt).toBeInstanceOf(Date);
    expect(await accounts.findById(opened.id)).toEqual(opened);
    expect(await accounts.findByIban('de89370400440532013000')).toEqual(opened);
  });

  it('have names of up to 70 characters, whatever those are', async () => {
    const name = '🏦'.repeat(70);
    expect((await accounts.open(newAccount({ name }))).name).toBe(name);
    for (const refused of ['', ' ', `${name}x`, 'a\0b', 'a\ud83d']) {
      await expect(accounts.open(newAccount({ name: refused }))).rejects.toThrow(ZodError);
    }
  });

  it('cannot share an IBAN', async () => {
    const iban = nextIban();
    await accounts.open(newAccount({ iban }));
    await expect(accounts.open(newAccount({ iban }))).rejects.toThrow(IbanTakenError);
  });

  it('need a known currency and known holders, and leave nothing behind without', async () => {
    const iban = nextIban();
    await expect(accounts.open(newAccount({ iban, currency: 'XXX' }))).rejects.toThrow(AccountsRecordNotFoundError);
    await expect(accounts.open(newAccount({ iban, holders: [{ customerId: NOBODY, role: 'owner' }] }))).rejects.toThrow(
      AccountsRecordNotFoundError,
    );
    expect(await accounts.findByIban(iban)).toBeUndefined();
  });

  it('need an owner', async () => {
    await expect(accounts.open(newAccount({ holders: [{ customerId, role: 'authorised' }] }))).rejects.toThrow(/owner/);
  });

  it('have each holder once on any day', async () => {
    const holders = [
      { customerId, role: 'owner' as const, from: '2026-01-01' },
      { customerId, role: 'authorised' as const, from: '2026-06-01' },
    ];
    await expect(accounts.open(newAccount({ holders }))).rejects.toThrow(HolderOverlapError);
  });

  it('of the bank itself have no IBAN and no limit', async () => {
    const internal = await accounts.openInternal({ currency: 'EUR', name: 'Clearing', normalSide: 'debit' });
    expect(internal).toMatchObject({
      isInternal: true,
      iban: undefined,
      overdraftLimitMinor: undefined,
      status: 'active',
    });
  });

  it('are listed by customer, page by page', async () => {
    const customers = new CustomerRepository(database.db, database.encryption);
    const { id } = await customers.register({ fullName: 'Collector', email: 'collector@example.com' });
    const opened: string[] = [];
    for (let index = 0; index < 5; index += 1) {
      opened.push((await accounts.open(newAccount({ holders: [{ customerId: id, role: 'owner' }] }))).id);
    }
    const first = await accounts.listByCustomer(id, { limit: 3 });
    const second = await accounts.listByCustomer(id, { limit: 3, after: first.at(-1)?.id ?? '' });
    expect([...first, ...second].map((account) => account.id)).toEqual(opened.sort());
  });

  it('change their overdraft limit, never below zero', async () => {
    const { id } = await accounts.open(newAccount());
    await accounts.setOverdraftLimit(id, 12_345n);
    expect(await accounts.findById(id)).toMatchObject({ overdraftLimitMinor: 12_345n });
    await expect(accounts.setOverdraftLimit(id, -1n)).rejects.toThrow();
    await expect(accounts.setOverdraftLimit(NOBODY, 1n)).rejects.toThrow(AccountsRecordNotFoundError);
  });

  describe('in their life', () => {
    const paths: readonly (readonly AccountStatus[])[] = [
      ['frozen', 'active', 'closed'],
      ['frozen', 'closed'],
      ['closed'],
    ];

    it.each(paths.map((path) => [path.join(' → '), path] as const))('may go active → %s', async (_, path) => {
      const { id } = await accounts.open(newAccount());
      for (const status of path) {
        expect((await accounts.changeStatus(id, status, `to ${status}`)).status).toBe(status);
      }
      const transitions = await database.db
        .selectFrom('accounts.account_status_transitions')
        .select(['from_status', 'to_status', 'reason'])
        .where('account_id', '=', id)
        .orderBy('occurred_at')
        .execute();
      const expected = path.map((status, index) => ({
        from_status: path[index - 1] ?? 'active',
        to_status: status,
        reason: `to ${status}`,
      }));
      expect(transitions).toEqual(expected);
    });

    it.each([
      ['empty', ''],
      ['too long', 'x'.repeat(501)],
      ['with a NUL', 'a\0b'],
    ])('stay as they are for a reason that is %s', async (_, reason) => {
      const { id } = await accounts.open(newAccount());
      await expect(accounts.changeStatus(id, 'frozen', reason)).rejects.toThrow(ZodError);
      expect(await accounts.findById(id)).toMatchObject({ status: 'active' });
    });

    it.each<AccountStatus>(['pending', 'active', 'frozen', 'closed'])(
      'never become %s after being closed',
      async (to) => {
        const { id } = await accounts.open(newAccount());
        await accounts.changeStatus(id, 'closed', 'asked by the customer');
        await expect(accounts.changeStatus(id, to, 'mistake')).rejects.toThrow(IllegalStatusTransitionError);
        expect(await accounts.findById(id)).toMatchObject({ status: 'closed' });
      },
    );

    it('change together with the caller’s transaction, or not at all', async () => {
      const { id } = await accounts.open(newAccount());
      const failing = withTransaction(database.db, async (transaction) => {
        await new AccountRepository(transaction, database.encryption).changeStatus(id, 'frozen', 'suspicion');
        throw new Error('the caller changes its mind');
      });
      await expect(failing).rejects.toThrow('the caller changes its mind');
      expect(await accounts.findById(id)).toMatchObject({ status: 'active' });
    });

    it('are not found when they are not there', async () => {
      await expect(accounts.changeStatus(NOBODY, 'frozen', 'suspicion')).rejects.toThrow(AccountsRecordNotFoundError);
    });
  });
});
