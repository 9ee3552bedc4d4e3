import type { Side } from '@finova/accounts-db';
import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { TransactionKind, TransactionsDatabase } from '../schema/index.ts';

/** One line of an account's statement. */
export interface StatementLine {
  /** 1, 2, 3 … without gaps. */
  readonly version: bigint;
  readonly bookingDate: string;
  readonly direction: Side;
  readonly amountMinor: bigint;
  readonly balanceAfterMinor: bigint;
  readonly transactionId: string;
  readonly kind: TransactionKind;
  readonly description: string | undefined;
  readonly endToEndId: string | undefined;
}

/** One page of a statement, newest first. */
export interface StatementPage {
  readonly lines: readonly StatementLine[];
  /** Give it as `before` to get the next page; `undefined` on the last. */
  readonly next: bigint | undefined;
}

/** Reads statements, page by page. */
export class StatementRepository {
  readonly #db: Kysely<TransactionsDatabase>;

  /** @param db - a database, or a transaction whose boundaries are the caller's. */
  constructor(db: Kysely<TransactionsDatabase>) {
    this.#db = db;
  }

  /**
   * Reads one page, newest first, by key and not by offset: every page costs the same.
   *
   * @param page - `before`: the version that the page before ended with; `limit`: 1 to 500.
   */
  async page(
    accountId: string,
    page: { readonly before?: bigint | undefined; readonly limit?: number } = {},
  ): Promise<StatementPage> {
    const limit = z
      .int()
      .min(1)
      .max(500)
      .parse(page.limit ?? 50);
    let query = this.#db
      .selectFrom('transactions.entries as entry')
      .innerJoin('transactions.transactions as transaction', 'transaction.id', 'entry.transaction_id')
      .select([
        'entry.account_version',
        'entry.booking_date',
        'entry.direction',
        'entry.amount_minor',
        'entry.balance_after_minor',
        'entry.transaction_id',
        'transaction.kind',
        'transaction.description',
        'transaction.end_to_end_id',
      ])
      .where('entry.account_id', '=', accountId)
      .orderBy('entry.account_version', 'desc')
      .limit(limit);
    if (page.before !== undefined) {
      query = query.where('entry.account_version', '<', page.before);
    }
    const lines = (await query.execute()).map((row) => ({
      version: row.account_version,
      bookingDate: row.booking_date,
      direction: row.direction,
      amountMinor: row.amount_minor,
      balanceAfterMinor: row.balance_after_minor,
      transactionId: row.transaction_id,
      kind: row.kind,
      description: row.description ?? undefined,
      endToEndId: row.end_to_end_id ?? undefined,
    }));
    const last = lines.at(-1)?.version;
    return { lines, next: last === undefined || last === 1n ? undefined : last };
  }

  /**
   * All lines of a statement, newest first, read as they are asked for: a page at a time, each by key. Lines that are
   * booked meanwhile are not among them.
   *
   * @param page - `before`: begins below this version; `pageSize`: 1 to 500.
   * @example
   * for await (const line of statements.lines(accountId)) { … }
   */
  async *lines(
    accountId: string,
    page: { readonly before?: bigint | undefined; readonly pageSize?: number } = {},
  ): AsyncGenerator<StatementLine, void, void> {
    let { before } = page;
    do {
      const { lines, next } = await this.page(accountId, { before, limit: page.pageSize ?? 500 });
      yield* lines;
      before = next;
    } while (before !== undefined);
  }
}
