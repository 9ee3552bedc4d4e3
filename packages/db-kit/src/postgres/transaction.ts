import type { IsolationLevel, Kysely, Transaction } from 'kysely';
import pRetry from 'p-retry';
import { isPostgresError, SqlState } from '../errors/index.ts';

export interface TransactionOptions {
  readonly isolationLevel?: IsolationLevel;
  /**
   * Runs the whole body again, up to this often, when the server gave it up for concurrency (SQLSTATE 40001, 40P01).
   * Only for bodies that may run twice: everything they do must be inside the transaction. Default 0.
   */
  readonly maxRetries?: number;
}

/**
 * Runs `use` in one transaction: commits when it returns, rolls back when it throws.
 *
 * @throws {TransactionAbortedError} when it returns although one of its statements was refused; nothing was committed.
 * @throws what `use` throws.
 * @example
 * await withTransaction(db, async (transaction) => { … }, { maxRetries: 3 });
 */
export function withTransaction<Database, Result>(
  db: Kysely<Database>,
  use: (transaction: Transaction<Database>) => Promise<Result>,
  options: TransactionOptions = {},
): Promise<Result> {
  const run = async () => {
    const builder = db.transaction();
    let failure: { readonly thrown: unknown } | undefined;
    try {
      return await (options.isolationLevel === undefined
        ? builder
        : builder.setIsolationLevel(options.isolationLevel)
      ).execute(async (transaction) => {
        try {
          return await use(transaction);
        } catch (thrown) {
          failure = { thrown };
          throw thrown;
        }
      });
    } catch (thrown) {
      // Where the connection broke, rolling back fails too, and says less about why.
      throw failure === undefined ? thrown : failure.thrown;
    }
  };
  return pRetry(run, {
    retries: options.maxRetries ?? 0,
    minTimeout: 10,
    maxTimeout: 500,
    randomize: true,
    shouldRetry: ({ error }) => isPostgresError(error, [SqlState.serializationFailure, SqlState.deadlockDetected]),
  });
}
