import { Kysely, type LogEvent, PostgresDialect } from 'kysely';
import type { Client } from 'pg';

/**
 * A Kysely over one connection that somebody else owns: every statement, transactions included, runs on `client`.
 * Destroying it leaves the connection open.
 *
 * @param onError - hears of each statement that failed, with its SQL text.
 */
export function singleConnectionKysely<Database>(
  client: Client,
  onError?: (event: LogEvent) => void,
): Kysely<Database> {
  const pool = {
    connect: async () =>
      // Kysely gives the connection back after each use; it stays ours.
      Object.assign(Object.create(client) as Client, { query: client.query.bind(client), release: () => {} }),
    end: async () => {},
  };
  return new Kysely<Database>({
    dialect: new PostgresDialect({ pool }),
    ...(onError === undefined
      ? {}
      : { log: (event: LogEvent) => (event.level === 'error' ? onError(event) : undefined) }),
  });
}
