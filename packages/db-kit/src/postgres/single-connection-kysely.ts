import { Kysely, type LogEvent, PostgresDialect } from 'kysely';
import type { Client } from 'pg';

export interface SingleConnectionOptions {
  /** Hears of each statement that failed, with its SQL text. */
  readonly onError?: ((event: LogEvent) => void) | undefined;
  /** Once it is aborted, every further statement is refused with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * A Kysely over one connection that somebody else owns: every statement, transactions included, runs on `client`.
 * Destroying it leaves the connection open.
 */
export function singleConnectionKysely<Database>(
  client: Client,
  { onError, signal }: SingleConnectionOptions = {},
): Kysely<Database> {
  const query = ((...statement: Parameters<Client['query']>) => {
    signal?.throwIfAborted();
    return client.query(...statement);
  }) as Client['query'];
  const pool = {
    connect: async () =>
      // Kysely gives the connection back after each use; it stays ours.
      Object.assign(Object.create(client) as Client, { query, release: () => {} }),
    end: async () => {},
  };
  return new Kysely<Database>({
    dialect: new PostgresDialect({ pool }),
    ...(onError === undefined
      ? {}
      : { log: (event: LogEvent) => (event.level === 'error' ? onError(event) : undefined) }),
  });
}
