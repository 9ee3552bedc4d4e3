import type { Client } from 'pg';
import { FinovaError, messageWithoutValues } from '../../errors/index.ts';
import { describeAttempt } from '../describe-attempt.ts';
import {
  EscapedTransactionError,
  HalfDoneMigrationError,
  LockLostError,
  MigrationFailedError,
  MigrationInterruptedError,
} from '../errors/index.ts';
import type { EngineOptions } from '../migration-engine.ts';
import { explainRefusal } from './act-as-owner.ts';
import type { PostgresBookkeeping } from './bookkeeping.ts';
import type { MigrationBody } from './migration-body.ts';
import type { MigrationAttempt } from './pipelined-commit.ts';
import type { PostgresRepeatables } from './postgres-repeatables.ts';

/** The run that a migration failed in. */
interface FailedRun {
  /** The connection that holds the migration lock. */
  readonly client: Client;
  readonly options: EngineOptions;
  readonly bookkeeping: PostgresBookkeeping;
  readonly repeatables: PostgresRepeatables;
  readonly body: MigrationBody;
  /** What a migration `SET` must not outlive it. */
  readonly forgetSettings: string;
}

/**
 * Rolls back and records the failed attempt, as far as the connection allows.
 *
 * @returns what happened, to which migration, and what it left behind.
 */
export async function reportFailedAttempt(
  run: FailedRun,
  { migration, definition, startedAt }: MigrationAttempt,
  thrown: unknown,
): Promise<Error> {
  const domain = run.options.domain.name;
  if (thrown instanceof HalfDoneMigrationError) {
    return thrown;
  }
  const statement = run.body.failedStatement(thrown);
  const cause = run.bookkeeping.isEscape(thrown) ? new EscapedTransactionError(domain, migration.file.name) : thrown;
  try {
    run.repeatables.forget();
    await run.client.query(`ROLLBACK; ${run.forgetSettings}`);
    await run.bookkeeping.recordAttempt(
      describeAttempt(run.options.identity, migration, startedAt, messageWithoutValues(cause)),
    );
  } catch {
    // The connection is gone, and with it the lock; the server has rolled back what was open.
    return new LockLostError(domain, thrown);
  }
  if (run.options.signal?.aborted === true) {
    return new MigrationInterruptedError(
      domain,
      `running ${migration.file.name}`,
      definition.transaction === false ? migration.file.name : undefined,
    );
  }
  if (cause instanceof FinovaError) {
    return cause;
  }
  const explained = await explainRefusal(run.client, run.options.domain, cause);
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
    isHalfDone: definition.transaction === false,
    cause: thrown,
  });
}
