import { DomainCycleError, UnknownDomainError } from './workspace-errors.ts';

/** Anything with a name that depends on others by name. */
export interface Dependent {
  readonly name: string;
  readonly dependsOn: readonly string[];
}

/**
 * Orders domains so that each comes after those it depends on. The order depends on names and edges alone, never on
 * how the input was sorted: among domains that are ready, the alphabetically first goes first.
 *
 * @throws {DomainCycleError} naming the circle as a path.
 */
export function orderDomains<Domain extends Dependent>(domains: readonly Domain[]): Domain[] {
  const remaining = new Map([...domains].sort(byName).map((domain) => [domain.name, domain]));
  const ordered: Domain[] = [];
  while (remaining.size > 0) {
    const ready = [...remaining.values()].find(({ dependsOn }) => !dependsOn.some((name) => remaining.has(name)));
    if (ready === undefined) {
      throw new DomainCycleError(findCycle(remaining));
    }
    remaining.delete(ready.name);
    ordered.push(ready);
  }
  return ordered;
}

/**
 * The named domains and everything they depend on, in order.
 *
 * @param names - none for all domains.
 * @throws {UnknownDomainError | DomainCycleError}
 */
export function withDependencies<Domain extends Dependent>(
  domains: readonly Domain[],
  names: readonly string[],
): Domain[] {
  return selectReachable(domains, names, ({ dependsOn }) => dependsOn);
}

/** The named domain and everything that depends on it, in order of their dependencies. */
export function withDependents<Domain extends Dependent>(domains: readonly Domain[], name: string): Domain[] {
  return selectReachable(domains, [name], (domain) =>
    domains.filter(({ dependsOn }) => dependsOn.includes(domain.name)).map((dependent) => dependent.name),
  );
}

function selectReachable<Domain extends Dependent>(
  domains: readonly Domain[],
  names: readonly string[],
  edges: (domain: Domain) => readonly string[],
): Domain[] {
  const byDomainName = new Map(domains.map((domain) => [domain.name, domain]));
  const selected = new Set<string>();
  const visit = (name: string) => {
    const domain = byDomainName.get(name);
    if (domain === undefined) {
      throw new UnknownDomainError(name, [...byDomainName.keys()].sort());
    }
    if (!selected.has(name)) {
      selected.add(name);
      for (const next of edges(domain)) {
        visit(next);
      }
    }
  };
  for (const name of names.length > 0 ? names : byDomainName.keys()) {
    visit(name);
  }
  return orderDomains(domains).filter((domain) => selected.has(domain.name));
}

function byName(left: Dependent, right: Dependent): number {
  return left.name < right.name ? -1 : 1;
}

/** Follows open dependencies until a domain comes up twice; what lies between is the circle. */
function findCycle(remaining: ReadonlyMap<string, Dependent>): string[] {
  const path: string[] = [];
  let current = [...remaining.values()][0];
  while (current !== undefined && !path.includes(current.name)) {
    path.push(current.name);
    const next: string | undefined = current.dependsOn.find((name) => remaining.has(name));
    current = next === undefined ? undefined : remaining.get(next);
  }
  return current === undefined ? path : [...path.slice(path.indexOf(current.name)), current.name];
}
