import { Kysely, PostgresDialect } from 'kysely';
import { Pool } from 'pg';
import { guardedPool } from './guarded-client.ts';
import { postgresTypes, withIsoDates } from './types.ts';

export interface PostgresPoolOptions {
  /** `postgresql://user:password@host:port/database` */
  readonly url: string;
  /** Shown in `pg_stat_activity`. */
  readonly applicationName: string;
  /** Connections at most. Default 10. */
  readonly maxConnections?: number;
  /** How long to wait for a free connection. Default 5,000. */
  readonly acquireTimeoutMs?: number;
  /** How long one statement may run. Default 30,000. */
  readonly statementTimeoutMs?: number;
  /**
   * How long to wait for the answer to a statement at all, from whatever stands between as well: then the connection is given up.
   * Default 5,000 more than `statementTimeoutMs`.
   */
  readonly answerTimeoutMs?: number;
  /** How long a transaction may sit idle while it holds locks. Default 10,000. */
  readonly idleInTransactionTimeoutMs?: number;
}

/**
 * A typed query builder over its own connection pool; every wait is bounded. End it with `destroy()`.
 *
 * @example
 * const db = createPostgresDatabase<AccountsDatabase>({ url, applicationName: 'accounts-service' });
 */
export function createPostgresDatabase<Database>(options: PostgresPoolOptions): Kysely<Database> {
  const statementTimeoutMs = options.statementTimeoutMs ?? 30_000;
  const answerTimeoutMs = options.answerTimeoutMs ?? statementTimeoutMs + 5_000;
  const pool = new Pool({
    connectionString: withIsoDates(options.url),
    application_name: options.applicationName,
    max: options.maxConnections ?? 10,
    connectionTimeoutMillis: options.acquireTimeoutMs ?? 5_000,
    statement_timeout: statementTimeoutMs,
    query_timeout: answerTimeoutMs,
    idle_in_transaction_session_timeout: options.idleInTransactionTimeoutMs ?? 10_000,
    keepAlive: true,
    types: postgresTypes,
  });
  // An idle connection that breaks is taken out of the pool by pg; without a listener Node would end the process.
  pool.on('error', () => {});
  // One that breaks while it is used does the same beside rejecting its query, and by then the pool listens no more.
  pool.on('connect', (client) => client.on('error', () => {}));
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool: guardedPool(pool, answerTimeoutMs) }) });
}
