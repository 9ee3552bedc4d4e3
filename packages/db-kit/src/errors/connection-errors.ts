import { errorMessage, FinovaError } from './finova-error.ts';

/** Nothing answers at the address, or not in time. */
export class DatabaseUnreachableError extends FinovaError {
  /** `host:port` */
  readonly address: string;

  constructor(product: string, address: string, cause: unknown) {
    super({
      message: `${product} at ${address} cannot be reached: ${errorMessage(cause)}`,
      next: 'check that the server runs and that the URL names its host and port, or run finova-db doctor',
      cause,
    });
    this.address = address;
  }
}

/** The server answers but does not accept the user or password. */
export class DatabaseLoginRefusedError extends FinovaError {
  readonly address: string;
  readonly user: string;

  constructor(product: string, address: string, user: string, cause: unknown) {
    super({
      message: `${product} at ${address} refused the login of user ${user}: expected a known user and its password`,
      next: 'correct the user and password in the URL',
      cause,
    });
    this.address = address;
    this.user = user;
  }
}

/** The server accepts the login but has no such database. */
export class DatabaseMissingError extends FinovaError {
  readonly address: string;
  readonly database: string;

  constructor(product: string, address: string, database: string, cause: unknown) {
    super({
      message: `${product} at ${address} has no database ${database}`,
      next: `create it (createdb ${database}), or name another one in the URL`,
      cause,
    });
    this.address = address;
    this.database = database;
  }
}

/** A connection URL that cannot be used. The URL itself is never part of the message: it may hold a password. */
export class InvalidDatabaseUrlError extends FinovaError {
  constructor(source: string, expected: string, found: string, cause?: unknown) {
    super({
      message: `The database URL in ${source} is not valid: expected ${expected}, found ${found}`,
      next: `correct ${source}`,
      cause,
    });
  }
}

/** The server, or what stands between, did not answer a statement in time. */
export class DatabaseSilentError extends FinovaError {
  readonly timeoutMs: number;

  constructor(product: string, timeoutMs: number, cause: unknown) {
    super({
      message: `${product} has not answered a statement for ${timeoutMs} ms, and the connection was given up: whether the statement was carried out is not known`,
      next: 'ask again with the same idempotency key; where it happens again, look at the network and what stands between',
      cause,
    });
    this.timeoutMs = timeoutMs;
  }
}

/** A transaction in which a statement was refused was to be committed: all of it was rolled back. */
export class TransactionAbortedError extends FinovaError {
  constructor() {
    super({
      message:
        'Nothing was committed: a statement of the transaction was refused, that error was caught, and PostgreSQL rolls back what is committed after it',
      next: 'let the error end the transaction, or run what may be refused within a savepoint',
    });
  }
}
