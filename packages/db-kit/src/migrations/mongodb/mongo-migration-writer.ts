import { type MongoClient, MongoNetworkError, MongoServerSelectionError } from 'mongodb';
import { FinovaError, messageWithoutValues } from '../../errors/index.ts';
import { MongoServerRules } from '../../mongodb/server-rules/index.ts';
import { attemptFacts, describeAttempt } from '../describe-attempt.ts';
import {
  LockLostError,
  MigrationFailedError,
  MigrationInterruptedError,
  MissingStepError,
  StepTimeoutError,
} from '../errors/index.ts';
import type { HistoryRow, JournalRow } from '../journal.ts';
import type { MongoMigration, MongoMigrationStep } from '../migration.ts';
import type { EngineOptions, MigrationReader, MigrationWriter, RunnableMigration } from '../migration-engine.ts';
import type { Repeatable } from '../repeatable-files.ts';
import type { MongoBookkeeping } from './bookkeeping.ts';
import type { MigrationLease } from './migration-lease.ts';
import { MongoStepRun } from './mongo-step-run.ts';

/** Runs MongoDB migrations step by step, journaling each step under the lease's fencing token. */
export class MongoMigrationWriter implements MigrationWriter {
  readonly #client: MongoClient;
  readonly #bookkeeping: MongoBookkeeping;
  readonly #lease: MigrationLease;
  readonly #reader: MigrationReader;
  readonly #options: EngineOptions;
  readonly #rules: MongoServerRules;

  constructor(
    client: MongoClient,
    bookkeeping: MongoBookkeeping,
    lease: MigrationLease,
    reader: MigrationReader,
    options: EngineOptions,
  ) {
    this.#client = client;
    this.#bookkeeping = bookkeeping;
    this.#lease = lease;
    this.#reader = reader;
    this.#options = options;
    this.#rules = new MongoServerRules(options.domain.namespace);
  }

  describeServer(): Promise<string> {
    return this.#reader.describeServer();
  }

  readJournal(): Promise<JournalRow[]> {
    return this.#bookkeeping.readJournal();
  }

  readHistory(): Promise<HistoryRow[]> {
    return this.#bookkeeping.readHistory();
  }

  async run(migration: RunnableMigration): Promise<void> {
    const { steps } = migration.definition as MongoMigration;
    const startedAt = new Date();
    const recorded = (await this.readJournal()).find((row) => row.name === migration.file.name);
    const completed = new Set(recorded?.completedSteps);
    const missing = recorded?.completedSteps.find((name) => !steps.some((step) => step.name === name));
    if (missing !== undefined) {
      throw new MissingStepError(this.#options.domain.name, migration.file.name, missing);
    }
    const open =
      migration.direction === 'up'
        ? steps.filter((step) => !completed.has(step.name))
        : steps.filter((step) => completed.has(step.name)).toReversed();
    // Journaled before the first step, so that a crash inside it leaves a named state.
    await this.#lease.withFencedTransaction((session) =>
      this.#bookkeeping.writeJournal(this.#row(migration, completed, startedAt), session),
    );
    for (const step of open) {
      await this.#runStep(migration, step, completed, startedAt);
    }
    await this.#lease.withFencedTransaction(async (session) => {
      if (migration.direction === 'up') {
        await this.#bookkeeping.writeJournal({ ...this.#row(migration, completed, startedAt), state: 'done' }, session);
      } else {
        await this.#bookkeeping.deleteFromJournal(migration.file.name, session);
      }
      await this.#bookkeeping.recordAttempt(
        describeAttempt(this.#options.identity, migration, startedAt, null),
        session,
      );
    });
    migration.onCommitted?.();
  }

  /** Everything is committed when it ran. */
  async finish(): Promise<void> {}

  /** Every write is acknowledged by a majority already. */
  async flush(): Promise<void> {}

  async baseline(rows: readonly Pick<JournalRow, 'name' | 'checksum' | 'files' | 'completedSteps'>[]): Promise<void> {
    const startedAt = new Date();
    const { pid: _, ...facts } = attemptFacts(this.#options.identity, startedAt);
    await this.#lease.withFencedTransaction(async (session) => {
      for (const row of rows) {
        await this.#bookkeeping.writeJournal({ ...facts, ...row, state: 'done' }, session);
        await this.#bookkeeping.recordAttempt(
          {
            ...attemptFacts(this.#options.identity, startedAt),
            migration: row.name,
            direction: 'baseline',
            outcome: 'succeeded',
            checksum: row.checksum,
            error: null,
            note: null,
          },
          session,
        );
      }
    });
  }

  /** Repeatables are SQL; a MongoDB domain has none. */
  async readRepeatables(): Promise<Repeatable[]> {
    return [];
  }

  async pendingRepeatables(): Promise<string[]> {
    return [];
  }

  async applyRepeatables(): Promise<string[]> {
    return [];
  }

  async settle(row: JournalRow, as: 'applied' | 'pending'): Promise<void> {
    const startedAt = new Date();
    await this.#lease.withFencedTransaction(async (session) => {
      if (as === 'applied') {
        await this.#bookkeeping.writeJournal({ ...row, state: 'done' }, session);
      } else {
        await this.#bookkeeping.deleteFromJournal(row.name, session);
      }
      await this.#bookkeeping.recordAttempt(
        {
          ...attemptFacts(this.#options.identity, startedAt),
          migration: row.name,
          direction: 'repair',
          outcome: 'succeeded',
          checksum: row.checksum,
          error: null,
          note: `settled as ${as}`,
        },
        session,
      );
    });
  }

  async #runStep(
    migration: RunnableMigration,
    step: MongoMigrationStep,
    completed: Set<string>,
    startedAt: Date,
  ): Promise<void> {
    const { domain } = this.#options;
    const doing = `running step ${step.name} of ${migration.file.name}`;
    this.#refuseWhenInterrupted(doing);
    try {
      await this.#runBody(migration, step);
      if (migration.direction === 'up') {
        completed.add(step.name);
      } else {
        completed.delete(step.name);
      }
      await this.#lease.withFencedTransaction((session) =>
        this.#bookkeeping.writeJournal(this.#row(migration, completed, startedAt), session),
      );
    } catch (thrown) {
      if (thrown instanceof LockLostError) {
        throw thrown;
      }
      if (thrown instanceof MongoNetworkError || thrown instanceof MongoServerSelectionError) {
        throw new LockLostError(domain.name, thrown);
      }
      await this.#lease.withFencedTransaction((session) =>
        this.#bookkeeping.recordAttempt(
          describeAttempt(this.#options.identity, migration, startedAt, messageWithoutValues(thrown)),
          session,
        ),
      );
      this.#refuseWhenInterrupted(doing);
      throw thrown instanceof FinovaError
        ? thrown
        : new MigrationFailedError({
            domain: domain.name,
            migration: migration.file.name,
            direction: migration.direction,
            step: step.name,
            leftBehind: `${completed.size} of its steps are in effect and journaled`,
            cause: thrown,
          });
    }
  }

  /** @throws {StepTimeoutError} */
  async #runBody(migration: RunnableMigration, step: MongoMigrationStep): Promise<void> {
    const { signal, domain } = this.#options;
    const { stepTimeoutMs = 0 } = migration.definition as MongoMigration;
    const timeIsOver = stepTimeoutMs === 0 ? undefined : AbortSignal.timeout(stepTimeoutMs);
    const signals = [signal, timeIsOver].filter((each) => each !== undefined);
    const run = new MongoStepRun({
      client: this.#client,
      lease: this.#lease,
      options: this.#options,
      rules: this.#rules,
      migration,
      step,
      signal: signals.length === 0 ? undefined : AbortSignal.any(signals),
    });
    const stopListening = run.listen();
    try {
      await Promise.race([run.runBody(), ...(timeIsOver === undefined ? [] : [rejectWhenAborted(timeIsOver)])]);
    } catch (thrown) {
      // A step that heeds the signal throws its reason.
      throw timeIsOver?.aborted === true && thrown === timeIsOver.reason
        ? new StepTimeoutError(domain.name, migration.file.name, step.name, stepTimeoutMs)
        : thrown;
    } finally {
      stopListening();
    }
  }

  #refuseWhenInterrupted(doing: string): void {
    if (this.#options.signal?.aborted === true) {
      throw new MigrationInterruptedError(this.#options.domain.name, doing);
    }
  }

  #row(migration: RunnableMigration, completed: ReadonlySet<string>, startedAt: Date): JournalRow {
    const { pid: _, ...facts } = attemptFacts(this.#options.identity, startedAt);
    return {
      ...facts,
      ...migration.checksum,
      name: migration.file.name,
      state: migration.direction === 'up' ? 'started' : 'reverting',
      completedSteps: [...completed],
    };
  }
}

function rejectWhenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
