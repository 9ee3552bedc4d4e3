import { FinovaError } from '@finova/db-kit';

/** `FINOVA_DATABASES` is not one of the branches. */
export class InvalidServerChoiceError extends FinovaError {
  constructor(found: string) {
    super({
      message: `FINOVA_DATABASES is not valid: expected url, containers or embedded, found ${found}`,
      next: 'correct or unset FINOVA_DATABASES',
    });
  }
}

/** `FINOVA_DATABASES` forces a branch that cannot be had. */
export class ForcedServerMissingError extends FinovaError {
  constructor(source: string, engine: string, problem: string, next: string) {
    super({ message: `FINOVA_DATABASES=${source} cannot be had for ${engine}: ${problem}`, next });
  }
}

/** An embedded server did not start. */
export class EmbeddedServerError extends FinovaError {
  constructor(product: string, problem: string, logFile: string | undefined, cause?: unknown) {
    super({
      message: `The embedded ${product} did not start: ${problem}`,
      next:
        logFile === undefined
          ? 'run finova-db doctor'
          : `look into ${logFile}, or run finova-db local stop and try again`,
      cause,
    });
  }
}

/** SecantusDB could not be installed. */
export class InstallationError extends FinovaError {
  constructor(problem: string, next: string, cause?: unknown) {
    super({ message: `SecantusDB could not be installed: ${problem}`, next, cause });
  }
}
