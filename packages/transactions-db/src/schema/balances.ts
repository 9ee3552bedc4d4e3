import type { AccountStatus, Side } from '@finova/accounts-db';
import type { TableDistribution } from '@finova/db-kit/postgres';
import type { Generated } from 'kysely';

/** The totals of one account, in minor units. Changed by the posting functions only. */
export interface BalancesTable {
  readonly account_id: string;
  readonly currency: string;
  readonly normal_side: Side;
  /** Follows the account in accounts-db, as does the limit. */
  readonly account_status: AccountStatus;
  /** `null`: without limit. */
  readonly overdraft_limit_minor: bigint | null;
  readonly debits_posted_minor: Generated<bigint>;
  readonly credits_posted_minor: Generated<bigint>;
  /** Held by pending transactions. */
  readonly debits_pending_minor: Generated<bigint>;
  readonly credits_pending_minor: Generated<bigint>;
  /** How many entries the account has. */
  readonly version: Generated<bigint>;
}

/** Found and locked by account. */
export const balancesDistribution = {
  kind: 'distributed',
  column: 'account_id',
} as const satisfies TableDistribution<BalancesTable>;
