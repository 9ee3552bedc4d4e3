import { AccountChangeRefusedError } from '@finova/accounts-db';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findImbalances, type LedgerTestDatabase, openLedgerTestDatabase } from '../../test/ledger-test-database.ts';
import {
  AccountNotActiveError,
  AlreadyResolvedError,
  AlreadyReversedError,
  AmountOutOfRangeError,
  BookingDateOutOfRangeError,
  CurrencyMismatchError,
  HoldExpiredError,
  IdempotencyConflictError,
  InsufficientFundsError,
  UnknownAccountError,
  UnknownTransactionError,
} from '../errors.ts';
import { BalanceRepository } from './balance-repository.ts';
import { StatementRepository } from './statement-repository.ts';

const NOBODY = '0198c0de-0000-7000-8000-000000000000';
const LATER = new Date(Date.now() + 3_600_000);

describe('the ledger', () => {
  let database: LedgerTestDatabase;
  let balances: BalanceRepository;

  beforeAll(async () => {
    database = await openLedgerTestDatabase();
    balances = new BalanceRepository(database.db);
  });
  afterAll(async () => {
    expect(await findImbalances(database.db)).toEqual([]);
    await database.close();
  });

  const transfer = (debitAccountId: string, creditAccountId: string, amountMinor: bigint, currency = 'EUR') => ({
    debitAccountId,
    creditAccountId,
    currency,
    amountMinor,
  });
  const post = (debit: string, credit: string, amountMinor: bigint) =>
    database.ledger.post(database.nextKey(), { transfers: [transfer(debit, credit, amountMinor)] });
  const hold = (debit: string, credit: string, amountMinor: bigint, expiresAt = LATER) =>
    database.ledger.hold(database.nextKey(), { transfers: [transfer(debit, credit, amountMinor)], expiresAt });
  const funded = async (amountMinor: bigint) => {
    const account = await database.openAccount();
    await database.fund(account, amountMinor);
    return account;
  };
  const balanceOf = async (account: string) => {
    const balance = await balances.get(account);
    return [balance?.bookedMinor, balance?.availableMinor];
  };

  it('has a balance of zero for every account from the moment it is opened', async () => {
    expect(await balanceOf(await database.openAccount())).toEqual([0n, 0n]);
  });

  describe('posting', () => {
    it('moves an amount and puts it on both statements', async () => {
      const [payer, payee] = [await funded(10_000n), await database.openAccount()];
      await database.ledger.post(database.nextKey(), {
        transfers: [transfer(payer, payee, 2_500n)],
        bookingDate: '2026-03-01',
        description: 'Lunch',
        endToEndId: 'E2E-1',
      });
      expect(await balanceOf(payer)).toEqual([7_500n, 7_500n]);
      const { lines } = await new StatementRepository(database.db).page(payee);
      expect(lines).toMatchObject([
        {
          version: 1n,
          direction: 'credit',
          amountMinor: 2_500n,
          balanceAfterMinor: 2_500n,
          bookingDate: '2026-03-01',
          description: 'Lunch',
          endToEndId: 'E2E-1',
        },
      ]);
    });

    it('moves several amounts together, or none', async () => {
      const [payer, payee] = [await funded(1_000n), await database.openAccount()];
      const input = { transfers: [transfer(payer, payee, 600n), transfer(payer, payee, 600n)] };
      await expect(database.ledger.post(database.nextKey(), input)).rejects.toThrow(InsufficientFundsError);
      expect(await balanceOf(payer)).toEqual([1_000n, 1_000n]);
      expect(await balanceOf(payee)).toEqual([0n, 0n]);
    });

    it('goes into an agreed overdraft and no further', async () => {
      const [payer, payee] = [await database.openAccount({ overdraftLimitMinor: 500n }), await database.openAccount()];
      await post(payer, payee, 500n);
      expect(await balanceOf(payer)).toEqual([-500n, -500n]);
      await expect(post(payer, payee, 1n)).rejects.toMatchObject({ name: 'InsufficientFundsError', accountId: payer });
    });

    it('refuses unknown accounts, other currencies and months without a partition', async () => {
      const payer = await funded(1_000n);
      const dollars = await database.openAccount({ currency: 'USD' });
      await expect(post(payer, NOBODY, 1n)).rejects.toMatchObject({
        name: UnknownAccountError.name,
        accountId: NOBODY,
      });
      await expect(post(payer, dollars, 1n)).rejects.toThrow(CurrencyMismatchError);
      const inTheFuture = { transfers: [transfer(payer, await database.openAccount(), 1n)], bookingDate: '2099-01-01' };
      await expect(database.ledger.post(database.nextKey(), inTheFuture)).rejects.toThrow(BookingDateOutOfRangeError);
    });

    it.each(['frozen', 'closed'] as const)('refuses accounts that are %s', async (status) => {
      const [payer, payee] = [await funded(100n), await database.openAccount()];
      await database.accounts.changeStatus(payee, status, 'test');
      await expect(post(payer, payee, 1n)).rejects.toMatchObject({
        name: AccountNotActiveError.name,
        accountId: payee,
        status,
      });
    });

    it('refuses one account as both sides, and keys without a scope or longer than fits, at the edge', async () => {
      const [payer, payee] = [await funded(100n), await database.openAccount()];
      await expect(post(payer, payer, 1n)).rejects.toThrow(/expected two accounts/);
      const input = { transfers: [transfer(payer, payee, 1n)] };
      for (const key of [
        { scope: '', key: '1' },
        { scope: 'tests', key: 'x'.repeat(129) },
      ]) {
        await expect(database.ledger.post(key, input)).rejects.toThrow(/Too (?:small|big)/);
      }
      expect(await balanceOf(payer)).toEqual([100n, 100n]);
    });

    it.each([0n, -1n, 2n ** 63n, 1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, '1'])(
      'refuses an amount of %s at the edge',
      async (amount) => {
        const accounts = [await database.openAccount(), await database.openAccount()] as const;
        await expect(post(...accounts, amount as bigint)).rejects.toThrow();
      },
    );

    it('refuses an amount that would overflow an account, and leaves it as it was', async () => {
      const { id: source } = await database.accounts.openInternal({
        currency: 'GBP',
        name: 'Source',
        normalSide: 'debit',
      });
      const full = await database.openAccount({ currency: 'GBP' });
      const fill = (amountMinor: bigint) =>
        database.ledger.post(database.nextKey(), { transfers: [transfer(source, full, amountMinor, 'GBP')] });
      await fill(2n ** 63n - 2n);
      await expect(fill(2n)).rejects.toThrow(AmountOutOfRangeError);
      await fill(1n);
      expect(await balanceOf(full)).toEqual([2n ** 63n - 1n, 2n ** 63n - 1n]);
    });
  });

  describe('an account that the ledger stands on', () => {
    it('is not closed with money on it', async () => {
      const account = await funded(1n);
      await expect(database.accounts.changeStatus(account, 'closed', 'test')).rejects.toMatchObject({
        name: AccountChangeRefusedError.name,
        accountId: account,
        refusedBy: 'transactions',
        constraint: 'balances_empty_when_closed',
      });
      expect(await database.accounts.findById(account)).toMatchObject({ status: 'active' });
    });

    it('keeps an overdraft limit that is in use', async () => {
      const account = await database.openAccount({ overdraftLimitMinor: 500n });
      await post(account, await database.openAccount(), 400n);
      await expect(database.accounts.setOverdraftLimit(account, 399n)).rejects.toThrow(AccountChangeRefusedError);
      await database.accounts.setOverdraftLimit(account, 400n);
      expect(await balances.get(account)).toMatchObject({ overdraftLimitMinor: 400n });
    });
  });

  describe('a repeated request', () => {
    it('is answered as the first and moves nothing again', async () => {
      const [payer, payee] = [await funded(100n), await database.openAccount()];
      const key = database.nextKey();
      const input = { transfers: [transfer(payer, payee, 60n)] };
      const first = await database.ledger.post(key, input);
      expect(await database.ledger.post(key, input)).toEqual(first);
      expect(await balanceOf(payer)).toEqual([40n, 40n]);
    });

    it('with another body or another operation is refused', async () => {
      const [payer, payee] = [await funded(100n), await database.openAccount()];
      const key = database.nextKey();
      const input = { transfers: [transfer(payer, payee, 60n)] };
      await database.ledger.post(key, input);
      const other = { transfers: [transfer(payer, payee, 61n)] };
      await expect(database.ledger.post(key, other)).rejects.toMatchObject({
        name: IdempotencyConflictError.name,
        ...key,
      });
      await expect(database.ledger.hold(key, { ...input, expiresAt: LATER })).rejects.toThrow(IdempotencyConflictError);
    });

    it('may be carried out after the first was refused', async () => {
      const [payer, payee] = [await database.openAccount(), await database.openAccount()];
      const key = database.nextKey();
      const input = { transfers: [transfer(payer, payee, 60n)] };
      await expect(database.ledger.post(key, input)).rejects.toThrow(InsufficientFundsError);
      await database.fund(payer, 60n);
      await database.ledger.post(key, input);
      expect(await balanceOf(payee)).toEqual([60n, 60n]);
    });

    it('sent 20 times at once moves once', async () => {
      const [payer, payee] = [await funded(100n), await database.openAccount()];
      const key = database.nextKey();
      const input = { transfers: [transfer(payer, payee, 5n)] };
      const answers = await Promise.all(Array.from({ length: 20 }, () => database.ledger.post(key, input)));
      expect(new Set(answers.map(({ transactionId }) => transactionId)).size).toBe(1);
      expect(await balanceOf(payee)).toEqual([5n, 5n]);
    });
  });

  describe('a hold', () => {
    it('takes from what is available and not from what is booked', async () => {
      const [payer, payee] = [await funded(100n), await database.openAccount()];
      await hold(payer, payee, 70n);
      expect(await balanceOf(payer)).toEqual([100n, 30n]);
      expect(await balanceOf(payee)).toEqual([0n, 0n]);
      await expect(post(payer, payee, 31n)).rejects.toThrow(InsufficientFundsError);
    });

    it('is captured in full', async () => {
      const [payer, payee] = [await funded(100n), await database.openAccount()];
      const { transactionId } = await hold(payer, payee, 70n);
      const captured = await database.ledger.capture(database.nextKey(), { pendingTransactionId: transactionId });
      expect(captured.kind).toBe('post');
      expect(await balanceOf(payer)).toEqual([30n, 30n]);
      expect(await balanceOf(payee)).toEqual([70n, 70n]);
    });

    it('is given back when voided', async () => {
      const [payer, payee] = [await funded(100n), await database.openAccount()];
      const { transactionId } = await hold(payer, payee, 70n);
      await database.ledger.voidPending(database.nextKey(), { pendingTransactionId: transactionId });
      expect(await balanceOf(payer)).toEqual([100n, 100n]);
    });

    it('is given back, and cannot be captured any more, when its time is over', async () => {
      const [payer, payee] = [await funded(100n), await database.openAccount()];
      const { transactionId } = await hold(payer, payee, 70n, new Date(Date.now() - 1_000));
      const capture = database.ledger.capture(database.nextKey(), { pendingTransactionId: transactionId });
      await expect(capture).rejects.toThrow(HoldExpiredError);
      expect(await database.ledger.expireDue()).toBe(1);
      expect(await database.ledger.expireDue()).toBe(0);
      expect(await balanceOf(payer)).toEqual([100n, 100n]);
    });

    it('captured in time is refused as settled after its time is over', async () => {
      const [payer, payee] = [await funded(100n), await database.openAccount()];
      const { transactionId } = await hold(payer, payee, 70n, new Date(Date.now() + 200));
      const settlement = { pendingTransactionId: transactionId };
      await database.ledger.capture(database.nextKey(), settlement);
      await sql`SELECT pg_sleep(0.25)`.execute(database.db);
      await expect(database.ledger.capture(database.nextKey(), settlement)).rejects.toThrow(AlreadyResolvedError);
    });

    it('expires beside payments over the same accounts without deadlock', async () => {
      const accounts = await Promise.all(Array.from({ length: 6 }, () => funded(10_000n)));
      const pair = (index: number) =>
        [accounts[index % 6] ?? '', accounts[(index + 1 + (index % 5)) % 6] ?? ''] as const;
      const over = Date.now() - 1_000;
      for (let round = 0; round < 3; round += 1) {
        // Falling times: the holds are due in another order than their accounts are locked in.
        await Promise.all(Array.from({ length: 30 }, (_, index) => hold(...pair(index), 1n, new Date(over - index))));
        const [first, second] = await Promise.all([
          database.ledger.expireDue(),
          database.ledger.expireDue(),
          ...Array.from({ length: 30 }, (_, index) => post(...pair(index * 7), 1n)),
        ]);
        expect([first, second].reduce<number>((sum, expired) => sum + Number(expired), 0)).toBe(30);
      }
    });

    it.each([0, -1, 1.5, 10_001])('expires in no batch of %d', async (batchSize) => {
      await expect(database.ledger.expireDue(batchSize)).rejects.toThrow();
    });

    it('is settled at most once when capture, void and expiry race', async () => {
      const [payer, payee] = [await funded(1_000n), await database.openAccount()];
      for (let round = 0; round < 10; round += 1) {
        const { transactionId } = await hold(payer, payee, 10n, new Date(Date.now() + 5));
        const settlement = { pendingTransactionId: transactionId };
        await Promise.allSettled([
          database.ledger.capture(database.nextKey(), settlement),
          database.ledger.voidPending(database.nextKey(), settlement),
          database.ledger.expireDue(),
        ]);
        await database.ledger.voidPending(database.nextKey(), settlement).catch((thrown: unknown) => {
          expect(thrown).toBeInstanceOf(AlreadyResolvedError);
        });
      }
      const [booked = 0n, available] = await balanceOf(payer);
      expect(booked).toBe(available);
      expect((await balanceOf(payee))[0]).toBe(1_000n - booked);
    });

    it('that does not exist cannot be settled', async () => {
      const { transactionId } = await post(await funded(5n), await database.openAccount(), 5n);
      for (const pendingTransactionId of [NOBODY, transactionId]) {
        await expect(database.ledger.capture(database.nextKey(), { pendingTransactionId })).rejects.toThrow(
          UnknownTransactionError,
        );
      }
    });
  });

  describe('a reversal', () => {
    it('moves back exactly what was moved, once', async () => {
      const [payer, payee] = [await funded(100n), await database.openAccount()];
      const { transactionId } = await post(payer, payee, 25n);
      expect((await database.ledger.reverse(database.nextKey(), { transactionId })).kind).toBe('reversal');
      expect(await balanceOf(payer)).toEqual([100n, 100n]);
      await expect(database.ledger.reverse(database.nextKey(), { transactionId })).rejects.toThrow(
        AlreadyReversedError,
      );
    });

    it('of a reversal or of a hold is refused', async () => {
      const [payer, payee] = [await funded(100n), await database.openAccount()];
      const { transactionId } = await post(payer, payee, 25n);
      const reversal = await database.ledger.reverse(database.nextKey(), { transactionId });
      const pending = await hold(payer, payee, 1n);
      for (const { transactionId: other } of [reversal, pending]) {
        await expect(database.ledger.reverse(database.nextKey(), { transactionId: other })).rejects.toThrow(
          UnknownTransactionError,
        );
      }
    });
  });

  describe('under concurrency', () => {
    it('lets opposing transfers pass without deadlock', async () => {
      const [left, right] = [await funded(10_000n), await funded(10_000n)];
      await Promise.all(
        Array.from({ length: 60 }, (_, index) => (index % 2 === 0 ? post(left, right, 7n) : post(right, left, 7n))),
      );
      expect(await balanceOf(left)).toEqual([10_000n, 10_000n]);
    });

    it('never overdraws an account that many drain at once, holds and payments mixed', async () => {
      const [payer, payee] = [await funded(100n), await database.openAccount()];
      const attempts = await Promise.allSettled(
        Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? post(payer, payee, 10n) : hold(payer, payee, 10n))),
      );
      expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
      for (const attempt of attempts) {
        expect(attempt.status === 'rejected' ? attempt.reason : new InsufficientFundsError('', '')).toBeInstanceOf(
          InsufficientFundsError,
        );
      }
      expect((await balanceOf(payer))[1]).toBe(0n);
    });

    it('posts nothing to an account after the freeze that races it', async () => {
      const [payer, payee] = [await funded(1_000n), await database.openAccount()];
      const attempts = Array.from({ length: 30 }, () => post(payer, payee, 1n));
      const freeze = database.accounts.changeStatus(payee, 'frozen', 'race');
      const outcomes = await Promise.allSettled([...attempts, freeze]);
      expect(outcomes.at(-1)?.status).toBe('fulfilled');
      const succeeded = outcomes.slice(0, -1).filter(({ status }) => status === 'fulfilled').length;
      expect((await balanceOf(payee))[0]).toBe(BigInt(succeeded));
      await expect(post(payer, payee, 1n)).rejects.toThrow(AccountNotActiveError);
    });
  });

  it('tells the outbox about each change, in the transaction that makes it', async () => {
    const payer = await funded(10n);
    const { transactionId } = await post(payer, await database.openAccount(), 10n);
    const { rows } = await sql<{ topic: string; payload: unknown }>`
      SELECT topic, payload FROM transactions.outbox WHERE key = ${transactionId}`.execute(database.db);
    expect(rows).toEqual([{ topic: 'transaction.posted', payload: { kind: 'posted', transaction_id: transactionId } }]);
  });
});
