import { type Client, DatabaseError } from 'pg';
import { FinovaError, messageWithoutValues } from '../../errors/index.ts';
import { EscapedTransactionError, LockLostError, MigrationFailedError } from '../errors/index.ts';
import type { HistoryAttempt } from '../journal.ts';
import type { EngineOptions } from '../migration-engine.ts';
import type { Repeatable } from '../repeatable-files.ts';
import type { PostgresBookkeeping } from './bookkeeping.ts';
import type { PostgresRepeatables, RepeatableChange } from './postgres-repeatables.ts';
import { CURRENT_TRANSACTION_ID, DEFAULT_LOCK_TIMEOUT_MS } from './transaction-settings.ts';

/** The run that repeatables are applied in. */
interface RepeatableRun {
  /** The connection that holds the migration lock. */
  readonly client: Client;
  readonly bookkeeping: PostgresBookkeeping;
  readonly repeatables: PostgresRepeatables;
  readonly options: EngineOptions;
  /** What a text `SET` must not outlive it. */
  readonly forgetSettings: string;
  readonly attemptFacts: (
    startedAt: Date,
  ) => Omit<HistoryAttempt, 'migration' | 'direction' | 'outcome' | 'checksum' | 'error' | 'note'>;
}

/**
 * Brings the repeatables of a domain to these texts in one transaction, because they may stand on each other.
 *
 * @returns the names of those that were changed, in order.
 * @throws {MigrationFailedError} when one cannot be applied; none is then changed.
 */
export async function applyRepeatables(run: RepeatableRun, wanted: readonly Repeatable[]): Promise<string[]> {
  const changes = await run.repeatables.changes(wanted);
  if (changes.length === 0) {
    return [];
  }
  const afterMigration = (await run.bookkeeping.readJournal()).at(-1)?.name ?? '';
  await run.client.query(`BEGIN; SET LOCAL lock_timeout = ${DEFAULT_LOCK_TIMEOUT_MS}`);
  for (const change of changes) {
    const startedAt = new Date();
    try {
      await applyOne(run, change, afterMigration, startedAt);
    } catch (thrown) {
      throw await reportFailure(run, change, startedAt, thrown);
    }
  }
  await run.client.query(`${run.forgetSettings}; COMMIT`);
  return changes.map(({ name }) => name);
}

async function applyOne(
  run: RepeatableRun,
  change: RepeatableChange,
  afterMigration: string,
  startedAt: Date,
): Promise<void> {
  const migration = `repeatables/${change.name}`;
  const transactionId = await currentTransactionId(run.client);
  const report = (sql: string) =>
    run.options.onStatement?.({ engine: 'postgres', migration, direction: 'up', sql, parameters: [] });
  if (change.repeatable !== undefined) {
    report(change.repeatable.text);
  }
  for (const drop of await run.repeatables.apply(change, afterMigration, run.options.identity)) {
    report(drop);
  }
  if ((await currentTransactionId(run.client)) !== transactionId) {
    throw new EscapedTransactionError(run.options.domain.name, migration);
  }
  await run.bookkeeping.recordAttempt(attempt(run, change, startedAt, null));
}

function attempt(
  run: RepeatableRun,
  { name, repeatable }: RepeatableChange,
  startedAt: Date,
  error: string | null,
): HistoryAttempt {
  return {
    ...run.attemptFacts(startedAt),
    migration: `repeatables/${name}`,
    direction: 'repeatable',
    outcome: error === null ? 'succeeded' : 'failed',
    checksum: repeatable?.checksum ?? '',
    error,
    note: repeatable === undefined ? 'its file was removed' : null,
  };
}

async function reportFailure(
  run: RepeatableRun,
  change: RepeatableChange,
  startedAt: Date,
  thrown: unknown,
): Promise<Error> {
  run.repeatables.forget();
  run.bookkeeping.forget();
  try {
    await run.client.query(`ROLLBACK; ${run.forgetSettings}`);
    await run.bookkeeping.recordAttempt(attempt(run, change, startedAt, messageWithoutValues(thrown)));
  } catch {
    // The connection is gone, and with it the lock; the server has rolled back what was open.
    return new LockLostError(run.options.domain.name, thrown);
  }
  if (thrown instanceof FinovaError) {
    return thrown;
  }
  const position = thrown instanceof DatabaseError ? thrown.position : undefined;
  return new MigrationFailedError({
    domain: run.options.domain.name,
    migration: `repeatables/${change.name}`,
    direction: 'up',
    statement: {
      text: change.repeatable?.text ?? '(dropping what it made)',
      position: position === undefined ? undefined : Number(position),
    },
    leftBehind: 'no repeatable was changed',
    cause: thrown,
  });
}

async function currentTransactionId(client: Client): Promise<string | undefined> {
  const { rows } = await client.query<{ id: string }>(CURRENT_TRANSACTION_ID);
  return rows[0]?.id;
}
