import type { LogEvent } from 'kysely';
import { type Client, DatabaseError } from 'pg';
import { type SingleConnectionKysely, singleConnectionKysely } from '../../postgres/single-connection-kysely.ts';
import { type FailedStatement, UnawaitedStatementError } from '../errors/index.ts';
import type { MigrationDirection, PostgresMigration } from '../migration.ts';
import type { EngineOptions, RunnableMigration } from '../migration-engine.ts';
import type { OpeningStatements } from './opening-statements.ts';

/** Runs the bodies of migrations on one connection, and knows which of their statements failed. */
export class MigrationBody {
  readonly #domain: string;
  // biome-ignore lint/suspicious/noExplicitAny: migrations are untyped on purpose.
  readonly #connection: SingleConnectionKysely<any>;
  #running: { readonly migration: string; readonly direction: MigrationDirection } | undefined;
  #opening: OpeningStatements | undefined;
  #lastFailure: Pick<LogEvent & { level: 'error' }, 'error' | 'query'> | undefined;

  constructor(client: Client, { domain, onStatement, signal }: EngineOptions) {
    this.#domain = domain.name;
    this.#connection = singleConnectionKysely(client, {
      onError: (event) => {
        this.#lastFailure = event.level === 'error' ? event : undefined;
      },
      onQuery: (sql, parameters) => {
        if (this.#running !== undefined) {
          onStatement?.({ engine: 'postgres', ...this.#running, sql, parameters });
        }
      },
      send: (sql, parameters) => (this.#opening ?? client).query(sql, [...parameters]),
      signal,
    });
  }

  /**
   * Runs `up` or `down`, and waits for everything that it sent.
   *
   * @param opening - what the first of its statements is sent together with.
   * @throws {UnawaitedStatementError} when it ended before its statements did.
   */
  async run(
    { file, direction }: RunnableMigration,
    definition: PostgresMigration,
    opening?: OpeningStatements,
  ): Promise<void> {
    const { db, pending, settled } = this.#connection;
    this.#running = { migration: file.name, direction };
    this.#opening = opening;
    try {
      await (direction === 'up' ? definition.up(db) : definition.down?.(db));
    } finally {
      // What the body did not wait for is sent by then, and must not run after the commit.
      await microtasksDone();
      const [stray] = pending();
      await settled();
      this.#running = undefined;
      this.#opening = undefined;
      if (stray !== undefined) {
        // biome-ignore lint/correctness/noUnsafeFinally: a body that also failed may have failed because of this.
        throw new UnawaitedStatementError(this.#domain, file.name, stray);
      }
    }
  }

  /** The statement that `thrown` comes from; `undefined` when the body caught that and failed of something else. */
  failedStatement(thrown: unknown): FailedStatement | undefined {
    if (!(thrown instanceof DatabaseError) || this.#lastFailure?.error !== thrown) {
      return undefined;
    }
    const position = thrown.position === undefined ? undefined : Number(thrown.position);
    return { text: this.#lastFailure.query.sql, position };
  }
}

/** Resolves when no microtask is left; unlike a turn of the event loop, it waits for no module that is being loaded. */
function microtasksDone(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
