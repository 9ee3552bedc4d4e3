import { isPostgresError, newId, SqlState } from '@finova/db-kit';
import type { FieldEncryption, RecordIdentity } from '@finova/db-kit/encryption';
import { postgresText, uuid } from '@finova/db-kit/postgres';
import type { Kysely, Selectable } from 'kysely';
import { z } from 'zod';
import { AccountsRecordNotFoundError, EmailTakenError } from '../errors.ts';
import type { AccountsDatabase, CustomersTable, KycStatus } from '../schema/index.ts';

/** A customer, decrypted. */
export interface Customer {
  readonly id: string;
  readonly kycStatus: KycStatus;
  readonly fullName: string;
  readonly email: string;
  /** E.164: `+4930123456` */
  readonly phone: string | undefined;
  readonly taxId: string | undefined;
  readonly createdAt: Date;
}

const newCustomer = z.strictObject({
  id: uuid.optional(),
  fullName: z.string().trim().pipe(postgresText(140)),
  email: z.email().max(254),
  phone: z.e164().optional(),
  taxId: z.string().trim().pipe(postgresText(35)).optional(),
});

const kycStatusSchema = z.enum(['pending', 'verified', 'rejected']);

/** What registering a customer takes. */
export type NewCustomer = z.input<typeof newCustomer>;

/**
 * Reads and writes customers. What identifies them is encrypted before it leaves this process and decrypted after it
 * comes back.
 */
export class CustomerRepository {
  readonly #db: Kysely<AccountsDatabase>;
  readonly #encryption: FieldEncryption;

  /** @param db - a database, or a transaction whose boundaries are the caller's. */
  constructor(db: Kysely<AccountsDatabase>, encryption: FieldEncryption) {
    this.#db = db;
    this.#encryption = encryption;
  }

  /**
   * Registers a customer whose identity is still to be checked.
   *
   * @throws {EmailTakenError}
   */
  async register(input: NewCustomer): Promise<Customer> {
    const { id = newId(), fullName, email, phone, taxId } = newCustomer.parse(input);
    const cipher = await this.#encryption.forNewRecord(identity(id));
    try {
      const row = await this.#db
        .insertInto('accounts.customers')
        .values({
          id,
          data_key: cipher.wrappedKey,
          full_name: cipher.encrypt('full_name', fullName),
          email: cipher.encrypt('email', email),
          email_blind_index: await this.#emailIndex(email),
          phone: phone === undefined ? null : cipher.encrypt('phone', phone),
          tax_id: taxId === undefined ? null : cipher.encrypt('tax_id', taxId),
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      return await this.#decrypt(row);
    } catch (thrown) {
      throw isPostgresError(thrown, [SqlState.uniqueViolation], ['customers_email_unique'])
        ? new EmailTakenError(thrown)
        : thrown;
    }
  }

  async findById(id: string): Promise<Customer | undefined> {
    const row = await this.#db.selectFrom('accounts.customers').selectAll().where('id', '=', id).executeTakeFirst();
    return row && this.#decrypt(row);
  }

  /** Finds by e-mail address, capital letters or not, through its blind index. */
  async findByEmail(email: string): Promise<Customer | undefined> {
    const row = await this.#db
      .selectFrom('accounts.customers')
      .selectAll()
      .where('email_blind_index', '=', await this.#emailIndex(email))
      .executeTakeFirst();
    return row && this.#decrypt(row);
  }

  /** @throws {AccountsRecordNotFoundError} */
  async setKycStatus(id: string, kycStatus: KycStatus): Promise<void> {
    const { numUpdatedRows } = await this.#db
      .updateTable('accounts.customers')
      .set({ kyc_status: kycStatusSchema.parse(kycStatus) })
      .where('id', '=', id)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) {
      throw new AccountsRecordNotFoundError('customer', id);
    }
  }

  #emailIndex(email: string): Promise<Buffer> {
    const column = { domain: 'accounts', table: 'customers', column: 'email' };
    return this.#encryption.blindIndex(column, email.trim().toLowerCase());
  }

  async #decrypt(row: Selectable<CustomersTable>): Promise<Customer> {
    const cipher = await this.#encryption.forRecord(identity(row.id), row.data_key);
    return {
      id: row.id,
      kycStatus: row.kyc_status,
      fullName: cipher.decrypt('full_name', row.full_name),
      email: cipher.decrypt('email', row.email),
      phone: row.phone === null ? undefined : cipher.decrypt('phone', row.phone),
      taxId: row.tax_id === null ? undefined : cipher.decrypt('tax_id', row.tax_id),
      createdAt: row.created_at,
    };
  }
}

function identity(id: string): RecordIdentity {
  return { domain: 'accounts', table: 'customers', id };
}
