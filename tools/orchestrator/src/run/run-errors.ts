import { FinovaError } from '@finova/db-kit';

/** `down` would pull out what applied migrations of other domains stand on. */
export class DependentsAppliedError extends FinovaError {
  readonly domain: string;
  /** `<domain>/<migration>` of those that would have to go first. */
  readonly dependents: readonly string[];

  constructor(domain: string, dependents: readonly string[]) {
    const counts = new Map<string, number>();
    for (const id of dependents) {
      const name = id.slice(0, id.indexOf('/'));
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    const list = [...counts].map(([name, applied]) => `${name} (${applied} applied)`).join(', ');
    const [first = ''] = dependents;
    super({
      message: `${domain} cannot be reverted while other domains stand on it: expected nothing applied that does, found ${list}, the newest being ${first}`,
      next: `revert them too with finova-db down ${domain} --cascade, or first run finova-db down ${[...counts.keys()][0] ?? ''} --all`,
    });
    this.domain = domain;
    this.dependents = dependents;
  }
}

/** A domain below has migrations that are not applied. */
export class DependencyPendingError extends FinovaError {
  readonly domain: string;
  readonly dependency: string;

  constructor(domain: string, dependency: string, pending: readonly string[]) {
    super({
      message: `${domain} was not migrated: it depends on ${dependency}, of which ${pending.length} migrations are pending (${pending[0]}, …)`,
      next: `run finova-db up ${domain}, which migrates ${dependency} first`,
    });
    this.domain = domain;
    this.dependency = dependency;
  }
}

/** `--to` with more than one domain to choose from, or of another domain. */
export class AmbiguousTargetError extends FinovaError {
  constructor(target: string) {
    super({
      message: `--to ${target} does not say of which domain: expected <domain>/<migration>, or one domain as argument`,
      next: `write --to <domain>/${target}`,
    });
  }
}

/** `FINOVA_LEASE_MS` is no time that a lease could last. */
export class InvalidLeaseError extends FinovaError {
  constructor(found: string) {
    super({
      message: `FINOVA_LEASE_MS is not valid: expected a whole number of 1000 milliseconds or more, found ${found}`,
      next: 'correct it, or unset it for 15000',
    });
  }
}
