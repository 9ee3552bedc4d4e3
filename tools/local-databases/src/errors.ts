import { FinovaError } from '@finova/db-kit';
import type { DatabaseEngine, ServerSource } from './database-server.ts';

/** `FINOVA_DATABASES` is not one of the branches. */
export class InvalidServerChoiceError extends FinovaError {
  readonly found: string;

  constructor(found: string) {
    super({
      message: `FINOVA_DATABASES is not valid: expected url, containers or embedded, found ${found}`,
      next: 'correct or unset FINOVA_DATABASES',
    });
    this.found = found;
  }
}

/** `FINOVA_DATABASES` forces a branch that cannot be had. */
export class ForcedServerMissingError extends FinovaError {
  readonly source: ServerSource;
  readonly engine: DatabaseEngine;

  constructor(source: ServerSource, engine: DatabaseEngine, problem: string, next: string) {
    super({ message: `FINOVA_DATABASES=${source} cannot be had for ${engine}: ${problem}`, next });
    this.source = source;
    this.engine = engine;
  }
}

/**
 * The server that an environment variable names cannot be used. The cause is db-kit's error that says why:
 * DatabaseUnreachableError, DatabaseLoginRefusedError or DatabaseMissingError.
 */
export class EnvironmentServerError extends FinovaError {
  readonly variable: string;

  constructor(variable: string, cause: FinovaError) {
    super({
      message: `The server of ${variable} cannot be used: ${messageWithoutNext(cause)}`,
      next: `correct ${variable} or start that server, or unset it to use a local one`,
      cause,
    });
    this.variable = variable;
  }
}

/** A service of docker-compose.yml is up and cannot be used. */
export class ComposeServerError extends FinovaError {
  readonly service: string;

  constructor(service: string, cause: FinovaError) {
    super({
      message: `Service ${service} of docker-compose.yml cannot be used: ${messageWithoutNext(cause)}`,
      next: 'set FINOVA_COMPOSE_PASSWORD to what it was when the volumes were made, or begin anew with docker compose down --volumes',
      cause,
    });
    this.service = service;
  }
}

/** An embedded server did not start, or runs and cannot be used. */
export class EmbeddedServerError extends FinovaError {
  readonly product: string;
  readonly logFile: string | undefined;

  constructor(product: string, problem: string, logFile: string | undefined, cause?: unknown) {
    super({
      message: `The embedded ${product} cannot be used: ${problem}`,
      next:
        logFile === undefined
          ? 'run finova-db doctor'
          : `look into ${logFile}, or run finova-db local stop and try again`,
      cause,
    });
    this.product = product;
    this.logFile = logFile;
  }
}

/** SecantusDB could not be installed. */
export class InstallationError extends FinovaError {
  constructor(problem: string, next: string, cause?: unknown) {
    super({ message: `SecantusDB could not be installed: ${problem}`, next, cause });
  }
}

function messageWithoutNext({ message, next }: FinovaError): string {
  return next !== undefined && message.endsWith(`; ${next}`) ? message.slice(0, -`; ${next}`.length) : message;
}
