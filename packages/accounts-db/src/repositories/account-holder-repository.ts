import { type Kysely, sql } from 'kysely';
import type { AccountsDatabase, HolderRole } from '../schema/index.ts';

/** An account on one day, as far as whoever tells its holders about it has to know. */
export interface HeldAccount {
  readonly accountId: string;
  readonly name: string;
  readonly currency: string;
  /** Decimal digits of a minor unit of the currency: EUR 2, JPY 0, KWD 3. */
  readonly minorUnitDigits: number;
  /** In the order of their ids; none for the bank's own accounts. */
  readonly holders: readonly { readonly customerId: string; readonly role: HolderRole }[];
}

/** Finds who may use accounts. Reads nothing that is encrypted, so that it needs no key. */
export class AccountHolderRepository {
  readonly #db: Kysely<AccountsDatabase>;

  /** @param db - a database, or a transaction whose boundaries are the caller's. */
  constructor(db: Kysely<AccountsDatabase>) {
    this.#db = db;
  }

  /**
   * Who held accounts on the days of some moments. What became of an account since, such as that it was frozen or closed,
   * changes nothing about that.
   *
   * @param questions - an account's id and a moment each; days are those of the session's time zone, as those in which
   * holders are entered.
   * @returns an answer for each, in their order; `undefined` for an unknown account.
   * @example
   * const [account] = await holders.heldAt([{ accountId, at: new Date() }]);
   */
  async heldAt(
    questions: readonly { readonly accountId: string; readonly at: Date }[],
  ): Promise<readonly (HeldAccount | undefined)[]> {
    const accountIds = questions.map(({ accountId }) => accountId);
    const moments = questions.map(({ at }) => at.toISOString());
    const { rows } = await sql<HeldAccountRow>`
      SELECT asked.number, account.id, account.name, account.currency, minor_unit_digits, customer_id, role
      FROM unnest(${accountIds}::uuid[], ${moments}::timestamptz[]) WITH ORDINALITY AS asked(account_id, moment, number)
      JOIN accounts.accounts AS account ON account.id = asked.account_id
      JOIN accounts.currencies ON code = account.currency
      LEFT JOIN accounts.account_holders AS holder
        ON holder.account_id = account.id AND holder.validity @> asked.moment::date
      ORDER BY asked.number, customer_id`.execute(this.#db);
    const answers: (HeldAccount | undefined)[] = questions.map(() => undefined);
    for (const { number, id, name, currency, minor_unit_digits, customer_id, role } of rows) {
      const index = Number(number) - 1;
      const holders = [
        ...(answers[index]?.holders ?? []),
        ...(customer_id === null || role === null ? [] : [{ customerId: customer_id, role }]),
      ];
      answers[index] = { accountId: id, name, currency, minorUnitDigits: minor_unit_digits, holders };
    }
    return answers;
  }
}

interface HeldAccountRow {
  readonly number: bigint;
  readonly id: string;
  readonly name: string;
  readonly currency: string;
  readonly minor_unit_digits: number;
  readonly customer_id: string | null;
  readonly role: HolderRole | null;
}
