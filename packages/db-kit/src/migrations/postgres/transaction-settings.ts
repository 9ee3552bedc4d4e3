/** How long a statement waits for a lock where its migration says nothing else. */
export const DEFAULT_LOCK_TIMEOUT_MS = 5_000;

/** Gives the transaction a number, which its rows in the catalog carry. */
export const CURRENT_TRANSACTION_ID = 'SELECT pg_current_xact_id()::text AS id';
