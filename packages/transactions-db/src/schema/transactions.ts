import type { TableDistribution } from '@finova/db-kit/postgres';
import type { Generated } from 'kysely';

/**
 * `posted`: moved at once. `pending`: held. `post`, `void`, `expire`: what became of a pending one. `reversal`: undoes
 * a posted one.
 */
export type TransactionKind = 'posted' | 'pending' | 'post' | 'void' | 'expire' | 'reversal';

/** What happened; its money is in transfers. Never updated. */
export interface TransactionsTable {
  readonly id: Generated<string>;
  readonly kind: TransactionKind;
  /** `2026-03-01` */
  readonly booking_date: string;
  readonly value_date: string;
  /** ISO 20022 EndToEndId, up to 35 characters. */
  readonly end_to_end_id: string | null;
  readonly description: string | null;
  readonly created_at: Generated<Date>;
}

/** By itself: a transaction belongs to two accounts, and to neither more than to the other. */
export const transactionDistribution = {
  kind: 'distributed',
  column: 'id',
} as const satisfies TableDistribution<TransactionsTable>;
