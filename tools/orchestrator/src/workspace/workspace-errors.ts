import { errorMessage, FinovaError } from '@finova/db-kit';

/** The command was started outside any workspace, and where no domains are installed. */
export class WorkspaceNotFoundError extends FinovaError {
  constructor(startFolder: string) {
    super({
      message: `There is no finova-db workspace at or above ${startFolder}: expected a folder with nx.json and packages/, or a package.json that depends on installed domains`,
      next: 'change into the workspace',
    });
  }
}

/** An argument names a domain that does not exist. */
export class UnknownDomainError extends FinovaError {
  readonly domain: string;

  constructor(domain: string, known: readonly string[]) {
    super({
      message: `There is no domain ${domain}: expected one of ${known.join(', ')}`,
      next: 'run finova-db status to see them',
    });
    this.domain = domain;
  }
}

/** What needs a domain's sources was asked of an installed package. */
export class InstalledDomainError extends FinovaError {
  readonly domain: string;

  constructor(domain: string) {
    super({
      message: `${domain} is an installed package: expected its sources`,
      next: 'change into the workspace that has them',
    });
    this.domain = domain;
  }
}

/** Nx could not read the workspace. */
export class ProjectGraphError extends FinovaError {
  constructor(cause: unknown) {
    super({
      message: `Nx could not compute the project graph: ${errorMessage(cause)}`,
      next: 'run npx nx graph to see why',
      cause,
    });
  }
}

/** Domains depend on each other in a circle, so there is no order in which to migrate them. */
export class DomainCycleError extends FinovaError {
  /** The circle, first domain repeated at the end. */
  readonly path: readonly string[];

  constructor(path: readonly string[]) {
    super({
      message: `The domains depend on each other in a circle: ${path.join(' → ')}`,
      next: 'remove one of these dependencies from its package.json',
    });
    this.path = path;
  }
}
