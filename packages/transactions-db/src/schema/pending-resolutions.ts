import type { TableDistribution } from '@finova/db-kit/postgres';
import type { Generated } from 'kysely';

/** Which transaction settled a pending one: at most one, by primary key. */
export interface PendingResolutionsTable {
  readonly pending_transaction_id: string;
  readonly resolution_transaction_id: string;
  readonly created_at: Generated<Date>;
}

/** Beside the hold that it settles. */
export const pendingResolutionsDistribution = {
  kind: 'distributed',
  column: 'pending_transaction_id',
  colocatedWith: 'transactions.transactions',
} as const satisfies TableDistribution<PendingResolutionsTable>;
