import type { Kysely, LogEvent } from 'kysely';
import { Client, DatabaseError } from 'pg';
import { errorMessage, FinovaError } from '../../errors/index.ts';
import { describePostgres } from '../../postgres/describe-server.ts';
import { singleConnectionKysely } from '../../postgres/single-connection-kysely.ts';
import type { HistoryAttempt, HistoryRow, JournalRow } from '../journal.ts';
import type { PostgresMigration } from '../migration.ts';
import type { EngineOptions, MigrationWriter, RunnableMigration } from '../migration-engine.ts';
import {
  EscapedTransactionError,
  type FailedStatement,
  HalfDoneMigrationError,
  LockLostError,
  MigrationFailedError,
  MigrationInterruptedError,
} from '../migration-errors.ts';
import type { PostgresBookkeeping } from './bookkeeping.ts';

const DEFAULT_LOCK_TIMEOUT_MS = 5_000;

/** Runs and journals PostgreSQL migrations on the connection that holds the migration lock. */
export class PostgresMigrationWriter implements MigrationWriter {
  readonly #client: Client;
  readonly #bookkeeping: PostgresBookkeeping;
  readonly #options: EngineOptions;
  /** A `SET` in one migration (a dump begins with one of `search_path`) must not reach the next. */
  readonly #forgetSettings: string;
  // biome-ignore lint/suspicious/noExplicitAny: migrations are untyped on purpose.
  readonly #db: Kysely<any>;
  #lastFailure: Pick<LogEvent & { level: 'error' }, 'error' | 'query'> | undefined;

  /** @param sessionSettings - statements that hold for the whole run. */
  constructor(client: Client, bookkeeping: PostgresBookkeeping, options: EngineOptions, sessionSettings: string) {
    this.#client = client;
    this.#forgetSettings = `RESET ALL; ${sessionSettings}`;
    this.#bookkeeping = bookkeeping;
    this.#options = options;
    this.#db = singleConnectionKysely(client, {
      onError: (event) => {
        this.#lastFailure = event.level === 'error' ? event : undefined;
      },
      signal: options.signal,
    });
  }

  describeServer(): Promise<string> {
    return describePostgres(this.#client);
  }

  readJournal(): Promise<JournalRow[]> {
    return this.#bookkeeping.readJournal();
  }

  readHistory(): Promise<HistoryRow[]> {
    return this.#bookkeeping.readHistory();
  }

  async run(migration: RunnableMigration): Promise<void> {
    const definition = migration.definition as PostgresMigration;
    const startedAt = new Date();
    try {
      const stopWatching = this.#cancelWhenInterrupted();
      try {
        if (definition.transaction === false) {
          await this.#runOutsideTransaction(migration, definition, startedAt);
        } else {
          await this.#runInTransaction(migration, definition, startedAt);
        }
      } finally {
        await stopWatching();
      }
    } catch (thrown) {
      throw await this.#reportFailure(migration, definition, startedAt, thrown);
    }
  }

  async settle(row: JournalRow, as: 'applied' | 'pending'): Promise<void> {
    const startedAt = new Date();
    await this.#client.query('BEGIN');
    if (as === 'applied') {
      await this.#bookkeeping.writeJournal({ ...row, state: 'done' });
    } else {
      await this.#bookkeeping.deleteFromJournal(row.name);
    }
    await this.#bookkeeping.recordAttempt({
      ...this.#attemptFacts(startedAt),
      migration: row.name,
      direction: 'repair',
      outcome: 'succeeded',
      checksum: row.checksum,
      error: null,
    });
    await this.#client.query('COMMIT');
  }

  async #runInTransaction(migration: RunnableMigration, definition: PostgresMigration, startedAt: Date): Promise<void> {
    await this.#client.query(
      `BEGIN; SET LOCAL lock_timeout = ${definition.lockTimeoutMs ?? DEFAULT_LOCK_TIMEOUT_MS}; ` +
        `SET LOCAL statement_timeout = ${definition.statementTimeoutMs ?? 0}`,
    );
    const transactionId = await this.#currentTransactionId();
    await this.#body(migration, definition);
    if ((await this.#currentTransactionId()) !== transactionId) {
      throw new EscapedTransactionError(this.#options.domain.name, migration.file.name);
    }
    await this.#journal(migration, 'done', startedAt);
    await this.#recordAttempt(migration, startedAt, null);
    await this.#client.query(`COMMIT; ${this.#forgetSettings}`);
  }

  async #runOutsideTransaction(
    migration: RunnableMigration,
    definition: PostgresMigration,
    startedAt: Date,
  ): Promise<void> {
    await this.#refuseHalfDone(migration);
    await this.#journal(migration, migration.direction === 'up' ? 'started' : 'reverting', startedAt);
    await this.#client.query(
      `SET lock_timeout = ${definition.lockTimeoutMs ?? DEFAULT_LOCK_TIMEOUT_MS}; ` +
        `SET statement_timeout = ${definition.statementTimeoutMs ?? 0}`,
    );
    await this.#body(migration, definition);
    await this.#client.query('BEGIN');
    await this.#journal(migration, 'done', startedAt);
    await this.#recordAttempt(migration, startedAt, null);
    await this.#client.query(`COMMIT; ${this.#forgetSettings}`);
  }

  async #body(migration: RunnableMigration, definition: PostgresMigration): Promise<void> {
    await (migration.direction === 'up' ? definition.up(this.#db) : definition.down?.(this.#db));
  }

  /** In direction `down`, a migration that is done with is a row that is gone. */
  async #journal(migration: RunnableMigration, state: JournalRow['state'], startedAt: Date): Promise<void> {
    if (migration.direction === 'down' && state === 'done') {
      await this.#bookkeeping.deleteFromJournal(migration.file.name);
      return;
    }
    await this.#bookkeeping.writeJournal({
      ...this.#attemptFacts(startedAt),
      ...migration.checksum,
      name: migration.file.name,
      state,
      completedSteps: [],
    });
  }

  async #recordAttempt(migration: RunnableMigration, startedAt: Date, error: string | null): Promise<void> {
    await this.#bookkeeping.recordAttempt({
      ...this.#attemptFacts(startedAt),
      migration: migration.file.name,
      direction: migration.direction,
      outcome: error === null ? 'succeeded' : 'failed',
      checksum: migration.checksum.checksum,
      error,
    });
  }

  #attemptFacts(startedAt: Date): Omit<HistoryAttempt, 'migration' | 'direction' | 'outcome' | 'checksum' | 'error'> {
    const { actor, host, pid, gitCommit, toolVersion } = this.#options.identity;
    return { startedAt, durationMs: Date.now() - startedAt.getTime(), actor, host, pid, gitCommit, toolVersion };
  }

  async #refuseHalfDone({ file }: RunnableMigration): Promise<void> {
    const row = (await this.readJournal()).find((candidate) => candidate.name === file.name);
    if (row !== undefined && row.state !== 'done') {
      const direction = row.state === 'started' ? 'up' : 'down';
      throw new HalfDoneMigrationError(this.#options.domain.name, row.name, direction, row.startedAt, row.actor);
    }
  }

  async #currentTransactionId(): Promise<string> {
    const { rows } = await this.#client.query<{ id: string }>('SELECT pg_current_xact_id()::text AS id');
    return rows[0]?.id ?? '';
  }

  /** Rolls back, records the failed attempt as far as the connection allows, and names what happened. */
  async #reportFailure(
    migration: RunnableMigration,
    definition: PostgresMigration,
    startedAt: Date,
    thrown: unknown,
  ): Promise<Error> {
    const domain = this.#options.domain.name;
    if (thrown instanceof HalfDoneMigrationError) {
      return thrown;
    }
    const statement = this.#failedStatement(thrown);
    try {
      await this.#client.query(`ROLLBACK; ${this.#forgetSettings}`);
      await this.#client.query('BEGIN');
      await this.#recordAttempt(migration, startedAt, errorMessage(thrown));
      await this.#client.query('COMMIT');
    } catch {
      // The connection is gone, and with it the lock; the server has rolled back what was open.
      return new LockLostError(domain, thrown);
    }
    if (this.#options.signal?.aborted === true) {
      return new MigrationInterruptedError(
        domain,
        `running ${migration.file.name}`,
        definition.transaction === false ? migration.file.name : undefined,
      );
    }
    if (thrown instanceof FinovaError) {
      return thrown;
    }
    return new MigrationFailedError({
      domain,
      migration: migration.file.name,
      direction: migration.direction,
      statement,
      leftBehind:
        definition.transaction === false
          ? 'it runs outside a transaction and is journaled as half done'
          : 'all of it was rolled back',
      cause: thrown,
    });
  }

  #failedStatement(thrown: unknown): FailedStatement | undefined {
    // A failure that the body caught is not what stopped it.
    if (!(thrown instanceof DatabaseError) || this.#lastFailure?.error !== thrown) {
      return undefined;
    }
    const position = thrown.position === undefined ? undefined : Number(thrown.position);
    return { text: this.#lastFailure.query.sql, position };
  }

  /**
   * Cancels the running statement when the run is interrupted, so that Ctrl-C does not wait for a long index build.
   *
   * @returns stops watching, and waits for a cancellation on its way: it would hit whatever runs next.
   */
  #cancelWhenInterrupted(): () => Promise<void> {
    const { signal, url } = this.#options;
    const backendPid = (this.#client as Client & { readonly processID: number }).processID;
    const cancel = async () => {
      const canceller = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
      try {
        await canceller.connect();
        await canceller.query('SELECT pg_cancel_backend($1)', [backendPid]);
      } catch {
        // The statement then runs to its end, and the run stops after it: slower, and as safe.
      } finally {
        await canceller.end().catch(() => {});
      }
    };
    let cancelled = Promise.resolve();
    const onAbort = () => {
      cancelled = cancel();
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    return () => {
      signal?.removeEventListener('abort', onAbort);
      return cancelled;
    };
  }
}
