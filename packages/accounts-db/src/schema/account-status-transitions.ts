import type { Generated } from 'kysely';
import type { AccountStatus } from './accounts.ts';

/** One change of an account's status; written by a trigger, never changed. */
export interface AccountStatusTransitionsTable {
  readonly id: Generated<string>;
  readonly account_id: string;
  readonly from_status: AccountStatus;
  readonly to_status: AccountStatus;
  readonly reason: string | null;
  readonly database_user: Generated<string>;
  readonly occurred_at: Generated<Date>;
}
