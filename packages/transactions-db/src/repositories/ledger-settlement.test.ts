import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { useLedger } from '../../test/ledger-scenario.ts';
import {
  AlreadyResolvedError,
  AlreadyReversedError,
  CaptureExceedsHoldError,
  HoldExpiredError,
  InsufficientFundsError,
  UnknownTransactionError,
} from '../errors.ts';

import { MovementRepository } from './movement-repository.ts';

const NOBODY = '0198c0de-0000-7000-8000-000000000000';

describe('what becomes of a posting', () => {
  const ledgerTest = useLedger();
  const { transfer, post, hold, funded, balanceOf } = ledgerTest;

  describe('a hold', () => {
    it('takes from what is available and not from what is booked', async () => {
      const [payer, payee] = [await funded(100n), await ledgerTest.database.openAccount()];
      await hold(payer, payee, 70n);
      expect(await balanceOf(payer)).toEqual([100n, 30n]);
      expect(await balanceOf(payee)).toEqual([0n, 0n]);
      await expect(post(payer, payee, 31n)).rejects.toThrow(InsufficientFundsError);
    });

    it('is captured in full', async () => {
      const [payer, payee] = [await funded(100n), await ledgerTest.database.openAccount()];
      const { transactionId } = await hold(payer, payee, 70n);
      const captured = await ledgerTest.database.ledger.capture(ledgerTest.database.nextKey(), {
        pendingTransactionId: transactionId,
      });
      expect(captured.kind).toBe('post');
      expect(await balanceOf(payer)).toEqual([30n, 30n]);
      expect(await balanceOf(payee)).toEqual([70n, 70n]);
    });

    it('is captured in part, and the rest is given back', async () => {
      const [payer, payee] = [await funded(100n), await ledgerTest.database.openAccount()];
      const { transactionId } = await hold(payer, payee, 70n);
      const settlement = { pendingTransactionId: transactionId, amountMinor: 71n };
      const capture = (input: typeof settlement) =>
        ledgerTest.database.ledger.capture(ledgerTest.database.nextKey(), input);
      await expect(capture(settlement)).rejects.toMatchObject({ name: CaptureExceedsHoldError.name, transactionId });
      expect(await balanceOf(payer)).toEqual([100n, 30n]);
      await capture({ ...settlement, amountMinor: 25n });
      expect(await balanceOf(payer)).toEqual([75n, 75n]);
      await expect(capture({ ...settlement, amountMinor: 1n })).rejects.toThrow(AlreadyResolvedError);
    });

    it('of many transfers is captured, told of and reversed in their order', async () => {
      const [payer, payee] = [await funded(1_000n), await ledgerTest.database.openAccount()];
      const amounts = Array.from({ length: 20 }, (_, index) => BigInt(index + 1));
      const { ledger, db, nextKey } = ledgerTest.database;
      const held = await ledger.hold(nextKey(), {
        transfers: amounts.map((amountMinor) => transfer(payer, payee, amountMinor)),
        expiresAt: new Date(Date.now() + 3_600_000),
      });
      const { transactionId } = await ledger.capture(nextKey(), { pendingTransactionId: held.transactionId });
      await ledger.reverse(nextKey(), { transactionId });
      const booked = await db
        .selectFrom('transactions.entries')
        .select('amount_minor')
        .where('account_id', '=', payee)
        .orderBy('account_version')
        .execute();
      expect(booked.map(({ amount_minor }) => amount_minor)).toEqual([...amounts, ...amounts.toReversed()]);
      const movement = (await new MovementRepository(db).ofTransactions([transactionId])).get(transactionId);
      expect(movement?.transfers.map(({ amountMinor }) => amountMinor)).toEqual(amounts);
    });

    it('of several transfers is captured by naming what to take of which', async () => {
      const [payer, shop, courier] = [
        await funded(100n),
        await ledgerTest.database.openAccount(),
        await ledgerTest.database.openAccount(),
      ];
      const { ledger, nextKey } = ledgerTest.database;
      const { transactionId } = await ledger.hold(nextKey(), {
        transfers: [transfer(payer, shop, 60n), transfer(payer, courier, 10n)],
        expiresAt: new Date(Date.now() + 3_600_000),
      });
      const capture = (input: object) => ledger.capture(nextKey(), { pendingTransactionId: transactionId, ...input });
      await expect(capture({ amountMinor: 10n })).rejects.toThrow(CaptureExceedsHoldError);
      await expect(capture({ transfers: [transfer(payer, courier, 11n)] })).rejects.toThrow(CaptureExceedsHoldError);
      await expect(capture({ amountMinor: 1n, transfers: [transfer(payer, shop, 1n)] })).rejects.toThrow(/not both/);
      await capture({ transfers: [transfer(payer, shop, 45n)] });
      expect([await balanceOf(payer), await balanceOf(shop), await balanceOf(courier)]).toEqual([
        [55n, 55n],
        [45n, 45n],
        [0n, 0n],
      ]);
    });

    it('is given back, but not captured, when an account of it was frozen', async () => {
      const [payer, payee] = [await funded(100n), await ledgerTest.database.openAccount()];
      const { transactionId } = await hold(payer, payee, 70n);
      await ledgerTest.database.accounts.changeStatus(payer, 'frozen', 'test');
      const settlement = { pendingTransactionId: transactionId };
      await expect(ledgerTest.database.ledger.capture(ledgerTest.database.nextKey(), settlement)).rejects.toMatchObject(
        { name: 'AccountNotActiveError', accountId: payer },
      );
      await ledgerTest.database.ledger.voidPending(ledgerTest.database.nextKey(), settlement);
      expect(await balanceOf(payer)).toEqual([100n, 100n]);
    });

    it('is given back when voided', async () => {
      const [payer, payee] = [await funded(100n), await ledgerTest.database.openAccount()];
      const { transactionId } = await hold(payer, payee, 70n);
      await ledgerTest.database.ledger.voidPending(ledgerTest.database.nextKey(), {
        pendingTransactionId: transactionId,
      });
      expect(await balanceOf(payer)).toEqual([100n, 100n]);
    });

    it('is given back, and cannot be captured any more, when its time is over', async () => {
      const [payer, payee] = [await funded(100n), await ledgerTest.database.openAccount()];
      const { transactionId } = await hold(payer, payee, 70n, new Date(Date.now() - 1_000));
      const capture = ledgerTest.database.ledger.capture(ledgerTest.database.nextKey(), {
        pendingTransactionId: transactionId,
      });
      await expect(capture).rejects.toThrow(HoldExpiredError);
      expect(await ledgerTest.database.ledger.expireDue()).toBe(1);
      expect(await ledgerTest.database.ledger.expireDue()).toBe(0);
      expect(await balanceOf(payer)).toEqual([100n, 100n]);
    });

    it('captured in time is refused as settled after its time is over', async () => {
      const [payer, payee] = [await funded(100n), await ledgerTest.database.openAccount()];
      const { transactionId } = await hold(payer, payee, 70n, new Date(Date.now() + 200));
      const settlement = { pendingTransactionId: transactionId };
      await ledgerTest.database.ledger.capture(ledgerTest.database.nextKey(), settlement);
      await sql`SELECT pg_sleep(0.25)`.execute(ledgerTest.database.db);
      await expect(ledgerTest.database.ledger.capture(ledgerTest.database.nextKey(), settlement)).rejects.toThrow(
        AlreadyResolvedError,
      );
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
          ledgerTest.database.ledger.expireDue(),
          ledgerTest.database.ledger.expireDue(),
          ...Array.from({ length: 30 }, (_, index) => post(...pair(index * 7), 1n)),
        ]);
        expect([first, second].reduce<number>((sum, expired) => sum + Number(expired), 0)).toBe(30);
      }
    });

    it.each([0, -1, 1.5, 10_001])('expires in no batch of %d', async (batchSize) => {
      await expect(ledgerTest.database.ledger.expireDue(batchSize)).rejects.toThrow();
    });

    it('is settled at most once when capture, void and expiry race', async () => {
      const [payer, payee] = [await funded(1_000n), await ledgerTest.database.openAccount()];
      for (let round = 0; round < 10; round += 1) {
        const { transactionId } = await hold(payer, payee, 10n, new Date(Date.now() + 5));
        const settlement = { pendingTransactionId: transactionId };
        await Promise.allSettled([
          ledgerTest.database.ledger.capture(ledgerTest.database.nextKey(), settlement),
          ledgerTest.database.ledger.voidPending(ledgerTest.database.nextKey(), settlement),
          ledgerTest.database.ledger.expireDue(),
        ]);
        await ledgerTest.database.ledger
          .voidPending(ledgerTest.database.nextKey(), settlement)
          .catch((thrown: unknown) => {
            expect(thrown).toBeInstanceOf(AlreadyResolvedError);
          });
      }
      const [booked = 0n, available] = await balanceOf(payer);
      expect(booked).toBe(available);
      expect((await balanceOf(payee))[0]).toBe(1_000n - booked);
    });

    it('that does not exist cannot be settled', async () => {
      const { transactionId } = await post(await funded(5n), await ledgerTest.database.openAccount(), 5n);
      for (const pendingTransactionId of [NOBODY, transactionId]) {
        await expect(
          ledgerTest.database.ledger.capture(ledgerTest.database.nextKey(), { pendingTransactionId }),
        ).rejects.toThrow(UnknownTransactionError);
      }
    });
  });

  describe('a reversal', () => {
    it('moves back exactly what was moved, once', async () => {
      const [payer, payee] = [await funded(100n), await ledgerTest.database.openAccount()];
      const { transactionId } = await post(payer, payee, 25n);
      expect((await ledgerTest.database.ledger.reverse(ledgerTest.database.nextKey(), { transactionId })).kind).toBe(
        'reversal',
      );
      expect(await balanceOf(payer)).toEqual([100n, 100n]);
      await expect(
        ledgerTest.database.ledger.reverse(ledgerTest.database.nextKey(), { transactionId }),
      ).rejects.toThrow(AlreadyReversedError);
    });

    it('of a reversal or of a hold is refused', async () => {
      const [payer, payee] = [await funded(100n), await ledgerTest.database.openAccount()];
      const { transactionId } = await post(payer, payee, 25n);
      const reversal = await ledgerTest.database.ledger.reverse(ledgerTest.database.nextKey(), { transactionId });
      const pending = await hold(payer, payee, 1n);
      for (const { transactionId: other } of [reversal, pending]) {
        await expect(
          ledgerTest.database.ledger.reverse(ledgerTest.database.nextKey(), { transactionId: other }),
        ).rejects.toThrow(UnknownTransactionError);
      }
    });
  });
});
