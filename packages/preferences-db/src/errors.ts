import { FinovaError } from '@finova/db-kit';

/** Somebody else changed the preferences first; nothing was written. */
export class RevisionConflictError extends FinovaError {
  readonly userId: string;
  readonly expectedRevision: number;
  /** 0 when nothing is stored. */
  readonly foundRevision: number;

  constructor(userId: string, expectedRevision: number, foundRevision: number) {
    super({
      message: `User preferences were changed by somebody else: expected revision ${expectedRevision}, found ${foundRevision}`,
      next: 'read them again and repeat the change',
    });
    this.userId = userId;
    this.expectedRevision = expectedRevision;
    this.foundRevision = foundRevision;
  }
}

/** A change that would make the preferences invalid; nothing was written. */
export class InvalidPreferencesError extends FinovaError {
  /** What is wrong and where, without the values. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super({
      message: `User preferences cannot be changed so: ${problems.join(', ')}`,
      next: 'correct the named fields',
    });
    this.problems = problems;
  }
}

/** The customer was erased; nothing is stored of them any more. */
export class UserErasedError extends FinovaError {
  readonly userId: string;
  readonly erasedAt: Date;

  constructor(userId: string, erasedAt: Date) {
    super({
      message: `The customer was erased at ${erasedAt.toISOString()}: expected one who is there`,
      next: 'drop the change; a customer who comes back gets a new id',
    });
    this.userId = userId;
    this.erasedAt = erasedAt;
  }
}
