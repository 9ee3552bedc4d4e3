import type { TableDistribution } from '@finova/db-kit/postgres';
import type { Generated } from 'kysely';

/** One amount from one account to another. Never updated. */
export interface TransfersTable {
  readonly id: Generated<string>;
  readonly transaction_id: string;
  readonly debit_account_id: string;
  readonly credit_account_id: string;
  readonly currency: string;
  /** Minor units, above 0. */
  readonly amount_minor: bigint;
  readonly created_at: Generated<Date>;
}

/** Beside the transaction whose money they are. */
export const transfersDistribution = {
  kind: 'distributed',
  column: 'transaction_id',
  colocatedWith: 'transactions.transactions',
} as const satisfies TableDistribution<TransfersTable>;
