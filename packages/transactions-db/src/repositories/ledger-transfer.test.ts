import fc from 'fast-check';
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
import { GroupedPostings } from './grouped-postings.ts';
import type { SingleTransferInput } from './ledger-repository.ts';
import { StatementRepository } from './statement-repository.ts';

const NOBODY = '0198c0de-0000-7000-8000-000000000000';

describe('a single transfer', () => {
  const ledgerTest = useLedger();
  const { transfer, funded, balanceOf } = ledgerTest;
  const postTransfer = (input: SingleTransferInput) =>
    ledgerTest.database.ledger.postTransfer(ledgerTest.database.nextKey(), input);

  it('moves an amount and puts it on both statements, with its days and texts', async () => {
    const [payer, payee] = [await funded(10_000n), await ledgerTest.database.openAccount()];
    const answer = await postTransfer({
      ...transfer(payer, payee, 2_500n),
      bookingDate: '2026-03-01',
      valueDate: '2026-03-02',
      description: 'Lunch',
      endToEndId: 'E2E-1',
    });
    expect(answer).toEqual({ transactionId: expect.any(String), kind: 'posted' });
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
        transactionId: answer.transactionId,
      },
    ]);
  });

  it('has its value on the day that is asked for, else on that on which it is booked', async () => {
    const moved = transfer(ledgerTest.database.clearing, await ledgerTest.database.openAccount(), 1n);
    const valueDateOf = async (input: SingleTransferInput) => {
      const { transactionId } = await postTransfer(input);
      const found = ledgerTest.database.db.selectFrom('transactions.transactions').where('id', '=', transactionId);
      return (await found.select('value_date').executeTakeFirstOrThrow()).value_date;
    };
    expect(await valueDateOf({ ...moved, bookingDate: '2026-03-01', valueDate: '2026-03-02' })).toBe('2026-03-02');
    expect(await valueDateOf({ ...moved, bookingDate: '2026-03-05' })).toBe('2026-03-05');
  });

  it('is the transfer of a transaction that has its id, and of a message', async () => {
    const payee = await ledgerTest.database.openAccount();
    const { transactionId } = await postTransfer(transfer(ledgerTest.database.clearing, payee, 1n));
    const { db } = ledgerTest.database;
    expect(
      await db.selectFrom('transactions.transfers').selectAll().where('transaction_id', '=', transactionId).execute(),
    ).toMatchObject([{ id: transactionId, amount_minor: 1n }]);
    expect(
      await db.selectFrom('transactions.outbox').selectAll().where('key', '=', transactionId).execute(),
    ).toMatchObject([{ topic: 'transaction.posted', payload: { transaction_id: transactionId, kind: 'posted' } }]);
  });

  it('is refused by name, and leaves nothing', async () => {
    const [payer, payee] = [await funded(100n), await ledgerTest.database.openAccount()];
    const frozen = await ledgerTest.database.openAccount();
    await ledgerTest.database.accounts.changeStatus(frozen, 'frozen', 'test');
    const refusals = [
      [transfer(payer, payee, 101n), InsufficientFundsError],
      [transfer(payer, frozen, 1n), AccountNotActiveError],
      [transfer(payer, NOBODY, 1n), UnknownAccountError],
      [transfer(payer, payee, 1n, 'USD'), CurrencyMismatchError],
      [{ ...transfer(payer, payee, 1n), bookingDate: '1999-12-31' }, BookingDateOutOfRangeError],
      [transfer(ledgerTest.database.clearing, payer, 2n ** 63n - 1n), AmountOutOfRangeError],
    ] as const;
    for (const [input, error] of refusals) {
      await expect(postTransfer(input), error.name).rejects.toThrow(error);
    }
    await expect(postTransfer(transfer(payer, payee, 101n))).rejects.toMatchObject({ accountId: payer });
    await expect(postTransfer(transfer(payer, payer, 1n))).rejects.toThrow('expected two accounts');
    await expect(postTransfer(transfer(payer, payee, 0n))).rejects.toThrow('expected bigint');
    await expect(postTransfer({ ...transfer(payer, payee, 1n), description: 'a\0b' })).rejects.toThrow('description');
    expect(await balanceOf(payer)).toEqual([100n, 100n]);
  });

  it('that was refused may be sent again', async () => {
    const [payer, payee] = [await ledgerTest.database.openAccount(), await ledgerTest.database.openAccount()];
    const key = ledgerTest.database.nextKey();
    const { ledger } = ledgerTest.database;
    await expect(ledger.postTransfer(key, transfer(payer, payee, 60n))).rejects.toThrow(InsufficientFundsError);
    await ledgerTest.database.fund(payer, 60n);
    await ledger.postTransfer(key, transfer(payer, payee, 60n));
    expect(await balanceOf(payee)).toEqual([60n, 60n]);
  });

  it('with a key of another one is refused, whatever of it differs', async () => {
    const [payer, payee, other] = [await funded(100n), await funded(100n), await ledgerTest.database.openAccount()];
    const key = ledgerTest.database.nextKey();
    const { ledger } = ledgerTest.database;
    const first = { ...transfer(payer, payee, 1n), description: 'a', endToEndId: 'b', bookingDate: '2026-03-05' };
    await ledger.postTransfer(key, first);
    const others: readonly SingleTransferInput[] = [
      { ...first, amountMinor: 2n },
      { ...first, debitAccountId: payee, creditAccountId: payer },
      { ...first, creditAccountId: other },
      { ...first, currency: 'USD' },
      { ...first, description: 'b', endToEndId: 'a' },
      { ...first, description: `a', 'b` },
      { ...first, bookingDate: '2026-03-06' },
      { ...first, valueDate: '2026-03-05' },
    ];
    for (const input of others) {
      await expect(ledger.postTransfer(key, input)).rejects.toMatchObject({
        name: IdempotencyConflictError.name,
        ...key,
      });
    }
    await expect(ledger.post(key, { transfers: [transfer(payer, payee, 1n)] })).rejects.toThrow(
      IdempotencyConflictError,
    );
    expect(await balanceOf(payer)).toEqual([99n, 99n]);
  });

  it('happens once, whichever way it comes and comes again, 60 at once', async () => {
    const { ledger } = ledgerTest.database;
    const grouped = new GroupedPostings(ledger);
    const [payer, payee] = [await funded(100n), await ledgerTest.database.openAccount()];
    const key = ledgerTest.database.nextKey();
    const item = transfer(payer, payee, 7n);
    const ways = [
      () => ledger.postTransfer(key, item),
      () => grouped.post(key, item),
      async () => {
        const batch = { scope: key.scope, key: ledgerTest.database.nextKey().key };
        const [answer] = await ledger.postBatch(batch, { transfers: [{ ...item, key: key.key }] });
        return answer;
      },
    ];
    const answers = await Promise.all(Array.from({ length: 60 }, (_, index) => ways[index % ways.length]?.()));
    expect(new Set(answers.map((answer) => answer?.transactionId))).toEqual(new Set([answers[0]?.transactionId]));
    expect(await balanceOf(payee)).toEqual([7n, 7n]);
  });

  it('has the key of the same item in a batch, whatever its texts and days', async () => {
    const { ledger, clearing, openAccount } = ledgerTest.database;
    const payee = await openAccount();
    // A day of its own is that of all items of a batch.
    const day = fc.constantFrom(undefined, '2026-03-01', '2026-03-31');
    const text = fc.option(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 4 }), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(
        fc.record({ description: text, endToEndId: text }),
        fc.record({ bookingDate: day, valueDate: day }),
        fc.bigInt({ min: 1n, max: 1_000_000n }),
        fc.boolean(),
        async (texts, days, amountMinor, isBatchFirst) => {
          const key = ledgerTest.database.nextKey();
          const item = { ...transfer(clearing, payee, amountMinor), ...texts };
          const batchKey = { scope: key.scope, key: ledgerTest.database.nextKey().key };
          const ways = [
            () => ledger.postTransfer(key, { ...item, ...days }),
            async () => (await ledger.postBatch(batchKey, { ...days, transfers: [{ ...item, key: key.key }] }))[0],
          ];
          const first = await ways[isBatchFirst ? 1 : 0]?.();
          const second = await ways[isBatchFirst ? 0 : 1]?.();
          expect(second?.transactionId).toBe(first?.transactionId);
        },
      ),
      { numRuns: 25 },
    );
  });
});
