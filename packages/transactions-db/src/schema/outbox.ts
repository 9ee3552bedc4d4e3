import type { Generated } from 'kysely';

/** A message about a committed transaction. */
export interface OutboxTable {
  readonly position: Generated<bigint>;
  /** The writing transaction (`xid8`), as text; see the column's comment for how to read without missing any. */
  readonly writer: Generated<string>;
  /** `transaction.posted` */
  readonly topic: string;
  readonly key: string;
  readonly payload: { readonly transaction_id: string; readonly kind: string };
  readonly created_at: Generated<Date>;
}
