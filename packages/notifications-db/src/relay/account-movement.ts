import type { TransactionKind } from '@finova/transactions-db';

/** What one message of the ledger means for one account: what its holders may be told. */
export interface AccountMovement {
  /** `transaction.posted` */
  readonly topic: string;
  readonly transactionId: string;
  readonly kind: TransactionKind;
  readonly accountId: string;
  /** As its holders named it. */
  readonly accountName: string;
  readonly currency: string;
  /** Decimal digits of a minor unit of the currency. */
  readonly minorUnitDigits: number;
  /** Minor units; above 0 when the account was credited, below when it was debited. Never 0. */
  readonly netMinor: bigint;
  /** Customers who held the account when it happened. */
  readonly holderIds: readonly string[];
}

/**
 * Names the event of a notification. A message that comes again names the same ones, which is how what it caused before
 * is recognised; a transaction between two accounts of one customer is two events.
 */
export function eventIdOf({ topic, transactionId, accountId }: AccountMovement): string {
  return `${topic}/${transactionId}/${accountId}`;
}
