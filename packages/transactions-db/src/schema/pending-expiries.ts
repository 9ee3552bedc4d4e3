import type { TableDistribution } from '@finova/db-kit/postgres';
import type { Generated } from 'kysely';

/** When what a pending transaction holds is given back; without a row it is held until it is settled. */
export interface PendingExpiriesTable {
  readonly pending_transaction_id: string;
  readonly expires_at: Date;
  readonly created_at: Generated<Date>;
}

/** Beside the hold that expires. */
export const pendingExpiriesDistribution = {
  kind: 'distributed',
  column: 'pending_transaction_id',
  colocatedWith: 'transactions.transactions',
} as const satisfies TableDistribution<PendingExpiriesTable>;
