import { isPostgresError, SqlState } from '@finova/db-kit';
import { uuid, withTransaction } from '@finova/db-kit/postgres';
import { type Kysely, sql } from 'kysely';
import { z } from 'zod';
import { HolderNotFoundError, LastOwnerError } from '../errors.ts';
import type { AccountsDatabase, HolderRole } from '../schema/index.ts';
import { addHolder } from './account-writes.ts';

/** A customer's role in an account. */
export interface Holder {
  readonly customerId: string;
  readonly role: HolderRole;
  /** First day: `2026-01-01`. */
  readonly from: string;
  /** The day after the last; `undefined` while no end is set. */
  readonly until: string | undefined;
}

const day = z.iso.date();

const newHolder = z.strictObject({
  customerId: uuid,
  role: z.enum(['owner', 'co_owner', 'authorised']),
  from: day.optional(),
});

/** What giving a customer a role takes; `from` is today without it. */
export type NewHolder = z.input<typeof newHolder>;

/**
 * Says who may use an account, as what, and from when to when. A role that began is never rewritten; it ends.
 *
 * @example
 * await holders.add(accountId, { customerId, role: 'authorised' });
 * await holders.end(accountId, customerId, '2026-12-31');
 */
export class HolderRepository {
  readonly #db: Kysely<AccountsDatabase>;

  /** @param db - a database, or a transaction whose boundaries are the caller's. */
  constructor(db: Kysely<AccountsDatabase>) {
    this.#db = db;
  }

  /**
   * Gives a customer a role in an account.
   *
   * @throws {HolderOverlapError} when the customer has a role in it on one of these days.
   * @throws {AccountsRecordNotFoundError}
   */
  async add(accountId: string, holder: NewHolder): Promise<void> {
    await addHolder(this.#db, accountId, newHolder.parse(holder));
  }

  /**
   * Ends the role that a customer has in an account.
   *
   * @param until - the first day on which it is no more: `2026-12-31`.
   * @throws {LastOwnerError} when nobody else owns the account.
   * @throws {HolderNotFoundError} when no role that began before that day lasts.
   */
  async end(accountId: string, customerId: string, until: string): Promise<void> {
    const last = day.parse(until);
    await this.#atomically(async (db) => {
      const { numUpdatedRows } = await db
        .updateTable('accounts.account_holders')
        .set({ validity: sql<string>`daterange(lower(validity), ${last}::date)` })
        .where('account_id', '=', accountId)
        .where('customer_id', '=', customerId)
        .where(sql<boolean>`upper_inf(validity) AND lower(validity) < ${last}::date`)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) {
        throw new HolderNotFoundError(accountId, customerId);
      }
      try {
        // Otherwise it is found out when the caller commits.
        await sql`SET CONSTRAINTS accounts.account_holders_owner_remains IMMEDIATE`.execute(db);
      } catch (thrown) {
        throw isPostgresError(thrown, [SqlState.checkViolation], ['account_holders_owner_remains'])
          ? new LastOwnerError(accountId, thrown)
          : thrown;
      }
      await sql`SET CONSTRAINTS accounts.account_holders_owner_remains DEFERRED`.execute(db);
    });
  }

  /**
   * Who holds an account on a day, in the order in which they came.
   *
   * @param on - today without it.
   */
  async list(accountId: string, on?: string): Promise<Holder[]> {
    const rows = await this.#db
      .selectFrom('accounts.account_holders')
      .select([
        'customer_id',
        'role',
        sql<string>`lower(validity)::text`.as('from'),
        sql<string | null>`upper(validity)::text`.as('until'),
      ])
      .where('account_id', '=', accountId)
      .where(sql<boolean>`validity @> coalesce(${on === undefined ? null : day.parse(on)}::date, current_date)`)
      .orderBy(sql`lower(validity)`)
      .orderBy('id')
      .execute();
    return rows.map((row) => ({
      customerId: row.customer_id,
      role: row.role,
      from: row.from,
      until: row.until ?? undefined,
    }));
  }

  /** Runs `use` in a transaction of its own, or in the caller's. */
  #atomically<T>(use: (db: Kysely<AccountsDatabase>) => Promise<T>): Promise<T> {
    return this.#db.isTransaction ? use(this.#db) : withTransaction(this.#db, use);
  }
}
