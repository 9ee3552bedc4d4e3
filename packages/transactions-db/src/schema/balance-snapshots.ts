import type { TableDistribution } from '@finova/db-kit/postgres';
import type { Generated } from 'kysely';

/** The totals of an account over all entries booked up to and including a day. Never updated. */
export interface BalanceSnapshotsTable {
  readonly account_id: string;
  /** `2026-03-31` */
  readonly as_of: string;
  readonly account_version: bigint;
  readonly debits_posted_minor: bigint;
  readonly credits_posted_minor: bigint;
  readonly created_at: Generated<Date>;
}

/** Beside the entries that they sum up. */
export const balanceSnapshotsDistribution = {
  kind: 'distributed',
  column: 'account_id',
  colocatedWith: 'transactions.balances',
} as const satisfies TableDistribution<BalanceSnapshotsTable>;
