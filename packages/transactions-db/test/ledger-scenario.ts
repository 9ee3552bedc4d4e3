import { afterAll, beforeAll, expect } from 'vitest';
import { BalanceRepository } from '../src/index.ts';
import { findImbalances, type LedgerTestDatabase, openLedgerTestDatabase } from './ledger-test-database.ts';

const HOUR_MS = 3_600_000;

/**
 * Opens a ledger for the tests of one describe block, and closes it when its books balance. Returns what such tests do
 * again and again, in a word each.
 */
export function useLedger() {
  let database: LedgerTestDatabase;

  beforeAll(async () => {
    database = await openLedgerTestDatabase();
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
  return {
    get database() {
      return database;
    },
    transfer,
    post: (debit: string, credit: string, amountMinor: bigint) =>
      database.ledger.post(database.nextKey(), { transfers: [transfer(debit, credit, amountMinor)] }),
    hold: (debit: string, credit: string, amountMinor: bigint, expiresAt = new Date(Date.now() + HOUR_MS)) =>
      database.ledger.hold(database.nextKey(), { transfers: [transfer(debit, credit, amountMinor)], expiresAt }),
    /** A customer's account with this much on it. */
    funded: async (amountMinor: bigint) => {
      const account = await database.openAccount();
      await database.fund(account, amountMinor);
      return account;
    },
    /** What is booked and what is available. */
    balanceOf: async (account: string) => {
      const balance = await new BalanceRepository(database.db).get(account);
      return [balance?.bookedMinor, balance?.availableMinor];
    },
  };
}
