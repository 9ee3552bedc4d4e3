import { RequirementCycleError, UnknownRequirementError } from './plan-errors.ts';

/** A domain with its migrations, oldest first. */
export interface GraphDomain {
  readonly name: string;
  /** Domains of which all migrations come before this one's. */
  readonly dependsOn: readonly string[];
  readonly migrations: readonly {
    readonly name: string;
    /** `<domain>/<migration>` of others that come before this one. */
    readonly requires: readonly string[];
  }[];
}

/** A domain on its way through {@link orderMigrations}. */
interface OpenDomain {
  readonly domain: GraphDomain;
  /** Ids of its migrations. */
  readonly ids: readonly string[];
  /** How many of them are placed. */
  placed: number;
}

/**
 * Puts the migrations of several domains into the one order in which they run: a domain's own stay in their order,
 * all of a dependency's come before those of its dependents, and what a migration requires comes before it. Where
 * that leaves a choice, the first domain goes on, so equal input gives equal order, however it was sorted.
 *
 * @returns `<domain>/<migration>`, first to run first.
 * @throws {UnknownRequirementError}
 * @throws {RequirementCycleError} naming the circle as a path.
 */
export function orderMigrations(domains: readonly GraphDomain[]): string[] {
  const open = [...domains]
    .sort((left, right) => (left.name < right.name ? -1 : 1))
    .map((domain) => ({ domain, ids: domain.migrations.map(({ name }) => `${domain.name}/${name}`), placed: 0 }));
  refuseUnknown(open);
  const byName = new Map(open.map((entry) => [entry.domain.name, entry]));
  const order: string[] = [];
  const done = new Set<string>();
  const total = open.reduce((sum, { ids }) => sum + ids.length, 0);
  while (order.length < total) {
    const ready = open.find((entry) => entry.placed < entry.ids.length && blockerOf(entry, byName, done) === undefined);
    if (ready === undefined) {
      throw new RequirementCycleError(findCycle(open, byName, done));
    }
    // As far as it goes: a domain is left only when it has to wait.
    while (ready.placed < ready.ids.length && blockerOf(ready, byName, done) === undefined) {
      const id = ready.ids[ready.placed] ?? '';
      order.push(id);
      done.add(id);
      ready.placed += 1;
    }
  }
  return order;
}

/** The migration that a domain's next one waits for, if any. */
function blockerOf(
  { domain, placed }: OpenDomain,
  byName: ReadonlyMap<string, OpenDomain>,
  done: ReadonlySet<string>,
): string | undefined {
  for (const dependency of below(domain, byName)) {
    if (dependency.placed < dependency.ids.length) {
      return dependency.ids.at(-1);
    }
  }
  return domain.migrations[placed]?.requires.find((id) => !done.has(id));
}

/** The domains below one, however far: one without migrations does not cut the way to those below it. */
function below(domain: GraphDomain, byName: ReadonlyMap<string, OpenDomain>): Set<OpenDomain> {
  const found = new Set<OpenDomain>();
  const visit = ({ dependsOn }: GraphDomain) => {
    for (const name of dependsOn) {
      const dependency = byName.get(name);
      if (dependency !== undefined && !found.has(dependency)) {
        found.add(dependency);
        visit(dependency.domain);
      }
    }
  };
  visit(domain);
  return found;
}

function refuseUnknown(open: readonly OpenDomain[]): void {
  const known = new Set(open.flatMap(({ ids }) => ids));
  for (const { domain, ids } of open) {
    for (const [index, { requires }] of domain.migrations.entries()) {
      const unknown = requires.find((id) => !known.has(id));
      if (unknown !== undefined) {
        const [wanted] = unknown.split('/');
        const nearest = [...known].filter((id) => id.startsWith(`${wanted}/`)).at(-1);
        throw new UnknownRequirementError(ids[index] ?? domain.name, unknown, nearest);
      }
    }
  }
}

/** Follows what each waits for, through its domain's next migration, until one comes up twice. */
function findCycle(
  open: readonly OpenDomain[],
  byName: ReadonlyMap<string, OpenDomain>,
  done: ReadonlySet<string>,
): string[] {
  const path: string[] = [];
  let entry = open.find(({ ids, placed }) => placed < ids.length);
  while (entry !== undefined) {
    const next = entry.ids[entry.placed] ?? '';
    if (path.includes(next)) {
      return [...path.slice(path.indexOf(next)), next];
    }
    path.push(next);
    const blocker = blockerOf(entry, byName, done) ?? '';
    entry = byName.get(blocker.slice(0, blocker.indexOf('/')));
    if (path.includes(blocker)) {
      return [...path.slice(path.indexOf(blocker)), blocker];
    }
    if (entry?.ids[entry.placed] !== blocker) {
      path.push(blocker);
    }
  }
  return path;
}
