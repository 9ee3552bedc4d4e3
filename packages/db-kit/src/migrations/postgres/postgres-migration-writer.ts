import pRetry from 'p-retry';
import type { Client } from 'pg';
import { isPostgresError, SqlState } from '../../errors/index.ts';
import { describePostgres } from '../../postgres/describe-server.ts';
import { attemptFacts, describeAttempt } from '../describe-attempt.ts';
import { HalfDoneMigrationError } from '../errors/index.ts';
import type { HistoryRow, JournalRow } from '../journal.ts';
import type { PostgresMigration } from '../migration.ts';
import type { EngineOptions, MigrationWriter, RunnableMigration } from '../migration-engine.ts';
import type { Repeatable } from '../repeatable-files.ts';
import { ACT_AS_ONESELF, actAsOwner } from './act-as-owner.ts';
import { applyRepeatables } from './apply-repeatables.ts';
import type { PostgresBookkeeping } from './bookkeeping.ts';
import { cancelWhenInterrupted } from './cancel-when-interrupted.ts';
import { rebuildInvalidIndexes } from './invalid-indexes.ts';
import { MigrationBody } from './migration-body.ts';
import { OpeningStatements } from './opening-statements.ts';
import { type MigrationAttempt, PipelinedCommit } from './pipelined-commit.ts';
import { PostgresRepeatables } from './postgres-repeatables.ts';
import { reportFailedAttempt } from './report-failed-attempt.ts';
import { DEFAULT_LOCK_TIMEOUT_MS } from './transaction-settings.ts';

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
  readonly #commit: PipelinedCommit;
  /** Under the lock nobody else journals; what this run itself leaves half done is the last that it does. */
  #halfDone: Promise<readonly JournalRow[]> | undefined;

  /** @param sessionSettings - statements that hold for the whole run. */
  constructor(client: Client, bookkeeping: PostgresBookkeeping, options: EngineOptions, sessionSettings: string) {
    this.#client = client;
    this.#forgetSettings = `RESET ALL; ${ACT_AS_ONESELF}; ${sessionSettings}`;
    this.#bookkeeping = bookkeeping;
    this.#options = options;
    this.#repeatables = new PostgresRepeatables(client, bookkeeping.schema, options.domain.namespace);
    this.#body = new MigrationBody(client, options);
    this.#commit = new PipelinedCommit(client);
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
    if (definition.transaction === false) {
      await this.finish();
    }
    const attempt = { migration, definition, startedAt: new Date() };
    try {
      await this.#refuseHalfDone(migration);
      const stopWatching = cancelWhenInterrupted(this.#client, this.#options.url, this.#options.signal);
      try {
        await (definition.transaction === false
          ? this.#runOutsideTransaction(attempt)
          : this.#retryWhenLocked(() => this.#runInTransaction(attempt)));
      } finally {
        await stopWatching();
      }
    } catch (thrown) {
      // Nothing of this one ran where the commit of the one before it was refused: that is then the news.
      await this.finish();
      throw await this.#reportFailure(attempt, thrown);
    }
  }

  async finish(): Promise<void> {
    const refused = await this.#commit.refused();
    if (refused !== undefined) {
      throw await this.#reportFailure(refused.attempt, refused.thrown);
    }
  }

  async flush(): Promise<void> {
    await this.finish();
    await this.#bookkeeping.flush();
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
    this.#halfDone = undefined;
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
        await this.#requireCommitted();
        await this.#client.query(`ROLLBACK; ${this.#forgetSettings}`);
        return true;
      },
    });
  }

  /** Waits for nothing but the body's own statements: what comes before goes with the first, nobody waits for the commit. */
  async #runInTransaction(attempt: MigrationAttempt): Promise<void> {
    const { migration, definition } = attempt;
    const takesRepeatablesBack =
      migration.direction === 'down' && (await this.#repeatables.isTiedTo(migration.file.name));
    const actAs = this.#actAs(definition, 'transaction');
    await this.#bookkeeping.prepareToRecord();
    const opening = new OpeningStatements(this.#client, [
      'BEGIN',
      this.#commit.nextTransactionId(),
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
    await this.#journalAndCommit(attempt, begun?.rows[0]?.id);
  }

  /** Whose rights the body has: the statement that takes them on. */
  #actAs({ runsAs }: PostgresMigration, until: 'transaction' | 'session'): string {
    return runsAs === 'session' ? ACT_AS_ONESELF : actAsOwner(this.#options.domain.namespace, until);
  }

  async #runOutsideTransaction(attempt: MigrationAttempt): Promise<void> {
    const { migration, definition } = attempt;
    const takesRepeatablesBack =
      migration.direction === 'down' && (await this.#repeatables.isTiedTo(migration.file.name));
    await this.#client.query('BEGIN');
    await this.#client.query(this.#journalStatement(attempt, migration.direction === 'up' ? 'started' : 'reverting'));
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
    await this.#journalAndCommit(attempt);
    await this.#requireCommitted();
  }

  /**
   * Journals the migration, appends to the history and commits, without waiting for the answer.
   *
   * @param transactionId - the transaction that all of it must still be in.
   */
  async #journalAndCommit(attempt: MigrationAttempt, transactionId?: string): Promise<void> {
    const { migration, startedAt } = attempt;
    await this.#requireCommitted();
    const described = describeAttempt(this.#options.identity, migration, startedAt, null);
    const record = await this.#bookkeeping.recordAttemptStatement(described, transactionId);
    this.#commit.send(
      [ACT_AS_ONESELF, this.#journalStatement(attempt, 'done'), record.statement, this.#forgetSettings],
      record.hash,
      attempt,
      () => {
        record.committed();
        migration.onCommitted?.();
      },
    );
  }

  /** Where a transaction follows a commit, it would not have begun without it. */
  async #requireCommitted(): Promise<void> {
    const refused = await this.#commit.refused();
    if (refused !== undefined) {
      throw refused.thrown;
    }
  }

  #reportFailure(attempt: MigrationAttempt, thrown: unknown): Promise<Error> {
    return reportFailedAttempt(
      {
        client: this.#client,
        options: this.#options,
        bookkeeping: this.#bookkeeping,
        repeatables: this.#repeatables,
        body: this.#body,
        forgetSettings: this.#forgetSettings,
      },
      attempt,
      thrown,
    );
  }

  /**
   * In direction `down`, a migration that is done with is a row that is gone. One that runs in a transaction has no row
   * before it is done.
   */
  #journalStatement({ migration, definition, startedAt }: MigrationAttempt, state: JournalRow['state']): string {
    if (migration.direction === 'down' && state === 'done') {
      return this.#bookkeeping.deleteFromJournalStatement(migration.file.name);
    }
    const row: JournalRow = {
      ...attemptFacts(this.#options.identity, startedAt),
      ...migration.checksum,
      name: migration.file.name,
      state,
      completedSteps: [],
    };
    return definition.transaction === false
      ? this.#bookkeeping.writeJournalStatement(row)
      : this.#bookkeeping.insertIntoJournalStatement(row);
  }

  /** Also where the file runs in a transaction by now: what it was when it began is still there in part. */
  async #refuseHalfDone({ file }: RunnableMigration): Promise<void> {
    this.#halfDone ??= this.#bookkeeping.readHalfDone();
    const row = (await this.#halfDone).find(({ name }) => name === file.name);
    if (row !== undefined) {
      const direction = row.state === 'started' ? 'up' : 'down';
      throw new HalfDoneMigrationError(this.#options.domain.name, row.name, direction, row.startedAt, row.actor);
    }
  }
}
