import type { TableDistribution } from '@finova/db-kit/postgres';
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

/** One server’s transaction numbers give messages their order. */
export const outboxDistribution = {
  kind: 'local',
  why: 'it is read in the order of one server’s transaction numbers',
} as const satisfies TableDistribution<OutboxTable>;
