import { FinovaError } from '@finova/db-kit';

/** A posting or hold would take an account below minus its overdraft limit. */
export class InsufficientFundsError extends FinovaError {
  readonly accountId: string;

  constructor(accountId: string, cause: unknown) {
    super({
      message: `Account ${accountId} has not enough available: nothing was moved`,
      next: 'wait for funds, or raise the overdraft limit',
      cause,
    });
    this.accountId = accountId;
  }
}

/** An account that takes part is pending, frozen or closed. */
export class AccountNotActiveError extends FinovaError {
  readonly accountId: string;
  readonly status: string;

  constructor(accountId: string, status: string, cause: unknown) {
    super({
      message: `Account ${accountId} takes no postings: expected it active, found it ${status}`,
      next: 'activate the account, or use another one',
      cause,
    });
    this.accountId = accountId;
    this.status = status;
  }
}

/** An account that takes part does not exist. */
export class UnknownAccountError extends FinovaError {
  readonly accountId: string;

  constructor(accountId: string, cause: unknown) {
    super({ message: `There is no account ${accountId} in the ledger`, next: 'check the account id', cause });
    this.accountId = accountId;
  }
}

/** A transfer's currency is not the currency of both of its accounts. */
export class CurrencyMismatchError extends FinovaError {
  constructor(cause: unknown) {
    super({
      message: 'A transfer is in another currency than one of its accounts: nothing was moved',
      next: 'exchange through accounts of both currencies',
      cause,
    });
  }
}

/** The idempotency key was used before, for another request. */
export class IdempotencyConflictError extends FinovaError {
  readonly scope: string;
  readonly key: string;

  constructor(scope: string, key: string, cause: unknown) {
    super({
      message: `Idempotency key ${scope}/${key} was used for another request: nothing was moved`,
      next: 'use a new key for a new request, and the same request for a retry',
      cause,
    });
    this.scope = scope;
    this.key = key;
  }
}

/** Too many transfers wait to be posted together: the database does not keep up. */
export class PostingQueueFullError extends FinovaError {
  readonly maxWaiting: number;

  constructor(maxWaiting: number) {
    super({
      message: `${maxWaiting} transfers wait to be posted already, as many as may: nothing was moved`,
      next: 'post it again later with the same key, and pass the pressure on to who sends so many',
    });
    this.maxWaiting = maxWaiting;
  }
}

/** The transaction to settle or reverse does not exist, or is of another kind. */
export class UnknownTransactionError extends FinovaError {
  readonly transactionId: string;

  constructor(transactionId: string, cause: unknown) {
    super({
      message: `Transaction ${transactionId} does not exist or is not of the kind that this needs`,
      next: 'check the transaction id',
      cause,
    });
    this.transactionId = transactionId;
  }
}

/** The hold was captured, voided or expired before. */
export class AlreadyResolvedError extends FinovaError {
  constructor(cause: unknown) {
    super({
      message: 'The pending transaction was settled already: nothing was moved',
      next: 'read it to see what became of it',
      cause,
    });
  }
}

/** The hold's time is over. */
export class HoldExpiredError extends FinovaError {
  readonly transactionId: string;

  constructor(transactionId: string, cause: unknown) {
    super({
      message: `Pending transaction ${transactionId} has expired: nothing was moved`,
      next: 'hold the amount again',
      cause,
    });
    this.transactionId = transactionId;
  }
}

/** The transaction was reversed before. */
export class AlreadyReversedError extends FinovaError {
  constructor(cause: unknown) {
    super({
      message: 'The transaction was reversed already: nothing was moved',
      next: 'read it to see its reversal',
      cause,
    });
  }
}

/** There is no partition of entries for the booking date. */
export class BookingDateOutOfRangeError extends FinovaError {
  constructor(cause: unknown) {
    super({
      message: 'The booking date lies in a month that the ledger has no partition for: nothing was moved',
      next: 'check the date, or make the partition with transactions.ensure_partitions',
      cause,
    });
  }
}

/** A total would leave the range of 64-bit integers. */
export class AmountOutOfRangeError extends FinovaError {
  constructor(cause: unknown) {
    super({
      message: 'A total of an account would leave the range of 64-bit integers: nothing was moved',
      next: 'check the amount, or move on to a fresh account',
      cause,
    });
  }
}

/** More was to be captured than the hold holds, or it has several transfers and an amount alone does not say which. */
export class CaptureExceedsHoldError extends FinovaError {
  readonly transactionId: string;

  constructor(transactionId: string, cause: unknown) {
    super({
      message: `Pending transaction ${transactionId} does not hold what was to be captured: nothing was moved`,
      next: 'capture no more than it holds; name the transfers when it has several',
      cause,
    });
    this.transactionId = transactionId;
  }
}

/** The booking date lies in a month whose balances were taken. */
export class MonthClosedError extends FinovaError {
  readonly bookingDate: string;

  constructor(bookingDate: string, cause: unknown) {
    super({
      message: `The month of ${bookingDate} is closed: nothing was moved`,
      next: 'book it in an open month, with the value date that it should count from',
      cause,
    });
    this.bookingDate = bookingDate;
  }
}

/** A consumer of the outbox is past the place that was to be kept for it. */
export class OutboxPassedError extends FinovaError {
  readonly consumer: string;

  constructor(consumer: string, cause: unknown) {
    super({
      message: `Consumer ${consumer} of the outbox is past this place already: another reader works for it`,
      next: 'read again from where it is',
      cause,
    });
    this.consumer = consumer;
  }
}

/** A month cannot be closed or retired yet, or not at all. */
export class MonthNotReadyError extends FinovaError {
  /** The day that the request named it by: `2026-01-31`. */
  readonly day: string;
  /** What stands in the way, in the server's words. */
  readonly reason: string;

  constructor(day: string, cause: Error) {
    super({
      message: `The month of ${day} was left as it is: ${cause.message}`,
      next: 'take its balances at its last day once it is over, verify it, and retire months oldest first',
      cause,
    });
    this.day = day;
    this.reason = cause.message;
  }
}

/** The entries of that day were retired with their month; balances are kept for the ends of months. */
export class EntriesRetiredError extends FinovaError {
  readonly day: string;

  constructor(day: string, cause: unknown) {
    super({
      message: `The entries of ${day} are retired: a balance is kept for the end of its month alone`,
      next: 'ask for the last day of the month, or read the table that retireMonth returned',
      cause,
    });
    this.day = day;
  }
}

/** A consumer of the outbox that has never read from it has no place to keep. */
export class UnknownConsumerError extends FinovaError {
  readonly consumer: string;

  constructor(consumer: string, cause: unknown) {
    super({
      message: `The outbox has no consumer ${consumer}: it has never read`,
      next: 'read first; the first read begins with the oldest message',
      cause,
    });
    this.consumer = consumer;
  }
}

/** The outbox has no message at this place (any more). */
export class UnknownMessageError extends FinovaError {
  readonly writer: string;
  readonly position: bigint;

  constructor({ writer, position }: { readonly writer: string; readonly position: bigint }, cause: unknown) {
    super({
      message: `The outbox has no message at (${writer}, ${position})`,
      next: 'read again: it may be pruned',
      cause,
    });
    this.writer = writer;
    this.position = position;
  }
}
