import pRetry from 'p-retry';
import type { Client } from 'pg';
import { FinovaError, isPostgresError, messageWithoutValues, SqlState } from '../../errors/index.ts';
import { describePostgres } from '../../postgres/describe-server.ts';
import { attemptFacts, describeAttempt } from '../describe-attempt.ts';
import {
  EscapedTransactionError,
  HalfDoneMigrationError,
  LockLostError,
  MigrationFailedError,
  MigrationInterruptedError,
} from '../errors/index.ts';
import type { HistoryRow, JournalRow } from '../journal.ts';
import type { PostgresMigration } from '../migration.ts';
import type { EngineOptions, MigrationWriter, RunnableMigration } from '../migration-engine.ts';
import type { Repeatable } from '../repeatable-files.ts';
import { ACT_AS_ONESELF, actAsOwner, explainRefusal } from './act-as-owner.ts';
import { applyRepeatables } from './apply-repeatables.ts';
import type { PostgresBookkeeping } from './bookkeeping.ts';
import { cancelWhenInterrupted } from './cancel-when-interrupted.ts';
import { rebuildInvalidIndexes } from './invalid-indexes.ts';
import { MigrationBody } from './migration-body.ts';
import { OpeningStatements } from './opening-statements.ts';
import { PostgresRepeatables } from './postgres-repeatables.ts';
import { CURRENT_TRANSACTION_ID, DEFAULT_LOCK_TIMEOUT_MS } from './transaction-settings.ts';

/** How often a migration that met a lock is tried again, after 0.2 to 3 seconds each. */
const LOCK_RETRIES = 4;

/** Runs and journals PostgreSQL migrations on the connection that holds the migration lock. */
export class PostgresMigrationWriter implements MigrationWriter {
  readonly #client: Client;
  readonly #bookkeeping: PostgresBookkeeping;
  readonly #options: EngineOptions;
  /** A `SET` in one migration (a dump begins with one of `search_path`) must not reach the next, nor a role. */
  readonly #forgetSettings: string;
  readonly #repeatables: PostgresRepeatables;
  readonly #body: MigrationBody;

  /** @param sessionSettings - statements that hold for the whole run. */
  constructor(client: Client, bookkeeping: PostgresBookkeeping, options: EngineOptions, sessionSettings: string) {
    this.#client = client;
    this.#forgetSettings = `RESET ALL; ${ACT_AS_ONESELF}; ${sessionSettings}`;
    this.#bookkeeping = bookkeeping;
    this.#options = options;
    this.#repeatables = new PostgresRepeatables(client, bookkeeping.schema, options.domain.namespace);
    this.#body = new MigrationBody(client, options);
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
    const runOnce = async () => {
      if (definition.transaction === false) {
        await this.#runOutsideTransaction(migration, definition, startedAt);
      } else {
        await this.#runInTransaction(migration, definition, startedAt);
      }
    };
    try {
      const stopWatching = cancelWhenInterrupted(this.#client, this.#options.url, this.#options.signal);
      try {
        await (definition.transaction === false ? runOnce() : this.#retryWhenLocked(runOnce));
      } finally {
        await stopWatching();
      }
    } catch (thrown) {
      throw await this.#reportFailure(migration, definition, startedAt, thrown);
    }
  }

  flush(): Promise<void> {
    return this.#bookkeeping.flush();
  }

  async baseline(rows: readonly Pick<JournalRow, 'name' | 'checksum' | 'files' | 'completedSteps'>[]): Promise<void> {
    const startedAt = new Date();
    await this.#client.query('BEGIN');
    for (const row of rows) {
      const facts = attemptFacts(this.#options.identity, startedAt);
      await this.#bookkeeping.writeJournal({ ...facts, ...row, state: 'done' });
      await this.#bookkeeping.recordAttempt({
        ...facts,
        migration: row.name,
        direction: 'baseline',
        outcome: 'succeeded',
        checksum: row.checksum,
        error: null,
        note: null,
      });
    }
    await this.#client.query('COMMIT');
  }

  readRepeatables(): Promise<Repeatable[]> {
    return this.#repeatables.current();
  }

  async pendingRepeatables(wanted: readonly Repeatable[]): Promise<string[]> {
    return (await this.#repeatables.changes(wanted)).map(({ name }) => name);
  }

  applyRepeatables(wanted: readonly Repeatable[]): Promise<string[]> {
    return applyRepeatables(
      {
        client: this.#client,
        bookkeeping: this.#bookkeeping,
        repeatables: this.#repeatables,
        options: this.#options,
        forgetSettings: this.#forgetSettings,
        attemptFacts: (startedAt) => attemptFacts(this.#options.identity, startedAt),
      },
      wanted,
    );
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
      ...attemptFacts(this.#options.identity, startedAt),
      migration: row.name,
      direction: 'repair',
      outcome: 'succeeded',
      checksum: row.checksum,
      error: null,
      note: `settled as ${as}`,
    });
    await this.#client.query('COMMIT');
  }

  /**
   * Tries again, with growing pauses, when a lock was not to be had in time: better than to queue up behind a long
   * transaction with everybody else queueing behind us.
   */
  async #retryWhenLocked(run: () => Promise<void>): Promise<void> {
    await pRetry(run, {
      retries: LOCK_RETRIES,
      minTimeout: 200,
      maxTimeout: 3_000,
      randomize: true,
      ...(this.#options.signal === undefined ? {} : { signal: this.#options.signal }),
      shouldRetry: async ({ error }) => {
        if (!isPostgresError(error, [SqlState.lockNotAvailable])) {
          return false;
        }
        await this.#client.query(`ROLLBACK; ${this.#forgetSettings}`);
        return true;
      },
    });
  }

  /** One round trip beside the body's own: what comes before it is sent with its first statement. */
  async #runInTransaction(migration: RunnableMigration, definition: PostgresMigration, startedAt: Date): Promise<void> {
    const takesRepeatablesBack =
      migration.direction === 'down' && (await this.#repeatables.isTiedTo(migration.file.name));
    const actAs = this.#actAs(definition, 'transaction');
    await this.#bookkeeping.prepareToRecord();
    const opening = new OpeningStatements(this.#client, [
      'BEGIN',
      CURRENT_TRANSACTION_ID,
      `SET LOCAL lock_timeout = ${definition.lockTimeoutMs ?? DEFAULT_LOCK_TIMEOUT_MS}`,
      `SET LOCAL statement_timeout = ${definition.statementTimeoutMs ?? 0}`,
      ...(takesRepeatablesBack ? [] : [actAs]),
    ]);
    if (takesRepeatablesBack) {
      await opening.results();
      await this.#repeatables.withdraw();
      await this.#client.query(actAs);
    }
    await this.#body.run(migration, definition, opening);
    if (takesRepeatablesBack) {
      await this.#client.query(ACT_AS_ONESELF);
      await this.#repeatables.restoreBefore(migration.file.name);
    }
    const [, begun] = await opening.results();
    await this.#commit(migration, startedAt, begun?.rows[0]?.id);
  }

  /** Whose rights the body has: the statement that takes them on. */
  #actAs({ runsAs }: PostgresMigration, until: 'transaction' | 'session'): string {
    return runsAs === 'session' ? ACT_AS_ONESELF : actAsOwner(this.#options.domain.namespace, until);
  }

  async #runOutsideTransaction(
    migration: RunnableMigration,
    definition: PostgresMigration,
    startedAt: Date,
  ): Promise<void> {
    await this.#refuseHalfDone(migration);
    const takesRepeatablesBack =
      migration.direction === 'down' && (await this.#repeatables.isTiedTo(migration.file.name));
    await this.#client.query('BEGIN');
    await this.#client.query(
      this.#journalStatement(migration, migration.direction === 'up' ? 'started' : 'reverting', startedAt),
    );
    if (takesRepeatablesBack) {
      await this.#repeatables.withdraw();
    }
    await this.#client.query(
      `COMMIT; SET lock_timeout = ${definition.lockTimeoutMs ?? DEFAULT_LOCK_TIMEOUT_MS}; ` +
        `SET statement_timeout = ${definition.statementTimeoutMs ?? 0}; ${this.#actAs(definition, 'session')}`,
    );
    await this.#body.run(migration, definition);
    await rebuildInvalidIndexes(this.#client, this.#options.domain.namespace);
    await this.#client.query(`${ACT_AS_ONESELF}; BEGIN`);
    if (takesRepeatablesBack) {
      await this.#repeatables.restoreBefore(migration.file.name);
    }
    await this.#commit(migration, startedAt);
  }

  /**
   * Journals the migration, appends to the history and commits.
   *
   * @param transactionId - the transaction that all of it must still be in.
   */
  async #commit(migration: RunnableMigration, startedAt: Date, transactionId?: string): Promise<void> {
    const attempt = describeAttempt(this.#options.identity, migration, startedAt, null);
    const record = await this.#bookkeeping.recordAttemptStatement(attempt, transactionId);
    await this.#client.query(
      `${ACT_AS_ONESELF}; ${this.#journalStatement(migration, 'done', startedAt)}; ${record.statement}; ${this.#forgetSettings}; COMMIT`,
    );
    record.committed();
  }

  /** In direction `down`, a migration that is done with is a row that is gone. */
  #journalStatement(migration: RunnableMigration, state: JournalRow['state'], startedAt: Date): string {
    if (migration.direction === 'down' && state === 'done') {
      return this.#bookkeeping.deleteFromJournalStatement(migration.file.name);
    }
    return this.#bookkeeping.writeJournalStatement({
      ...attemptFacts(this.#options.identity, startedAt),
      ...migration.checksum,
      name: migration.file.name,
      state,
      completedSteps: [],
    });
  }

  async #refuseHalfDone({ file }: RunnableMigration): Promise<void> {
    const row = (await this.readJournal()).find((candidate) => candidate.name === file.name);
    if (row !== undefined && row.state !== 'done') {
      const direction = row.state === 'started' ? 'up' : 'down';
      throw new HalfDoneMigrationError(this.#options.domain.name, row.name, direction, row.startedAt, row.actor);
    }
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
    const statement = this.#body.failedStatement(thrown);
    const cause = this.#bookkeeping.isEscape(thrown)
      ? new EscapedTransactionError(domain, migration.file.name)
      : thrown;
    try {
      this.#repeatables.forget();
      await this.#client.query(`ROLLBACK; ${this.#forgetSettings}`);
      await this.#bookkeeping.recordAttempt(
        describeAttempt(this.#options.identity, migration, startedAt, messageWithoutValues(cause)),
      );
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
    if (cause instanceof FinovaError) {
      return cause;
    }
    const explained = await explainRefusal(this.#client, this.#options.domain, cause);
    if (explained instanceof FinovaError) {
      return explained;
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
}
