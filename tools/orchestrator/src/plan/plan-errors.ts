import { errorMessage, FinovaError } from '@finova/db-kit';

/** A migration requires one that does not exist. */
export class UnknownRequirementError extends FinovaError {
  readonly migration: string;
  readonly requirement: string;

  constructor(migration: string, requirement: string, nearest: string | undefined) {
    super({
      message: `${migration} requires ${requirement}, which does not exist: expected the name of a migration such as ${nearest ?? 'accounts-db/20260301T090000-create-schema'}`,
      next: 'correct its requires',
    });
    this.migration = migration;
    this.requirement = requirement;
  }
}

/** Migrations wait for each other in a circle, so there is no order in which to apply them. */
export class RequirementCycleError extends FinovaError {
  /** The circle, first migration repeated at the end; each stands on the next. */
  readonly path: readonly string[];

  constructor(path: readonly string[]) {
    super({
      message: `Migrations stand on each other in a circle: ${path.join(' → ')}`,
      next: 'remove one of the requires on this path, or a dependency between its domains',
    });
    this.path = path;
  }
}

/** A migration that another one requires was not applied. */
export class RequirementPendingError extends FinovaError {
  readonly migration: string;
  readonly requirement: string;

  constructor(migration: string, requirement: string, cause?: unknown) {
    const [domain] = requirement.split('/');
    super({
      message: `${migration} was not applied: it requires ${requirement}, which is not applied`,
      next: `run finova-db up ${domain}, and then this again`,
      cause,
    });
    this.migration = migration;
    this.requirement = requirement;
  }
}

/** What is applied could not be applied again to throw-away databases, so nothing can be tried out on them. */
export class ScratchBuildFailedError extends FinovaError {
  readonly domain: string;

  constructor(domain: string, cause: unknown) {
    super({
      message: `What is applied in ${domain} could not be applied to a throw-away database: ${errorMessage(cause)}`,
      next: 'make its applied migrations run on an empty database, or plan without --sql',
      cause,
    });
    this.domain = domain;
  }
}
