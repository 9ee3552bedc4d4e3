import { type Kysely, sql } from 'kysely';
import { z } from 'zod';
import { MonthNotReadyError } from '../errors.ts';
import { isLedgerRefusal } from '../ledger-errors.ts';
import { withRetries } from '../retry.ts';
import type { TransactionsDatabase } from '../schema/index.ts';

const day = z.iso.date();

/**
 * The upkeep of the books: partitions made ahead, months closed with their balances, old months taken out, and a check
 * of all of it. To be called by a scheduled job; each call may run again at any time.
 *
 * @example
 * await books.ensurePartitions('2026-04-01', '2027-03-31');
 * await books.takeSnapshots('2026-03-31');
 * const problems = await books.verify({ from: '2026-03-01', to: '2026-03-31' });
 */
export class BooksRepository {
  readonly #db: Kysely<TransactionsDatabase>;

  /** @param db - a database, or a transaction whose boundaries are the caller's. */
  constructor(db: Kysely<TransactionsDatabase>) {
    this.#db = db;
  }

  /**
   * Recomputes what was booked between two days, both included, from transfers and entries, and looks whether everything
   * that guards them is in place. Reads every entry of the accounts that it concerns.
   *
   * @returns what is wrong, a sentence each; nothing when the books are right.
   */
  async verify(range: { readonly from?: string; readonly to?: string } = {}): Promise<string[]> {
    const from = range.from === undefined ? null : day.parse(range.from);
    const to = range.to === undefined ? null : day.parse(range.to);
    const query = sql<{ problem: string }>`SELECT problem FROM transactions.verify(${from}::date, ${to}::date)`;
    const { rows } = await withRetries(this.#db, () => query.execute(this.#db));
    return rows.map(({ problem }) => problem);
  }

  /**
   * Makes the missing monthly partitions between two days, but for months that are closed, and returns how many it made.
   *
   * @throws {MonthNotReadyError} in a transaction of another isolation level than READ COMMITTED.
   */
  async ensurePartitions(from: string, to: string): Promise<number> {
    const { rows } = await sql<{ made: number }>`
      SELECT transactions.ensure_partitions(${day.parse(from)}, ${day.parse(to)}) AS made`
      .execute(this.#db)
      .catch((thrown: unknown) => {
        throw monthError(from, thrown);
      });
    return rows[0]?.made ?? 0;
  }

  /**
   * Closes the months up to `asOf`, the last day of one that is over, and keeps the balance of every account then.
   *
   * @returns how many balances it took now.
   * @throws {MonthNotReadyError} when it is not the last day of a month that is over, in every time zone, or in a
   * transaction of another isolation level than READ COMMITTED.
   */
  async takeSnapshots(asOf: string): Promise<number> {
    const { rows } = await sql<{ taken: number }>`
      SELECT transactions.take_balance_snapshots(${day.parse(asOf)}) AS taken`
      .execute(this.#db)
      .catch((thrown: unknown) => {
        throw monthError(asOf, thrown);
      });
    return rows[0]?.taken ?? 0;
  }

  /**
   * Takes the oldest month out of the entries, into a table of its own.
   *
   * @param anyDay - a day of the month.
   * @returns the name of the table, in schema `transactions`.
   * @throws {MonthNotReadyError} unless its balances were taken, its books are right and no older month is left.
   */
  async retireMonth(anyDay: string): Promise<string> {
    const { rows } = await sql<{ name: string }>`
      SELECT transactions.retire_month(${day.parse(anyDay)}) AS name`
      .execute(this.#db)
      .catch((thrown: unknown) => {
        throw monthError(anyDay, thrown);
      });
    const [row] = rows;
    if (row === undefined) {
      throw new Error('transactions.retire_month returned no row');
    }
    return row.name;
  }
}

function monthError(anyDay: string, thrown: unknown): unknown {
  return isLedgerRefusal(thrown, 'monthNotReady') ? new MonthNotReadyError(anyDay, thrown) : thrown;
}
