import { type Kysely, sql } from 'kysely';
import type { TransactionKind, TransactionsDatabase } from '../schema/index.ts';

/** What one transaction moved, held or gave back. */
export interface TransactionMovement {
  readonly transactionId: string;
  readonly kind: TransactionKind;
  /** For `void` and `expire`: the transfers of the hold that gave back what it held. */
  readonly transfers: readonly {
    readonly debitAccountId: string;
    readonly creditAccountId: string;
    readonly currency: string;
    /** Minor units, above 0. */
    readonly amountMinor: bigint;
  }[];
}

/** Reads what transactions did, for whoever tells others about it. */
export class MovementRepository {
  readonly #db: Kysely<TransactionsDatabase>;

  /** @param db - a database, or a transaction whose boundaries are the caller's. */
  constructor(db: Kysely<TransactionsDatabase>) {
    this.#db = db;
  }

  /**
   * What each of some transactions did.
   *
   * @returns by transaction id; unknown ids are left out.
   * @example
   * const movement = (await movements.ofTransactions([id])).get(id);
   */
  async ofTransactions(transactionIds: readonly string[]): Promise<ReadonlyMap<string, TransactionMovement>> {
    const { rows } = await sql<MovementRow>`
      SELECT made.id, made.kind, transfer.debit_account_id, transfer.credit_account_id, transfer.currency,
        transfer.amount_minor
      FROM transactions.transactions AS made
      LEFT JOIN transactions.pending_resolutions AS resolution
        ON resolution.resolution_transaction_id = made.id AND made.kind IN ('void', 'expire')
      LEFT JOIN transactions.transfers AS transfer
        ON transfer.transaction_id = coalesce(resolution.pending_transaction_id, made.id)
      WHERE made.id = ANY (${transactionIds}::uuid[])
      ORDER BY made.id, transfer.created_at, transfer.id`.execute(this.#db);
    const movements = new Map<string, TransactionMovement>();
    for (const { id, kind, debit_account_id, credit_account_id, currency, amount_minor } of rows) {
      const known = movements.get(id)?.transfers ?? [];
      const transfers =
        debit_account_id === null || credit_account_id === null || currency === null || amount_minor === null
          ? known
          : [
              ...known,
              {
                debitAccountId: debit_account_id,
                creditAccountId: credit_account_id,
                currency,
                amountMinor: amount_minor,
              },
            ];
      movements.set(id, { transactionId: id, kind, transfers });
    }
    return movements;
  }
}

interface MovementRow {
  readonly id: string;
  readonly kind: TransactionKind;
  readonly debit_account_id: string | null;
  readonly credit_account_id: string | null;
  readonly currency: string | null;
  readonly amount_minor: bigint | null;
}
