import { AccountChangeRefusedError } from '@finova/accounts-db';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { useLedger } from '../../test/ledger-scenario.ts';
import {
  AccountNotActiveError,
  AmountOutOfRangeError,
  BookingDateOutOfRangeError,
  CurrencyMismatchError,
  IdempotencyConflictError,
  InsufficientFundsError,
  UnknownAccountError,
} from '../errors.ts';
import { BalanceRepository } from './balance-repository.ts';
import { StatementRepository } from './statement-repository.ts';

const NOBODY = '0198c0de-0000-7000-8000-000000000000';
const LATER = new Date(Date.now() + 3_600_000);

describe('the ledger', () => {
  const ledgerTest = useLedger();
  const { transfer, post, hold, funded, balanceOf } = ledgerTest;

  it('has a balance of zero for every account from the moment it is opened', async () => {
    expect(await balanceOf(await ledgerTest.database.openAccount())).toEqual([0n, 0n]);
  });

  describe('posting', () => {
    it('moves an amount and puts it on both statements', async () => {
      const [payer, payee] = [await funded(10_000n), await ledgerTest.database.openAccount()];
      await ledgerTest.database.ledger.post(ledgerTest.database.nextKey(), {
        transfers: [transfer(payer, payee, 2_500n)],
        bookingDate: '2026-03-01',
        description: 'Lunch',
        endToEndId: 'E2E-1',
      });
      expect(await balanceOf(payer)).toEqual([7_500n, 7_500n]);
      const { lines } = await new StatementRepository(ledgerTest.database.db).page(payee);
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
      const [payer, payee] = [await funded(1_000n), await ledgerTest.database.openAccount()];
      const input = { transfers: [transfer(payer, payee, 600n), transfer(payer, payee, 600n)] };
      await expect(ledgerTest.database.ledger.post(ledgerTest.database.nextKey(), input)).rejects.toThrow(
        InsufficientFundsError,
      );
      expect(await balanceOf(payer)).toEqual([1_000n, 1_000n]);
      expect(await balanceOf(payee)).toEqual([0n, 0n]);
    });

    it('goes into an agreed overdraft and no further', async () => {
      const [payer, payee] = [
        await ledgerTest.database.openAccount({ overdraftLimitMinor: 500n }),
        await ledgerTest.database.openAccount(),
      ];
      await post(payer, payee, 500n);
      expect(await balanceOf(payer)).toEqual([-500n, -500n]);
      await expect(post(payer, payee, 1n)).rejects.toMatchObject({ name: 'InsufficientFundsError', accountId: payer });
    });

    it('refuses unknown accounts, other currencies and months without a partition', async () => {
      const payer = await funded(1_000n);
      const dollars = await ledgerTest.database.openAccount({ currency: 'USD' });
      await expect(post(payer, NOBODY, 1n)).rejects.toMatchObject({
        name: UnknownAccountError.name,
        accountId: NOBODY,
      });
      await expect(post(payer, dollars, 1n)).rejects.toThrow(CurrencyMismatchError);
      const inTwoCurrencies = {
        transfers: [
          transfer(ledgerTest.database.clearing, payer, 1n),
          transfer(ledgerTest.database.clearing, payer, 1n, 'USD'),
        ],
      };
      await expect(ledgerTest.database.ledger.post(ledgerTest.database.nextKey(), inTwoCurrencies)).rejects.toThrow(
        CurrencyMismatchError,
      );
      const inTheFuture = {
        transfers: [transfer(payer, await ledgerTest.database.openAccount(), 1n)],
        bookingDate: '2099-01-01',
      };
      await expect(ledgerTest.database.ledger.post(ledgerTest.database.nextKey(), inTheFuture)).rejects.toThrow(
        BookingDateOutOfRangeError,
      );
    });

    it.each(['frozen', 'closed'] as const)('refuses accounts that are %s', async (status) => {
      const [payer, payee] = [await funded(100n), await ledgerTest.database.openAccount()];
      await ledgerTest.database.accounts.changeStatus(payee, status, 'test');
      await expect(post(payer, payee, 1n)).rejects.toMatchObject({
        name: AccountNotActiveError.name,
        accountId: payee,
        status,
      });
    });

    it('refuses one account as both sides, and keys without a scope or longer than fits, at the edge', async () => {
      const [payer, payee] = [await funded(100n), await ledgerTest.database.openAccount()];
      await expect(post(payer, payer, 1n)).rejects.toThrow(/expected two accounts/);
      const input = { transfers: [transfer(payer, payee, 1n)] };
      for (const key of [
        { scope: '', key: '1' },
        { scope: 'tests', key: 'x'.repeat(129) },
      ]) {
        await expect(ledgerTest.database.ledger.post(key, input)).rejects.toThrow(
          /Too small|expected at most 128 characters/,
        );
      }
      expect(await balanceOf(payer)).toEqual([100n, 100n]);
    });

    it.each([0n, -1n, 2n ** 63n, 1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, '1'])(
      'refuses an amount of %s at the edge',
      async (amount) => {
        const accounts = [await ledgerTest.database.openAccount(), await ledgerTest.database.openAccount()] as const;
        await expect(post(...accounts, amount as bigint)).rejects.toThrow();
      },
    );

    it('refuses an amount that would overflow an account, and leaves it as it was', async () => {
      const { id: source } = await ledgerTest.database.accounts.openInternal({
        currency: 'GBP',
        name: 'Source',
        normalSide: 'debit',
      });
      const full = await ledgerTest.database.openAccount({ currency: 'GBP' });
      const fill = (amountMinor: bigint) =>
        ledgerTest.database.ledger.post(ledgerTest.database.nextKey(), {
          transfers: [transfer(source, full, amountMinor, 'GBP')],
        });
      await fill(2n ** 63n - 2n);
      await expect(fill(2n)).rejects.toThrow(AmountOutOfRangeError);
      await fill(1n);
      expect(await balanceOf(full)).toEqual([2n ** 63n - 1n, 2n ** 63n - 1n]);
    });
  });

  describe('an account that the ledger stands on', () => {
    it('is not closed with money on it', async () => {
      const account = await funded(1n);
      await expect(ledgerTest.database.accounts.changeStatus(account, 'closed', 'test')).rejects.toMatchObject({
        name: AccountChangeRefusedError.name,
        accountId: account,
        refusedBy: 'transactions',
        constraint: 'balances_empty_when_closed',
      });
      expect(await ledgerTest.database.accounts.findById(account)).toMatchObject({ status: 'active' });
    });

    it('keeps an overdraft limit that is in use', async () => {
      const account = await ledgerTest.database.openAccount({ overdraftLimitMinor: 500n });
      await post(account, await ledgerTest.database.openAccount(), 400n);
      await expect(ledgerTest.database.accounts.setOverdraftLimit(account, 399n)).rejects.toThrow(
        AccountChangeRefusedError,
      );
      await ledgerTest.database.accounts.setOverdraftLimit(account, 400n);
      expect(await new BalanceRepository(ledgerTest.database.db).get(account)).toMatchObject({
        overdraftLimitMinor: 400n,
      });
    });
  });

  describe('a repeated request', () => {
    it('is answered as the first and moves nothing again', async () => {
      const [payer, payee] = [await funded(100n), await ledgerTest.database.openAccount()];
      const key = ledgerTest.database.nextKey();
      const input = { transfers: [transfer(payer, payee, 60n)] };
      const first = await ledgerTest.database.ledger.post(key, input);
      expect(await ledgerTest.database.ledger.post(key, input)).toEqual(first);
      expect(await balanceOf(payer)).toEqual([40n, 40n]);
    });

    it('with another body or another operation is refused', async () => {
      const [payer, payee] = [await funded(100n), await ledgerTest.database.openAccount()];
      const key = ledgerTest.database.nextKey();
      const input = { transfers: [transfer(payer, payee, 60n)] };
      await ledgerTest.database.ledger.post(key, input);
      const other = { transfers: [transfer(payer, payee, 61n)] };
      await expect(ledgerTest.database.ledger.post(key, other)).rejects.toMatchObject({
        name: IdempotencyConflictError.name,
        ...key,
      });
      await expect(ledgerTest.database.ledger.hold(key, { ...input, expiresAt: LATER })).rejects.toThrow(
        IdempotencyConflictError,
      );
    });

    it('may be carried out after the first was refused', async () => {
      const [payer, payee] = [await ledgerTest.database.openAccount(), await ledgerTest.database.openAccount()];
      const key = ledgerTest.database.nextKey();
      const input = { transfers: [transfer(payer, payee, 60n)] };
      await expect(ledgerTest.database.ledger.post(key, input)).rejects.toThrow(InsufficientFundsError);
      await ledgerTest.database.fund(payer, 60n);
      await ledgerTest.database.ledger.post(key, input);
      expect(await balanceOf(payee)).toEqual([60n, 60n]);
    });

    it('sent 50 times at once moves once', async () => {
      const [payer, payee] = [await funded(100n), await ledgerTest.database.openAccount()];
      const key = ledgerTest.database.nextKey();
      const input = { transfers: [transfer(payer, payee, 5n)] };
      const answers = await Promise.all(Array.from({ length: 50 }, () => ledgerTest.database.ledger.post(key, input)));
      expect(new Set(answers.map(({ transactionId }) => transactionId)).size).toBe(1);
      expect(await balanceOf(payee)).toEqual([5n, 5n]);
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
      const [payer, payee] = [await funded(100n), await ledgerTest.database.openAccount()];
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
      const [payer, payee] = [await funded(1_000n), await ledgerTest.database.openAccount()];
      const attempts = Array.from({ length: 30 }, () => post(payer, payee, 1n));
      const freeze = ledgerTest.database.accounts.changeStatus(payee, 'frozen', 'race');
      const outcomes = await Promise.allSettled([...attempts, freeze]);
      expect(outcomes.at(-1)?.status).toBe('fulfilled');
      const succeeded = outcomes.slice(0, -1).filter(({ status }) => status === 'fulfilled').length;
      expect((await balanceOf(payee))[0]).toBe(BigInt(succeeded));
      await expect(post(payer, payee, 1n)).rejects.toThrow(AccountNotActiveError);
    });
  });

  it('tells the outbox about each change, in the transaction that makes it', async () => {
    const payer = await funded(10n);
    const { transactionId } = await post(payer, await ledgerTest.database.openAccount(), 10n);
    const { rows } = await sql<{ topic: string; payload: unknown }>`
      SELECT topic, payload FROM transactions.outbox WHERE key = ${transactionId}`.execute(ledgerTest.database.db);
    expect(rows).toEqual([{ topic: 'transaction.posted', payload: { kind: 'posted', transaction_id: transactionId } }]);
  });
});
