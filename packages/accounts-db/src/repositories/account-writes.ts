import { isPostgresError, SqlState } from '@finova/db-kit';
import type { Kysely, Selectable } from 'kysely';
import {
  AccountChangeRefusedError,
  AccountsRecordNotFoundError,
  HolderOverlapError,
  IbanTakenError,
} from '../errors.ts';
import type { AccountsDatabase, AccountsTable, HolderRole } from '../schema/index.ts';

/** The error for a change that a trigger of another schema refused; anything else comes back unchanged. */
export function changeError(accountId: string, thrown: unknown): unknown {
  if (!isPostgresError(thrown, [SqlState.checkViolation])) {
    return thrown;
  }
  const { schema = 'accounts', constraint = '' } = thrown;
  return schema === 'accounts' ? thrown : new AccountChangeRefusedError(accountId, schema, constraint, thrown);
}

/** @throws {IbanTakenError | AccountsRecordNotFoundError} */
export async function insertAccount(
  db: Kysely<AccountsDatabase>,
  row: Parameters<ReturnType<typeof db.insertInto<'accounts.accounts'>>['values']>[0] & { readonly currency: string },
): Promise<Selectable<AccountsTable>> {
  try {
    return await db.insertInto('accounts.accounts').values(row).returningAll().executeTakeFirstOrThrow();
  } catch (thrown) {
    if (isPostgresError(thrown, [SqlState.uniqueViolation], ['accounts_iban_unique'])) {
      throw new IbanTakenError(thrown);
    }
    throw isPostgresError(thrown, [SqlState.foreignKeyViolation], ['accounts_currency_known'])
      ? new AccountsRecordNotFoundError('currency', row.currency, thrown)
      : thrown;
  }
}

/** @throws {HolderOverlapError | AccountsRecordNotFoundError} */
export async function addHolder(
  db: Kysely<AccountsDatabase>,
  accountId: string,
  holder: { readonly customerId: string; readonly role: HolderRole; readonly from?: string | undefined },
): Promise<void> {
  const { customerId, role, from } = holder;
  try {
    await db
      .insertInto('accounts.account_holders')
      .values({
        account_id: accountId,
        customer_id: customerId,
        role,
        ...(from === undefined ? {} : { validity: `[${from},)` }),
      })
      .execute();
  } catch (thrown) {
    if (isPostgresError(thrown, [SqlState.exclusionViolation], ['account_holders_no_overlap'])) {
      throw new HolderOverlapError(accountId, customerId, thrown);
    }
    if (isPostgresError(thrown, [SqlState.foreignKeyViolation], ['account_holders_account_exists'])) {
      throw new AccountsRecordNotFoundError('account', accountId, thrown);
    }
    throw isPostgresError(thrown, [SqlState.foreignKeyViolation], ['account_holders_customer_exists'])
      ? new AccountsRecordNotFoundError('customer', customerId, thrown)
      : thrown;
  }
}
