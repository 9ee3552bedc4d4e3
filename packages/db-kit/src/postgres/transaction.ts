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
 * @example
 * await withTransaction(db, async (transaction) => { … }, { maxRetries: 3 });
 */
export function withTransaction<Database, Result>(
  db: Kysely<Database>,
  use: (transaction: Transaction<Database>) => Promise<Result>,
  options: TransactionOptions = {},
): Promise<Result> {
  const run = () => {
    const builder = db.transaction();
    return (options.isolationLevel === undefined ? builder : builder.setIsolationLevel(options.isolationLevel)).execute(
      use,
    );
  };
  return pRetry(run, {
    retries: options.maxRetries ?? 0,
    minTimeout: 10,
    maxTimeout: 500,
    randomize: true,
    shouldRetry: ({ error }) => isPostgresError(error, [SqlState.serializationFailure, SqlState.deadlockDetected]),
  });
}
