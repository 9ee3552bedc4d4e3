import { isPostgresError, newId, SqlState } from '@finova/db-kit';
import type { FieldEncryption, RecordIdentity } from '@finova/db-kit/encryption';
import { postgresText, withTransaction } from '@finova/db-kit/postgres';
import { type Kysely, type Selectable, sql } from 'kysely';
import { z } from 'zod';
import { AccountsRecordNotFoundError, IllegalStatusTransitionError } from '../errors.ts';
import { ibanSchema } from '../iban.ts';
import type { AccountStatus, AccountsDatabase, AccountsTable, CashAccountType, Side } from '../schema/index.ts';
import { addHolder, changeError, insertAccount } from './account-writes.ts';
import {
  type NewAccount,
  type NewInternalAccount,
  newAccount,
  newInternalAccount,
  overdraftLimitMinor,
} from './new-account.ts';

/** An account, decrypted. */
export interface Account {
  readonly id: string;
  readonly currency: string;
  readonly iban: string | undefined;
  readonly isInternal: boolean;
  readonly name: string;
  readonly cashAccountType: CashAccountType;
  readonly normalSide: Side;
  readonly status: AccountStatus;
  /** Minor units; `undefined`: without limit (internal accounts only). */
  readonly overdraftLimitMinor: bigint | undefined;
  readonly openedAt: Date | undefined;
  readonly closedAt: Date | undefined;
}

const statusReason = postgresText(500);

/** Opens, finds and changes accounts. IBANs are encrypted before they leave this process. */
export class AccountRepository {
  readonly #db: Kysely<AccountsDatabase>;
  readonly #encryption: FieldEncryption;

  /** @param db - a database, or a transaction whose boundaries are the caller's. */
  constructor(db: Kysely<AccountsDatabase>, encryption: FieldEncryption) {
    this.#db = db;
    this.#encryption = encryption;
  }

  /**
   * Opens an active account together with its holders.
   *
   * @throws {IbanTakenError | HolderOverlapError | AccountsRecordNotFoundError}
   */
  async open(input: NewAccount): Promise<Account> {
    const { id = newId(), iban, holders, ...account } = newAccount.parse(input);
    const cipher = await this.#encryption.forNewRecord(identity(id));
    const ibanIndex = await this.#ibanIndex(iban);
    return this.#atomically(async (db) => {
      const row = await insertAccount(db, {
        id,
        currency: account.currency,
        data_key: cipher.wrappedKey,
        iban: cipher.encrypt('iban', iban),
        iban_blind_index: ibanIndex,
        name: account.name,
        cash_account_type: account.cashAccountType,
        // A deposit is what the bank owes; a loan is what it is owed.
        normal_side: account.cashAccountType === 'LOAN' ? 'debit' : 'credit',
        status: 'active',
        overdraft_limit_minor: account.overdraftLimitMinor,
      });
      for (const holder of holders) {
        await addHolder(db, id, holder);
      }
      return this.#decrypt(row);
    });
  }

  /**
   * Opens one of the bank's own accounts: active, without IBAN, holders or limit.
   *
   * @throws {AccountsRecordNotFoundError} for an unknown currency.
   */
  async openInternal(input: NewInternalAccount): Promise<Account> {
    const { id = newId(), currency: code, name, normalSide } = newInternalAccount.parse(input);
    const row = await insertAccount(this.#db, {
      id,
      currency: code,
      is_internal: true,
      name,
      cash_account_type: 'SACC',
      normal_side: normalSide,
      status: 'active',
      overdraft_limit_minor: null,
    });
    return this.#decrypt(row);
  }

  async findById(id: string): Promise<Account | undefined> {
    const row = await this.#db.selectFrom('accounts.accounts').selectAll().where('id', '=', id).executeTakeFirst();
    return row && this.#decrypt(row);
  }

  /** Finds by IBAN, with or without spaces, through its blind index. */
  async findByIban(iban: string): Promise<Account | undefined> {
    const row = await this.#db
      .selectFrom('accounts.accounts')
      .selectAll()
      .where('iban_blind_index', '=', await this.#ibanIndex(ibanSchema.parse(iban)))
      .executeTakeFirst();
    return row && this.#decrypt(row);
  }

  /**
   * The accounts a customer may use today, in the order of their ids.
   *
   * @param page - `after`: the last id of the page before; `limit`: 1 to 100.
   */
  async listByCustomer(
    customerId: string,
    page: { readonly after?: string; readonly limit?: number } = {},
  ): Promise<Account[]> {
    const limit = z
      .int()
      .min(1)
      .max(100)
      .parse(page.limit ?? 50);
    let query = this.#db
      .selectFrom('accounts.accounts')
      .selectAll()
      .where('id', 'in', (holders) =>
        holders
          .selectFrom('accounts.account_holders')
          .select('account_id')
          .where('customer_id', '=', customerId)
          .where(sql<boolean>`validity @> current_date`),
      )
      .orderBy('id')
      .limit(limit);
    if (page.after !== undefined) {
      query = query.where('id', '>', page.after);
    }
    return Promise.all((await query.execute()).map((row) => this.#decrypt(row)));
  }

  /**
   * Changes an account's status; a trigger records the change with its reason.
   *
   * @param reason - 1 to 500 characters.
   * @throws {ZodError} for a reason that is none.
   * @throws {IllegalStatusTransitionError | AccountChangeRefusedError | AccountsRecordNotFoundError}
   */
  async changeStatus(id: string, to: AccountStatus, reason: string): Promise<Account> {
    const recorded = statusReason.parse(reason);
    return this.#atomically(async (db) => {
      const before = await db
        .selectFrom('accounts.accounts')
        .select('status')
        .where('id', '=', id)
        .forUpdate()
        .executeTakeFirst();
      if (before === undefined) {
        throw new AccountsRecordNotFoundError('account', id);
      }
      if (before.status === to) {
        throw new IllegalStatusTransitionError(id, before.status, to);
      }
      try {
        await sql`SELECT set_config('accounts.status_reason', ${recorded}, true)`.execute(db);
        const row = await db
          .updateTable('accounts.accounts')
          .set({ status: to })
          .where('id', '=', id)
          .returningAll()
          .executeTakeFirstOrThrow();
        return await this.#decrypt(row);
      } catch (thrown) {
        throw isPostgresError(
          thrown,
          [SqlState.checkViolation],
          ['account_status_transitions_legal', 'accounts_opened_unless_pending', 'accounts_closed_when_closed'],
        )
          ? new IllegalStatusTransitionError(id, before.status, to, thrown)
          : changeError(id, thrown);
      }
    });
  }

  /**
   * Sets how far below zero an account may go.
   *
   * @param limitMinor - minor units, 0 or more.
   * @throws {AccountChangeRefusedError} when the account is further below zero than that.
   * @throws {AccountsRecordNotFoundError}
   */
  async setOverdraftLimit(id: string, limitMinor: bigint): Promise<void> {
    const { numUpdatedRows } = await this.#db
      .updateTable('accounts.accounts')
      .set({ overdraft_limit_minor: overdraftLimitMinor.parse(limitMinor) })
      .where('id', '=', id)
      .executeTakeFirst()
      .catch((thrown: unknown) => {
        throw changeError(id, thrown);
      });
    if (numUpdatedRows === 0n) {
      throw new AccountsRecordNotFoundError('account', id);
    }
  }

  /** Runs `use` in a transaction of its own, or in the caller's. */
  #atomically<T>(use: (db: Kysely<AccountsDatabase>) => Promise<T>): Promise<T> {
    return this.#db.isTransaction ? use(this.#db) : withTransaction(this.#db, use);
  }

  #ibanIndex(iban: string): Promise<Buffer> {
    return this.#encryption.blindIndex({ domain: 'accounts', table: 'accounts', column: 'iban' }, iban);
  }

  async #decrypt(row: Selectable<AccountsTable>): Promise<Account> {
    let iban: string | undefined;
    if (row.iban !== null && row.data_key !== null) {
      const cipher = await this.#encryption.forRecord(identity(row.id), row.data_key);
      iban = cipher.decrypt('iban', row.iban);
    }
    return {
      id: row.id,
      currency: row.currency,
      iban,
      isInternal: row.is_internal,
      name: row.name,
      cashAccountType: row.cash_account_type,
      normalSide: row.normal_side,
      status: row.status,
      overdraftLimitMinor: row.overdraft_limit_minor ?? undefined,
      openedAt: row.opened_at ?? undefined,
      closedAt: row.closed_at ?? undefined,
    };
  }
}

function identity(id: string): RecordIdentity {
  return { domain: 'accounts', table: 'accounts', id };
}
