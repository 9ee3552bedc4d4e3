import { type Kysely, sql } from 'kysely';
import type { TransactionsDatabase } from '../schema/index.ts';

/** Messages that nobody may read yet: an older transaction is still open, and may write some that come before them. */
export interface HeldBackMessages {
  /** How many; 10,000 stands for that many or more. */
  readonly messages: number;
  /** How long ago the first of them was written, by the server's clock. */
  readonly oldestAgeMs: number;
  /** Whose transaction they wait for; not there when it ended while we asked. */
  readonly holder?: TransactionHolder;
}

/** A session with an open transaction, or a transaction that was prepared and left. */
export type TransactionHolder =
  | { readonly pid: number; readonly user: string; readonly database: string; readonly applicationName: string }
  | { readonly preparedTransaction: string };

const COUNTED_MAX = 10_000;

/** What {@link OutboxReader.findHeldBack} finds. The sessions of others are seen by whoever asks, their queries are not. */
export async function findHeldBackMessages(db: Kysely<TransactionsDatabase>): Promise<HeldBackMessages | undefined> {
  const { rows } = await sql<CountedRow>`
    WITH oldest AS (SELECT pg_snapshot_xmin(pg_current_snapshot()) AS open)
    SELECT count(*) AS messages, (SELECT open FROM oldest)::text AS open,
      extract(epoch FROM clock_timestamp() - min(created_at))::float8 * 1000 AS oldest_age_ms
    FROM (
      -- In this order, so that the index is read from its end and no further than this.
      SELECT created_at FROM transactions.outbox
      WHERE writer >= (SELECT open FROM oldest)
      ORDER BY writer, position LIMIT ${COUNTED_MAX}
    ) AS held_back`.execute(db);
  const [counted] = rows;
  if (counted === undefined || counted.oldest_age_ms === null) {
    return undefined;
  }
  const holder = await findHolder(db, counted.open);
  return {
    messages: Number(counted.messages),
    oldestAgeMs: counted.oldest_age_ms,
    ...(holder === undefined ? {} : { holder }),
  };
}

/** Asked only when something waits: a relay with nothing to do asks for that every second. */
async function findHolder(
  db: Kysely<TransactionsDatabase>,
  transaction: string,
): Promise<TransactionHolder | undefined> {
  const { rows } = await sql<HolderRow>`
    SELECT lock.pid, activity.usename AS "user", activity.datname AS database, activity.application_name,
      prepared.gid AS prepared_transaction
    FROM pg_locks AS lock
    LEFT JOIN pg_stat_activity AS activity ON activity.pid = lock.pid
    LEFT JOIN pg_prepared_xacts AS prepared ON prepared.transaction = lock.transactionid
    WHERE lock.locktype = 'transactionid' AND lock.mode = 'ExclusiveLock'
      AND lock.transactionid = ${transaction}::xid8::xid`.execute(db);
  const [row] = rows;
  if (row === undefined) {
    return undefined;
  }
  if (row.prepared_transaction !== null) {
    return { preparedTransaction: row.prepared_transaction };
  }
  return row.pid === null
    ? undefined
    : {
        pid: row.pid,
        user: row.user ?? '',
        database: row.database ?? '',
        applicationName: row.application_name ?? '',
      };
}

interface CountedRow {
  readonly messages: bigint;
  /** The oldest transaction that is open (`xid8`), as decimal digits. */
  readonly open: string;
  readonly oldest_age_ms: number | null;
}

interface HolderRow {
  readonly pid: number | null;
  readonly user: string | null;
  readonly database: string | null;
  readonly application_name: string | null;
  readonly prepared_transaction: string | null;
}
