import { FinovaError } from '../errors/index.ts';

/** There is no key file, so nothing that is encrypted can be read or written. */
export class KeyFileMissingError extends FinovaError {
  readonly path: string;

  constructor(path: string, cause?: unknown) {
    super({
      message: `There is no encryption key file at ${path}`,
      next: `make one with finova-db keys create --file ${path}, or point FINOVA_KEY_FILE at yours`,
      cause,
    });
    this.path = path;
  }
}

/** Others than the owner may read the key file. */
export class KeyFileUnsafeError extends FinovaError {
  readonly path: string;

  constructor(path: string, mode: number) {
    super({
      message: `The encryption key file ${path} is open to others: expected mode 0600, found 0${mode.toString(8)}`,
      next: `run chmod 600 ${path}, and consider its keys known`,
    });
    this.path = path;
  }
}

/** The key file is not what `finova-db keys create` writes. */
export class KeyFileInvalidError extends FinovaError {
  readonly path: string;

  constructor(path: string, problem: string) {
    super({
      message: `The encryption key file ${path} is not valid: ${problem}`,
      next: 'restore it from its backup; without it what it encrypted is lost',
    });
    this.path = path;
  }
}

/** A record was encrypted under a key that this key file does not hold. */
export class UnknownKeyError extends FinovaError {
  readonly keyId: string;

  constructor(keyId: string) {
    super({
      message: `A record is encrypted under key ${keyId}, which the key file does not hold`,
      next: 'use the key file that the data was written with',
    });
    this.keyId = keyId;
  }
}

/** A ciphertext is damaged, was moved to another row or column, or belongs to another key. */
export class DecryptionError extends FinovaError {
  constructor(place: string, cause?: unknown) {
    super({
      message: `The ciphertext of ${place} does not authenticate: it was changed, moved there from elsewhere, or written under another key`,
      next: 'restore the row from a backup',
      cause,
    });
  }
}
