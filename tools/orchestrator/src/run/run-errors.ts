import { FinovaError } from '@finova/db-kit';

/** `down` would pull out what applied migrations of other domains stand on. */
export class DependentsAppliedError extends FinovaError {
  readonly domain: string;
  readonly dependents: readonly string[];

  constructor(domain: string, dependents: readonly { readonly name: string; readonly applied: number }[]) {
    const list = dependents.map(({ name, applied }) => `${name} (${applied} applied)`).join(', ');
    const names = dependents.map(({ name }) => name);
    super({
      message: `${domain} cannot be reverted while other domains stand on it: expected nothing applied in its dependents, found ${list}`,
      next: `revert them too with finova-db down ${domain} --cascade, or first run finova-db down ${names[0] ?? ''} --all`,
    });
    this.domain = domain;
    this.dependents = names;
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
