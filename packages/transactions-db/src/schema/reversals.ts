import type { Generated } from 'kysely';

/** Which transaction undid another: at most one, by primary key. */
export interface ReversalsTable {
  readonly reversed_transaction_id: string;
  readonly reversal_transaction_id: string;
  readonly created_at: Generated<Date>;
}
