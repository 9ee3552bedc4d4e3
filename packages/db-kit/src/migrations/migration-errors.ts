import { FinovaError, messageWithoutValues } from '../errors/index.ts';
import type { MigrationDirection } from './migration.ts';

/** A file in a migrations folder that is not a migration: misnamed, unreadable or of the wrong shape. */
export class InvalidMigrationFileError extends FinovaError {
  readonly domain: string;
  readonly file: string;

  constructor(domain: string, file: string, problem: string, cause?: unknown) {
    super({
      message: `Migration file ${file} of ${domain} ${problem}`,
      next: 'correct the file, or move it out of the migrations folder',
      cause,
    });
    this.domain = domain;
    this.file = file;
  }
}

/** A file among the repeatables that is none. */
export class InvalidRepeatableFileError extends FinovaError {
  readonly domain: string;
  readonly file: string;

  constructor(domain: string, file: string, problem: string) {
    super({
      message: `Repeatable ${file} of ${domain} ${problem}`,
      next: 'correct the file, or move it out of the repeatables folder',
    });
    this.domain = domain;
    this.file = file;
  }
}

/** `--to` or another argument names a migration that the domain does not have. */
export class UnknownMigrationError extends FinovaError {
  readonly domain: string;
  readonly migration: string;

  constructor(domain: string, migration: string, expected: string) {
    super({
      message: `${domain} has no migration ${migration}: expected ${expected}`,
      next: `run finova-db status ${domain} to see the names`,
    });
    this.domain = domain;
    this.migration = migration;
  }
}

/** An applied migration's file is gone. */
export class MissingMigrationError extends FinovaError {
  readonly domain: string;
  readonly migration: string;

  constructor(domain: string, migration: string) {
    super({
      message: `Migration ${migration} is applied in ${domain} but its file is gone: expected ${migration}.ts, found nothing with its checksum`,
      next: `restore the file from version control (git log --diff-filter=D -- '*${migration}*')`,
    });
    this.domain = domain;
    this.migration = migration;
  }
}

/** An applied migration's file has another name now. */
export class RenamedMigrationError extends FinovaError {
  readonly domain: string;
  readonly migration: string;
  readonly renamedTo: string;

  constructor(domain: string, migration: string, renamedTo: string) {
    super({
      message: `Migration ${migration} is applied in ${domain} but its file was renamed: expected ${migration}, found the same content as ${renamedTo}`,
      next: `rename the file back to ${migration}.ts`,
    });
    this.domain = domain;
    this.migration = migration;
    this.renamedTo = renamedTo;
  }
}

/** An applied migration, or something it imports, was edited. */
export class EditedMigrationError extends FinovaError {
  readonly domain: string;
  readonly migration: string;
  readonly changedFiles: readonly string[];
  readonly expectedChecksum: string;
  readonly foundChecksum: string;

  constructor(
    domain: string,
    migration: string,
    changedFiles: readonly string[],
    expectedChecksum: string,
    foundChecksum: string,
  ) {
    super({
      message:
        `Migration ${migration} of ${domain} was edited after it was applied (changed: ${changedFiles.join(', ')}): ` +
        `expected checksum ${expectedChecksum.slice(0, 12)}, found ${foundChecksum.slice(0, 12)}`,
      next: 'restore the applied version and put the change into a new migration',
    });
    this.domain = domain;
    this.migration = migration;
    this.changedFiles = changedFiles;
    this.expectedChecksum = expectedChecksum;
    this.foundChecksum = foundChecksum;
  }
}

/** A migration that is not applied is older than one that is. */
export class OutOfOrderMigrationError extends FinovaError {
  readonly domain: string;
  readonly migration: string;
  readonly newestApplied: string;

  constructor(domain: string, migration: string, newestApplied: string) {
    super({
      message: `Migration ${migration} of ${domain} is not applied, but the newer ${newestApplied} is: expected every new migration to come last`,
      next: `give ${migration} a timestamp after ${newestApplied}, or apply it as it is with --allow-out-of-order`,
    });
    this.domain = domain;
    this.migration = migration;
    this.newestApplied = newestApplied;
  }
}

/** A migration outside a transaction was started and never journaled as done. */
export class HalfDoneMigrationError extends FinovaError {
  readonly domain: string;
  readonly migration: string;
  readonly direction: MigrationDirection;

  constructor(domain: string, migration: string, direction: MigrationDirection, startedAt: Date, actor: string) {
    super({
      message:
        `Migration ${migration} of ${domain} runs outside a transaction and was interrupted on its way ${direction} ` +
        `(started ${startedAt.toISOString()} by ${actor}): it may be applied in part`,
      next: `look at the database, then run finova-db repair ${domain} ${migration} --as applied (its up is complete) or --as pending (nothing of it is left)`,
    });
    this.domain = domain;
    this.migration = migration;
    this.direction = direction;
  }
}

/** A half-done MongoDB migration's file no longer has a step that is in effect, so nobody could undo that step. */
export class MissingStepError extends FinovaError {
  readonly domain: string;
  readonly migration: string;
  readonly step: string;

  constructor(domain: string, migration: string, step: string) {
    super({
      message: `Step ${step} of half-done migration ${migration} of ${domain} is in effect but its file has it no more: expected every journaled step`,
      next: `restore step ${step} in ${migration}.ts; correct only the steps that did not run`,
    });
    this.domain = domain;
    this.migration = migration;
    this.step = step;
  }
}

/** `repair` was asked to settle a migration that is not half done. */
export class NothingToRepairError extends FinovaError {
  readonly domain: string;
  readonly migration: string;

  constructor(domain: string, migration: string, found: string) {
    super({
      message: `Migration ${migration} of ${domain} needs no repair: expected it to be half done, found it ${found}`,
      next: `run finova-db status ${domain}`,
    });
    this.domain = domain;
    this.migration = migration;
  }
}

/** `baseline` on a domain that is managed already. */
export class AlreadyManagedError extends FinovaError {
  readonly domain: string;

  constructor(domain: string, journaled: number) {
    super({
      message: `${domain} is managed already: expected an empty journal, found ${journaled} migrations in it`,
      next: `run finova-db status ${domain}; baseline is only for a database that was made by other means`,
    });
    this.domain = domain;
  }
}

/** `down` reached a migration that cannot be undone. */
export class IrreversibleMigrationError extends FinovaError {
  readonly domain: string;
  readonly migration: string;

  constructor(domain: string, migration: string, reason: string) {
    super({
      message: `Migration ${migration} of ${domain} cannot be reverted: ${reason}`,
      next: 'restore a backup, or write a new migration that goes forward',
    });
    this.domain = domain;
    this.migration = migration;
  }
}

/** A migration's body returned while something that it sent was still running. */
export class UnawaitedStatementError extends FinovaError {
  readonly domain: string;
  readonly migration: string;
  readonly statement: string;

  constructor(domain: string, migration: string, statement: string) {
    super({
      message: `Migration ${migration} of ${domain} ended before its statements did: expected every one to be awaited, found this one running: ${shorten(statement)}`,
      next: 'write await before it',
    });
    this.domain = domain;
    this.migration = migration;
    this.statement = statement;
  }
}

/** A transactional migration ended the transaction it runs in, so its journal row could not commit with it. */
export class EscapedTransactionError extends FinovaError {
  readonly domain: string;
  readonly migration: string;

  constructor(domain: string, migration: string) {
    super({
      message: `Migration ${migration} of ${domain} ended the transaction it runs in: expected no COMMIT or ROLLBACK in its statements; what it committed by itself stays and is not journaled`,
      next: 'undo that by hand, then remove the statement or declare transaction: false',
    });
    this.domain = domain;
    this.migration = migration;
  }
}

/** Where a statement failed, when the driver says so. */
export interface FailedStatement {
  /** The SQL text with placeholders, never the parameter values. */
  readonly text: string;
  /** 1-based character position in `text`, or `undefined` when the server names none. */
  readonly position: number | undefined;
}

/** A migration's body threw. Nothing of it is journaled as done. */
export class MigrationFailedError extends FinovaError {
  readonly domain: string;
  readonly migration: string;
  readonly direction: MigrationDirection;
  /** The MongoDB step that failed. */
  readonly step: string | undefined;
  readonly statement: FailedStatement | undefined;

  constructor(facts: {
    domain: string;
    migration: string;
    direction: MigrationDirection;
    step?: string | undefined;
    statement?: FailedStatement | undefined;
    leftBehind: string;
    cause: unknown;
  }) {
    const where = facts.step === undefined ? '' : ` in step ${facts.step}`;
    const statement = facts.statement === undefined ? '' : `; statement: ${describeStatement(facts.statement)}`;
    super({
      message: `Migration ${facts.migration} of ${facts.domain} failed on its way ${facts.direction}${where}: ${messageWithoutValues(facts.cause)}${statement}; ${facts.leftBehind}`,
      next: 'correct the cause and run the same command again; it resumes there',
      cause: facts.cause,
    });
    this.domain = facts.domain;
    this.migration = facts.migration;
    this.direction = facts.direction;
    this.step = facts.step;
    this.statement = facts.statement;
  }
}

function describeStatement({ text, position }: FailedStatement): string {
  return position === undefined ? shorten(text) : `${shorten(text)} (at character ${position})`;
}

function shorten(statement: string): string {
  const line = statement.replaceAll(/\s+/g, ' ').trim();
  const limit = 200;
  return line.length > limit ? `${line.slice(0, limit)}…` : line;
}

/** The run was interrupted (Ctrl-C) before this migration finished. */
export class MigrationInterruptedError extends FinovaError {
  readonly domain: string;

  /** @param leftHalfDone - a migration outside a transaction that was running: it has to be settled first. */
  constructor(domain: string, doing: string, leftHalfDone?: string) {
    super({
      message: `Interrupted while ${doing} in ${domain}; ${leftHalfDone === undefined ? 'nothing is half-journaled' : 'it runs outside a transaction and is journaled as half done'}`,
      next:
        leftHalfDone === undefined
          ? 'run the same command again; it resumes there'
          : `look at the database, then run finova-db repair ${domain} ${leftHalfDone} --as applied or --as pending`,
    });
    this.domain = domain;
  }
}

/** Who holds a migration lock, as far as the server knows. */
export interface LockHolder {
  readonly actor: string;
  readonly host: string;
  readonly pid: number;
  readonly since: Date;
}

/** The connection goes through a pooler, behind which a session lock means nothing. */
export class PoolerRefusedError extends FinovaError {
  readonly domain: string;

  constructor(domain: string, cause?: unknown) {
    super({
      message: `${domain} cannot be migrated through a connection pooler: expected the server itself to answer, found another behind it; a pooler may run each transaction in another session, without the migration lock`,
      next: 'give the URL of the server itself, not that of PgBouncer',
      cause,
    });
    this.domain = domain;
  }
}

/** Another runner holds the domain's migration lock and did not let go in time. */
export class LockTimeoutError extends FinovaError {
  readonly domain: string;
  readonly holder: LockHolder | undefined;
  readonly waitedMs: number;

  constructor(domain: string, holder: LockHolder | undefined, waitedMs: number) {
    const who =
      holder === undefined
        ? 'another runner'
        : `${holder.actor} on ${holder.host} (pid ${holder.pid}, since ${holder.since.toISOString()})`;
    super({
      message: `The migration lock of ${domain} is held by ${who}: waited ${waitedMs} ms for it`,
      next: 'wait for that run to end, or give more time with --lock-timeout',
    });
    this.domain = domain;
    this.holder = holder;
    this.waitedMs = waitedMs;
  }
}

/** This runner lost its lock: its lease expired and another runner took over. */
export class LockLostError extends FinovaError {
  readonly domain: string;

  constructor(domain: string, cause?: unknown) {
    super({
      message: `The migration lock of ${domain} was lost while migrating: expected to hold it until the end, found it taken over or released`,
      next: `run finova-db status ${domain}, then run the same command again`,
      cause,
    });
    this.domain = domain;
  }
}

/** A MongoDB server without a replica set: it has no transactions, so nothing can be journaled safely. */
export class ReplicaSetRequiredError extends FinovaError {
  readonly address: string;

  constructor(address: string) {
    super({
      message: `MongoDB at ${address} runs alone: expected a replica set or a sharded cluster, which transactions need`,
      next: 'start it with --replSet and run rs.initiate() (one member is enough)',
    });
    this.address = address;
  }
}
