import type { Side } from '@finova/accounts-db';
import type { TableDistribution } from '@finova/db-kit/postgres';
import type { Generated } from 'kysely';

/** One line of an account's statement. Never updated. */
export interface EntriesTable {
  readonly account_id: string;
  /** 1, 2, 3 … without gaps. */
  readonly account_version: bigint;
  readonly booking_date: string;
  readonly transaction_id: string;
  readonly transfer_id: string;
  readonly direction: Side;
  /** Minor units, above 0. */
  readonly amount_minor: bigint;
  /** The booked balance after this entry, positive on the account's normal side. */
  readonly balance_after_minor: bigint;
  readonly created_at: Generated<Date>;
}

/** Beside the balance that they fold to: a statement is read from one server. */
export const entriesDistribution = {
  kind: 'distributed',
  column: 'account_id',
  colocatedWith: 'transactions.balances',
} as const satisfies TableDistribution<EntriesTable>;
