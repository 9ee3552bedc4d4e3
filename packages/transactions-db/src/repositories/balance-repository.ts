import { type Kysely, type Selectable, sql } from 'kysely';
import { z } from 'zod';
import { EntriesRetiredError } from '../errors.ts';
import { isLedgerRefusal } from '../ledger-errors.ts';
import { withRetries } from '../retry.ts';
import type { BalancesTable, TransactionsDatabase } from '../schema/index.ts';

/** What an account has, in minor units, positive on its normal side. */
export interface Balance {
  readonly accountId: string;
  readonly currency: string;
  /** Everything posted. */
  readonly bookedMinor: bigint;
  /** Booked less what is held, before any overdraft. */
  readonly availableMinor: bigint;
  /** How far available may go below zero; `undefined`: without limit. */
  readonly overdraftLimitMinor: bigint | undefined;
  /** How many entries the account has. */
  readonly version: bigint;
}

/** Reads balances. Only the posting functions change them. */
export class BalanceRepository {
  readonly #db: Kysely<TransactionsDatabase>;

  /** @param db - a database, or a transaction whose boundaries are the caller's. */
  constructor(db: Kysely<TransactionsDatabase>) {
    this.#db = db;
  }

  async get(accountId: string): Promise<Balance | undefined> {
    const row = await this.#db
      .selectFrom('transactions.balances')
      .selectAll()
      .where('account_id', '=', accountId)
      .executeTakeFirst();
    return row && toBalance(row);
  }

  /** The balances of several accounts, in the order of their ids; unknown ones are left out. */
  async list(accountIds: readonly string[]): Promise<Balance[]> {
    if (accountIds.length === 0) {
      return [];
    }
    const rows = await this.#db
      .selectFrom('transactions.balances')
      .selectAll()
      .where('account_id', 'in', accountIds)
      .orderBy('account_id')
      .execute();
    return rows.map(toBalance);
  }

  /**
   * What was booked on an account up to and including a booking date, positive on its normal side; `undefined` for an
   * unknown account. What is booked late counts on the day that it is booked on.
   *
   * @param day - `2026-03-31`
   * @throws {EntriesRetiredError} when the month was retired and this is not its last day.
   */
  async bookedAt(accountId: string, day: string): Promise<bigint | undefined> {
    const query = sql<{ booked_minor: bigint }>`
      SELECT booked_minor FROM transactions.balance_at(${accountId}, ${z.iso.date().parse(day)})`;
    try {
      const { rows } = await withRetries(this.#db, () => query.execute(this.#db));
      return rows[0]?.booked_minor;
    } catch (thrown) {
      throw isLedgerRefusal(thrown, 'entriesRetired') ? new EntriesRetiredError(day, thrown) : thrown;
    }
  }
}

function toBalance(row: Selectable<BalancesTable>): Balance {
  const credits = row.credits_posted_minor - row.debits_posted_minor;
  const isCredit = row.normal_side === 'credit';
  const bookedMinor = isCredit ? credits : -credits;
  return {
    accountId: row.account_id,
    currency: row.currency,
    bookedMinor,
    availableMinor: bookedMinor - (isCredit ? row.debits_pending_minor : row.credits_pending_minor),
    overdraftLimitMinor: row.overdraft_limit_minor ?? undefined,
    version: row.version,
  };
}
