import { Kysely, type LogEvent, PostgresDialect } from 'kysely';
import type { Client, QueryResult } from 'pg';

export interface SingleConnectionOptions {
  /** Hears of each statement that failed, with its SQL text. */
  readonly onError?: ((event: LogEvent) => void) | undefined;
  /** Hears of each statement as it is sent. */
  readonly onQuery?: ((sql: string, parameters: readonly unknown[]) => void) | undefined;
  /** Sends a statement in another way than by the connection's `query`. */
  readonly send?: ((sql: string, parameters: readonly unknown[]) => Promise<QueryResult>) | undefined;
  /** Once it is aborted, every further statement is refused with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A Kysely over one connection that somebody else owns. */
export interface SingleConnectionKysely<Database> {
  /** Every statement, transactions included, runs on that connection. Destroying it leaves the connection open. */
  readonly db: Kysely<Database>;
  /** The SQL text of what was sent and has not been answered yet. */
  pending(): readonly string[];
  /** Resolves when everything that was sent has been answered. */
  settled(): Promise<void>;
}

/** Makes a {@link SingleConnectionKysely} over `client`. */
export function singleConnectionKysely<Database>(
  client: Client,
  { onError, onQuery, send, signal }: SingleConnectionOptions = {},
): SingleConnectionKysely<Database> {
  const running = new Map<Promise<unknown>, string>();
  const query = (async (text: string, values: readonly unknown[]): Promise<QueryResult> => {
    signal?.throwIfAborted();
    onQuery?.(text, values);
    const answer = send === undefined ? client.query(text, [...values]) : send(text, values);
    running.set(answer, text);
    return answer.finally(() => running.delete(answer));
  }) as Client['query'];
  // Kysely gives the connection back after each use; it stays ours.
  const connection = Object.assign(Object.create(client) as Client, { query, release: () => {} });
  const pool = { connect: async () => connection, end: async () => {} };
  const db = new Kysely<Database>({
    dialect: new PostgresDialect({ pool }),
    ...(onError === undefined
      ? {}
      : { log: (event: LogEvent) => (event.level === 'error' ? onError(event) : undefined) }),
  });
  return {
    db,
    pending: () => [...running.values()],
    settled: async () => void (await Promise.allSettled(running.keys())),
  };
}
