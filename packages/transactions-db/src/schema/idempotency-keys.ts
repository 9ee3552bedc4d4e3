import type { Generated } from 'kysely';

/** What was answered to which request. */
export interface IdempotencyKeysTable {
  /** Who makes the keys. */
  readonly scope: string;
  readonly key: string;
  /** SHA-256, 32 bytes. */
  readonly request_hash: Buffer;
  /** What the request became; `null`, as the response, only inside the transaction that writes it. */
  readonly transaction_id: string | null;
  /** `null` only inside the transaction that writes it. */
  readonly response: { readonly transaction_id: string; readonly kind: string } | null;
  readonly created_at: Generated<Date>;
}
