import type { Generated } from 'kysely';

/** Which transaction settled a pending one: at most one, by primary key. */
export interface PendingResolutionsTable {
  readonly pending_transaction_id: string;
  readonly resolution_transaction_id: string;
  readonly created_at: Generated<Date>;
}
