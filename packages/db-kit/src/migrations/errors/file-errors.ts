import { FinovaError } from '../../errors/index.ts';

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
