import { postgresText } from '@finova/db-kit/postgres';
import { CompiledQuery, type Kysely } from 'kysely';
import { z } from 'zod';
import { ledgerError } from '../ledger-errors.ts';
import { withRetries } from '../retry.ts';
import type { TransactionKind, TransactionsDatabase } from '../schema/index.ts';

const INT64_MAX = 2n ** 63n - 1n;

/** Names a request, so that a retry after an unknown outcome is answered and not carried out again. */
export interface IdempotencyKey {
  /** Who makes the keys, such as `card-service`; up to 64 characters. */
  readonly scope: string;
  /** Unique within the scope; up to 128 characters. */
  readonly key: string;
}

/** What the ledger answered. A repeated request gets the same answer. */
export interface LedgerAnswer {
  readonly transactionId: string;
  readonly kind: TransactionKind;
}

/**
 * Why the ledger left a transfer of a batch out. `idempotency_conflict`: the item's key was used for another item.
 * `amount_out_of_range`: a total of an account would leave the range of 64-bit integers.
 */
export type BatchRefusal =
  | 'unknown_account'
  | 'account_not_active'
  | 'currency_mismatch'
  | 'insufficient_funds'
  | 'amount_out_of_range'
  | 'idempotency_conflict';

/** What became of one transfer of a batch: a transaction of its own, or nothing, and why. */
export type BatchItemAnswer =
  | { readonly transactionId: string; readonly refusal?: undefined }
  | { readonly transactionId?: undefined; readonly refusal: BatchRefusal };

/** @internal */
export const idempotencyKey = z.strictObject({ scope: postgresText(64), key: postgresText(128) });

const movement = {
  debitAccountId: z.uuid(),
  creditAccountId: z.uuid(),
  currency: z.string().regex(/^[A-Z]{3}$/, 'expected an ISO 4217 code such as EUR'),
  amountMinor: z.bigint().positive().max(INT64_MAX),
};
const hasTwoAccounts = ({ debitAccountId, creditAccountId }: { debitAccountId: string; creditAccountId: string }) =>
  debitAccountId.toLowerCase() !== creditAccountId.toLowerCase();
const transfer = z.strictObject(movement).refine(hasTwoAccounts, 'expected two accounts');

const dates = { bookingDate: z.iso.date().optional(), valueDate: z.iso.date().optional() };
const texts = {
  endToEndId: postgresText(35).optional(),
  description: postgresText(140).optional(),
};
const booking = { ...dates, ...texts };

const posting = z.strictObject({ ...booking, transfers: z.array(transfer).min(1).max(1_000) });
const hold = z.strictObject({ ...posting.shape, expiresAt: z.date() });
const settlement = z.strictObject({ ...booking, pendingTransactionId: z.uuid() });
const capture = z
  .strictObject({
    ...settlement.shape,
    amountMinor: movement.amountMinor.optional(),
    transfers: z.array(transfer).min(1).max(1_000).optional(),
  })
  .refine(
    ({ amountMinor, transfers }) => amountMinor === undefined || transfers === undefined,
    'expected an amount or transfers, not both',
  );
const reversal = z.strictObject({ ...booking, transactionId: z.uuid() });
/** @internal */
export const batchItem = z
  .strictObject({ ...movement, ...texts, key: idempotencyKey.shape.key.optional() })
  .refine(hasTwoAccounts, 'expected two accounts');
const singleTransfer = z.strictObject({ ...movement, ...booking }).refine(hasTwoAccounts, 'expected two accounts');
const batch = z.strictObject({ ...dates, transfers: z.array(batchItem).min(1).max(10_000) });

const expiryBatchSize = z.int().min(1).max(10_000);

/** One amount from one account to another; `amountMinor` in minor units, above 0. */
export type TransferInput = z.input<typeof transfer>;
/** One transfer that is a transaction of its own. */
export type SingleTransferInput = z.input<typeof singleTransfer>;
/** Transfers that happen together or not at all, in this order. */
export type PostingInput = z.input<typeof posting>;
export type HoldInput = z.input<typeof hold>;
export type SettlementInput = z.input<typeof settlement>;
/**
 * What to capture of a hold: all of it; or `amountMinor`, of a hold of one transfer; or these `transfers`, each between
 * accounts that the hold is between. What is not captured is given back.
 */
export type CaptureInput = z.input<typeof capture>;
export type ReversalInput = z.input<typeof reversal>;
/** One transfer of a batch. With a `key`, it happens once, in whichever batch of the same scope. */
export type BatchItemInput = z.input<typeof batchItem>;
/** Transfers that happen each by itself, in this order, booked on the same day. */
export type BatchInput = z.input<typeof batch>;

/** The texts of what is sent, as constants: nothing is compiled per call. */
const CALLS = {
  post_transaction: 'SELECT transactions.post_transaction($1, $2, $3::jsonb) AS answer',
  post_transfer: 'SELECT transactions.post_transfer($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) AS answer',
  hold: 'SELECT transactions.hold($1, $2, $3::jsonb) AS answer',
  capture: 'SELECT transactions.capture($1, $2, $3::jsonb) AS answer',
  void: 'SELECT transactions.void($1, $2, $3::jsonb) AS answer',
  reverse: 'SELECT transactions.reverse($1, $2, $3::jsonb) AS answer',
  post_batch: `SELECT transactions.post_batch($1, $2, $3::uuid[], $4::uuid[], $5::text[], $6::bigint[], $7::text[], $8::text[],
    $9::text[], $10::date, $11::date) AS answer`,
} as const;

/**
 * Moves money. Every rule is the database's: this class checks the shape of requests, calls the posting functions,
 * and names what they refuse.
 *
 * @example
 * await ledger.post({ scope: 'payments', key: 'order-17' }, {
 *   transfers: [{ debitAccountId, creditAccountId, currency: 'EUR', amountMinor: 1_250n }],
 * });
 */
export class LedgerRepository {
  readonly #db: Kysely<TransactionsDatabase>;

  /** @param db - a database, or a transaction whose boundaries are the caller's. */
  constructor(db: Kysely<TransactionsDatabase>) {
    this.#db = db;
  }

  /**
   * Moves amounts at once.
   *
   * @throws {InsufficientFundsError | AccountNotActiveError | UnknownAccountError | CurrencyMismatchError |
   * IdempotencyConflictError | BookingDateOutOfRangeError | MonthClosedError | AmountOutOfRangeError} and nothing was moved.
   */
  async post(key: IdempotencyKey, input: PostingInput): Promise<LedgerAnswer> {
    return this.#ask('post_transaction', key, posting.parse(input));
  }

  /**
   * Moves one amount: what {@link post} does with one transfer, in less time. Its key is that of an item of a batch: whichever
   * of {@link postTransfer}, {@link postBatch} and `GroupedPostings.post` comes again with it is answered with what the first
   * one became.
   *
   * @throws as {@link post}.
   * @example
   * await ledger.postTransfer(
   *   { scope: 'payments', key: 'order-17' },
   *   { debitAccountId, creditAccountId, currency: 'EUR', amountMinor: 1_250n },
   * );
   */
  async postTransfer(key: IdempotencyKey, input: SingleTransferInput): Promise<LedgerAnswer> {
    const { debitAccountId, creditAccountId, currency, amountMinor, ...booked } = singleTransfer.parse(input);
    const { endToEndId = null, description = null, bookingDate = null, valueDate = null } = booked;
    const moved = [debitAccountId, creditAccountId, currency, amountMinor];
    return this.#answer('post_transfer', key, [...moved, endToEndId, description, bookingDate, valueDate]);
  }

  /**
   * Holds amounts until they are captured, voided or expire.
   *
   * @throws as {@link post}.
   */
  async hold(key: IdempotencyKey, input: HoldInput): Promise<LedgerAnswer> {
    return this.#ask('hold', key, hold.parse(input));
  }

  /**
   * Posts many transfers in one call, each a transaction of its own, as if they came one after the other. What cannot be
   * posted is left out and named; the answer has an element per transfer, in their order.
   *
   * @throws {IdempotencyConflictError | BookingDateOutOfRangeError | MonthClosedError} and nothing was moved.
   * @example
   * const answers = await ledger.postBatch({ scope: 'payroll', key: '2026-03' }, { transfers: salaries });
   * const unpaid = salaries.filter((_, index) => answers[index]?.refusal !== undefined);
   */
  async postBatch(idempotency: IdempotencyKey, input: BatchInput): Promise<BatchItemAnswer[]> {
    const { transfers, bookingDate, valueDate } = batch.parse(input);
    const texts = (name: 'key' | 'endToEndId' | 'description') =>
      transfers.some((item) => item[name] !== undefined) ? transfers.map((item) => item[name] ?? null) : null;
    const { transaction_ids, refusals } = await this.#call<{
      transaction_ids: readonly (string | null)[];
      refusals: readonly (BatchRefusal | null)[];
    }>('post_batch', idempotency, [
      transfers.map(({ debitAccountId }) => debitAccountId),
      transfers.map(({ creditAccountId }) => creditAccountId),
      transfers.map(({ currency }) => currency),
      transfers.map(({ amountMinor }) => amountMinor),
      texts('key'),
      texts('endToEndId'),
      texts('description'),
      bookingDate ?? null,
      valueDate ?? null,
    ]);
    return transaction_ids.map((transactionId, index) => {
      const refusal = refusals[index] ?? undefined;
      if (transactionId === null && refusal === undefined) {
        throw new Error(`transactions.post_batch answered nothing for item ${index}`);
      }
      return refusal === undefined ? { transactionId: transactionId ?? '' } : { refusal };
    });
  }

  /**
   * Moves what was held, or a part of it, and gives back the rest.
   *
   * @throws {AlreadyResolvedError | HoldExpiredError | UnknownTransactionError | AccountNotActiveError |
   * CaptureExceedsHoldError}
   */
  async capture(key: IdempotencyKey, input: CaptureInput): Promise<LedgerAnswer> {
    return this.#ask('capture', key, capture.parse(input));
  }

  /**
   * Gives back what was held.
   *
   * @throws {AlreadyResolvedError | UnknownTransactionError}
   */
  async voidPending(key: IdempotencyKey, input: SettlementInput): Promise<LedgerAnswer> {
    return this.#ask('void', key, settlement.parse(input));
  }

  /**
   * Moves back what a posted transaction moved, as a transaction of its own.
   *
   * @throws {AlreadyReversedError | UnknownTransactionError | InsufficientFundsError | AccountNotActiveError}
   */
  async reverse(key: IdempotencyKey, input: ReversalInput): Promise<LedgerAnswer> {
    return this.#ask('reverse', key, reversal.parse(input));
  }

  /**
   * Gives back what holds whose time is over had held; safe to run from several places at once.
   *
   * @param batchSize - 1 to 10,000; the accounts of a whole batch are locked together.
   * @returns how many expired now, `batchSize` at most.
   */
  async expireDue(batchSize = 1_000): Promise<number> {
    const { rows } = await this.#db.executeQuery<{ expired: number }>(
      CompiledQuery.raw('SELECT transactions.expire_due($1) AS expired', [expiryBatchSize.parse(batchSize)]),
    );
    return rows[0]?.expired ?? 0;
  }

  async #ask(procedure: keyof typeof CALLS, key: IdempotencyKey, request: object): Promise<LedgerAnswer> {
    return this.#answer(procedure, key, [toRequest(request)]);
  }

  async #answer(
    procedure: keyof typeof CALLS,
    key: IdempotencyKey,
    parameters: readonly unknown[],
  ): Promise<LedgerAnswer> {
    const answer = await this.#call<{ transaction_id: string; kind: TransactionKind }>(procedure, key, parameters);
    return { transactionId: answer.transaction_id, kind: answer.kind };
  }

  /** Tried again when the server gives it up for concurrency, unless it is a part of the caller's transaction. */
  async #call<Answer>(
    procedure: keyof typeof CALLS,
    idempotency: IdempotencyKey,
    parameters: readonly unknown[],
  ): Promise<Answer> {
    const { scope, key } = idempotencyKey.parse(idempotency);
    const query = CompiledQuery.raw(CALLS[procedure], [scope, key, ...parameters]);
    const run = () => this.#db.executeQuery<{ answer: Answer }>(query);
    try {
      const { rows } = await withRetries(this.#db, run);
      const [row] = rows;
      if (row === undefined) {
        throw new Error(`transactions.${procedure} returned no row`);
      }
      return row.answer;
    } catch (thrown) {
      throw ledgerError(thrown, { scope, key });
    }
  }
}

/** A request as the procedures take it: snake_case names, 64-bit amounts as text. */
function toRequest(request: object): string {
  return JSON.stringify(toWire(request));
}

function toWire(value: unknown): unknown {
  if (typeof value === 'bigint') {
    return value.toString();
  }
  if (Array.isArray(value)) {
    return value.map(toWire);
  }
  if (value === null || typeof value !== 'object' || value instanceof Date) {
    return value;
  }
  const wire: Record<string, unknown> = {};
  for (const name in value) {
    wire[snakeCase(name)] = toWire(value[name as keyof typeof value]);
  }
  return wire;
}

/** Requests have the same few names again and again. */
const snakeNames = new Map<string, string>();

function snakeCase(name: string): string {
  let snake = snakeNames.get(name);
  if (snake === undefined) {
    snake = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    snakeNames.set(name, snake);
  }
  return snake;
}
