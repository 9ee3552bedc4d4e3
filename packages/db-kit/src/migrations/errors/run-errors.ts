import { FinovaError, messageWithoutValues } from '../../errors/index.ts';
import type { MigrationDirection } from '../migration.ts';
import { howToSettle } from './how-to-settle.ts';

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

/** A step of a MongoDB migration took longer than it may. */
export class StepTimeoutError extends FinovaError {
  readonly domain: string;
  readonly migration: string;
  readonly step: string;
  readonly timeoutMs: number;

  constructor(domain: string, migration: string, step: string, timeoutMs: number) {
    super({
      message: `Step ${step} of migration ${migration} of ${domain} took too long: expected at most ${timeoutMs} ms (its stepTimeoutMs); what it sent may still be running on the server`,
      next: 'see with db.currentOp() what it waits for, then run the same command again: it goes on with this step',
    });
    this.domain = domain;
    this.migration = migration;
    this.step = step;
    this.timeoutMs = timeoutMs;
  }
}

/** Documents violate the validator that a step would put on their collection; the one before is in force. */
export class ValidatorViolatedError extends FinovaError {
  readonly collection: string;
  readonly violators: number;
  /** `_id` in `migration_progress`, where the validator is. */
  readonly progress: string;

  constructor(collection: string, violators: number, progress: string) {
    super({
      message: `${violators} documents of ${collection} violate its new validator: expected none; the one before is in force`,
      next: `find them with db.getCollection(${JSON.stringify(collection)}).find({ $nor: [EJSON.parse(db.migration_progress.findOne({ _id: ${JSON.stringify(progress)} }).validator)] }), bring them in line and run the same command again`,
    });
    this.collection = collection;
    this.violators = violators;
    this.progress = progress;
  }
}

/** A step was about to send what MongoDB refuses, whatever this server does; it was not sent. */
export class RefusedByMongoError extends FinovaError {
  readonly domain: string;
  readonly migration: string;
  readonly step: string;
  /** `mongodb/ttl-index` */
  readonly rule: string;
  readonly manualPage: string;

  constructor(facts: {
    readonly domain: string;
    readonly migration: string;
    readonly step: string;
    readonly rule: string;
    readonly subject: string;
    readonly problem: string;
    readonly manualPage: string;
  }) {
    super({
      message: `Step ${facts.step} of migration ${facts.migration} of ${facts.domain} would send what MongoDB refuses: ${facts.subject} ${facts.problem} (${facts.rule})`,
      next: `see "${facts.manualPage}" in MongoDB's manual`,
    });
    this.domain = facts.domain;
    this.migration = facts.migration;
    this.step = facts.step;
    this.rule = facts.rule;
    this.manualPage = facts.manualPage;
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

/** Who migrates may not act as the role that owns the domain's schema. */
export class OwnerRefusedError extends FinovaError {
  readonly domain: string;
  readonly owner: string;
  readonly user: string;

  constructor(facts: { domain: string; owner: string; migrator: string; user: string; cause: unknown }) {
    super({
      message: `Role ${facts.user} may not migrate ${facts.domain}: expected a member of ${facts.owner}, which owns its schema`,
      next: `let an administrator run GRANT ${facts.migrator} TO ${facts.user}, or migrate as ${facts.migrator}`,
      cause: facts.cause,
    });
    this.domain = facts.domain;
    this.owner = facts.owner;
    this.user = facts.user;
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
    /** It ran outside a transaction: it has to be settled before it can run again. */
    isHalfDone?: boolean;
    cause: unknown;
  }) {
    const where = facts.step === undefined ? '' : ` in step ${facts.step}`;
    const statement = facts.statement === undefined ? '' : `; statement: ${describeStatement(facts.statement)}`;
    super({
      message: `Migration ${facts.migration} of ${facts.domain} failed on its way ${facts.direction}${where}: ${messageWithoutValues(facts.cause)}${statement}; ${facts.leftBehind}`,
      next:
        facts.isHalfDone === true
          ? `correct the cause, ${howToSettle(facts.domain, facts.migration)}`
          : 'correct the cause and run the same command again; it resumes there',
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
        leftHalfDone === undefined ? 'run the same command again; it resumes there' : howToSettle(domain, leftHalfDone),
    });
    this.domain = domain;
  }
}
