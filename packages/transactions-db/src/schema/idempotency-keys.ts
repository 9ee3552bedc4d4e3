import type { TableDistribution } from '@finova/db-kit/postgres';
import type { Generated } from 'kysely';

/** What was answered to a request that became one transaction. */
export interface TransactionResponse {
  readonly transaction_id: string;
  readonly kind: string;
}

/** What was answered to a batch: an element per item, either a transaction or why there is none. */
export interface BatchResponse {
  readonly kind: 'batch';
  readonly transaction_ids: readonly (string | null)[];
  readonly refusals: readonly (string | null)[];
}

/** What was answered to which request. Never updated. */
export interface IdempotencyKeysTable {
  /** Who makes the keys. */
  readonly scope: string;
  readonly key: string;
  /** SHA-256, 32 bytes. */
  readonly request_hash: Buffer;
  /** What the request became; `null` for a batch. */
  readonly transaction_id: string | null;
  readonly response: TransactionResponse | BatchResponse;
  readonly created_at: Generated<Date>;
}

/** By key, with which every request comes. */
export const idempotencyKeysDistribution = {
  kind: 'distributed',
  column: 'key',
} as const satisfies TableDistribution<IdempotencyKeysTable>;
