import type { TableDistribution } from '@finova/db-kit/postgres';
import type { Generated } from 'kysely';

/** Which transaction undid another: at most one, by primary key. */
export interface ReversalsTable {
  readonly reversed_transaction_id: string;
  readonly reversal_transaction_id: string;
  readonly created_at: Generated<Date>;
}

/** Beside what it undoes. */
export const reversalsDistribution = {
  kind: 'distributed',
  column: 'reversed_transaction_id',
  colocatedWith: 'transactions.transactions',
} as const satisfies TableDistribution<ReversalsTable>;
