import { FinovaError } from '../../errors/index.ts';
import type { MigrationDirection } from '../migration.ts';
import { howToSettle } from './how-to-settle.ts';

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
        `Migration ${migration} of ${domain} ran outside a transaction and was interrupted on its way ${direction} ` +
        `(started ${startedAt.toISOString()} by ${actor}): it may be applied in part`,
      next: howToSettle(domain, migration),
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

/** The history or the journal of a domain was changed by other means than the migrator. */
export class RecordsTamperedError extends FinovaError {
  readonly domain: string;
  /** The migration that the first problem is about. */
  readonly migration: string;
  readonly problems: readonly string[];

  constructor(domain: string, migration: string, problems: readonly string[]) {
    const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
    super({
      message: `The records of ${domain} were tampered with: ${problems[0]}${more}`,
      next: `run finova-db history ${domain} to see all of it, and compare with a backup before you migrate`,
    });
    this.domain = domain;
    this.migration = migration;
    this.problems = problems;
  }
}
