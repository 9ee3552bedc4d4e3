import type { PostgresPool, PostgresPoolClient } from 'kysely';
import type { Pool, PoolClient, QueryResult } from 'pg';
import { DatabaseSilentError, TransactionAbortedError } from '../errors/index.ts';

/** What `pg` rejects with when `query_timeout` is over; it has no code. */
const READ_TIMEOUT = 'Query read timeout';

/** A pool whose clients say what `pg` leaves unsaid: see {@link GuardedClient}. */
export function guardedPool(pool: Pool, answerTimeoutMs: number): PostgresPool {
  // Kysely knows its connections again by their clients.
  const guarded = new WeakMap<PoolClient, GuardedClient>();
  return {
    async connect() {
      const client = await pool.connect();
      const known = guarded.get(client) ?? new GuardedClient(client, answerTimeoutMs);
      guarded.set(client, known);
      return known;
    },
    end: () => pool.end(),
  };
}

/**
 * A client of `pg` that fails where nothing was committed, and gives up a connection on which no answer comes.
 *
 * PostgreSQL answers COMMIT with ROLLBACK, and no error, where a statement of the transaction was refused before: whoever
 * caught that refusal would take for done what was undone. And a connection that had no answer in time still waits for it:
 * in the pool again, it would keep everybody waiting.
 */
class GuardedClient implements PostgresPoolClient {
  readonly #client: PoolClient;
  readonly #answerTimeoutMs: number;
  #isSilent = false;

  constructor(client: PoolClient, answerTimeoutMs: number) {
    this.#client = client;
    this.#answerTimeoutMs = answerTimeoutMs;
  }

  query: PostgresPoolClient['query'] = ((...query: Parameters<PoolClient['query']>) =>
    typeof query[0] === 'string' ? this.#ask(query[0], query[1]) : this.#client.query(...query)) as never;

  release(): void {
    this.#client.release(this.#isSilent);
  }

  async #ask(text: string, values: unknown[] | undefined): Promise<QueryResult> {
    if (this.#isSilent) {
      throw new DatabaseSilentError('PostgreSQL', this.#answerTimeoutMs, undefined);
    }
    let result: QueryResult;
    try {
      result = await this.#client.query(text, values);
    } catch (thrown) {
      if (thrown instanceof Error && thrown.message === READ_TIMEOUT) {
        this.#isSilent = true;
        throw new DatabaseSilentError('PostgreSQL', this.#answerTimeoutMs, thrown);
      }
      throw thrown;
    }
    if (result.command === 'ROLLBACK' && text.trim().toLowerCase() === 'commit') {
      throw new TransactionAbortedError();
    }
    return result;
  }
}
