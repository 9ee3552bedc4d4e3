import { type Kysely, sql } from 'kysely';
import { z } from 'zod';
import { ledgerError } from '../ledger-errors.ts';
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

const idempotencyKey = z.strictObject({ scope: z.string().min(1).max(64), key: z.string().min(1).max(128) });

const transfer = z
  .strictObject({
    debitAccountId: z.uuid(),
    creditAccountId: z.uuid(),
    currency: z.string().regex(/^[A-Z]{3}$/, 'expected an ISO 4217 code such as EUR'),
    amountMinor: z.bigint().positive().max(INT64_MAX),
  })
  .refine(
    ({ debitAccountId, creditAccountId }) => debitAccountId.toLowerCase() !== creditAccountId.toLowerCase(),
    'expected two accounts',
  );

const booking = {
  bookingDate: z.iso.date().optional(),
  valueDate: z.iso.date().optional(),
  endToEndId: z.string().min(1).max(35).optional(),
  description: z.string().min(1).max(140).optional(),
};

const posting = z.strictObject({ ...booking, transfers: z.array(transfer).min(1).max(1_000) });
const hold = z.strictObject({ ...posting.shape, expiresAt: z.date() });
const settlement = z.strictObject({ ...booking, pendingTransactionId: z.uuid() });
const reversal = z.strictObject({ ...booking, transactionId: z.uuid() });

const expiryBatchSize = z.int().min(1).max(10_000);

/** One amount from one account to another; `amountMinor` in minor units, above 0. */
export type TransferInput = z.input<typeof transfer>;
/** Transfers that happen together or not at all, in this order. */
export type PostingInput = z.input<typeof posting>;
export type HoldInput = z.input<typeof hold>;
export type SettlementInput = z.input<typeof settlement>;
export type ReversalInput = z.input<typeof reversal>;

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
   * IdempotencyConflictError | BookingDateOutOfRangeError} and nothing was moved.
   */
  async post(key: IdempotencyKey, input: PostingInput): Promise<LedgerAnswer> {
    return this.#call('post_transaction', key, posting.parse(input));
  }

  /**
   * Holds amounts until they are captured, voided or expire.
   *
   * @throws as {@link post}.
   */
  async hold(key: IdempotencyKey, input: HoldInput): Promise<LedgerAnswer> {
    return this.#call('hold', key, hold.parse(input));
  }

  /**
   * Moves what was held.
   *
   * @throws {AlreadyResolvedError | HoldExpiredError | UnknownTransactionError | AccountNotActiveError}
   */
  async capture(key: IdempotencyKey, input: SettlementInput): Promise<LedgerAnswer> {
    return this.#call('capture', key, settlement.parse(input));
  }

  /**
   * Gives back what was held.
   *
   * @throws {AlreadyResolvedError | UnknownTransactionError}
   */
  async voidPending(key: IdempotencyKey, input: SettlementInput): Promise<LedgerAnswer> {
    return this.#call('void_pending', key, settlement.parse(input));
  }

  /**
   * Moves back what a posted transaction moved, as a transaction of its own.
   *
   * @throws {AlreadyReversedError | UnknownTransactionError | InsufficientFundsError | AccountNotActiveError}
   */
  async reverse(key: IdempotencyKey, input: ReversalInput): Promise<LedgerAnswer> {
    return this.#call('reverse', key, reversal.parse(input));
  }

  /**
   * Gives back what holds whose time is over had held; safe to run from several places at once.
   *
   * @param batchSize - 1 to 10,000; the accounts of a whole batch are locked together.
   * @returns how many expired now, `batchSize` at most.
   */
  async expireDue(batchSize = 1_000): Promise<number> {
    const { rows } = await sql<{ expired: number }>`
      SELECT transactions.expire_due(${expiryBatchSize.parse(batchSize)}) AS expired`.execute(this.#db);
    return rows[0]?.expired ?? 0;
  }

  async #call(procedure: string, idempotency: IdempotencyKey, request: object): Promise<LedgerAnswer> {
    const { scope, key } = idempotencyKey.parse(idempotency);
    try {
      const { rows } = await sql<{ answer: { transaction_id: string; kind: TransactionKind } }>`
        SELECT transactions.${sql.ref(procedure)}(${scope}, ${key}, ${toRequest(request)}::jsonb) AS answer`.execute(
        this.#db,
      );
      const [row] = rows;
      if (row === undefined) {
        throw new Error(`transactions.${procedure} returned no row`);
      }
      return { transactionId: row.answer.transaction_id, kind: row.answer.kind };
    } catch (thrown) {
      throw ledgerError(thrown, { scope, key });
    }
  }
}

/** A request as the posting functions take it: snake_case names, 64-bit amounts as text. */
function toRequest(request: object): string {
  return JSON.stringify(request, (_key, value: unknown) => {
    if (typeof value === 'bigint') {
      return value.toString();
    }
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
      return Object.fromEntries(Object.entries(value).map(([name, item]) => [snakeCase(name), item]));
    }
    return value;
  });
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
