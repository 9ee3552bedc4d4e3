import { listMigrationFiles, type Migrator, readDomainStatus } from '@finova/db-kit/migrations';
import type { MigrationTarget } from '../commands/migration-target.ts';
import { engineOptions, type RunContext } from '../run/run-context.ts';
import { DependencyPendingError } from '../run/run-errors.ts';
import type { WorkspaceDomain } from '../workspace/workspace-domain.ts';
import { orderMigrations } from './migration-graph.ts';
import { RequirementPendingError } from './plan-errors.ts';

/** What a run will do, settled before it changes anything. */
export interface RunPlan {
  /** `<domain>/<migration>` in their order. */
  readonly order: readonly string[];
  /** Names to apply, oldest first, by domain. */
  readonly names: ReadonlyMap<string, readonly string[]>;
  /** What each migration of the plan requires, by `<domain>/<migration>`. */
  readonly requires: ReadonlyMap<string, readonly string[]>;
  /** Why a domain will not be migrated: what it stands on is pending and not part of the run, or it cannot be read. */
  readonly refusals: ReadonlyMap<string, Error>;
}

/** What a plan has to know of a domain; those who hold its lock give its migrator. */
export type PlannedDomain = Pick<Migrator, 'status' | 'requirements' | 'requireKnown'>;

export interface PlanLimits {
  readonly target?: MigrationTarget | undefined;
  /** Just these, by domain. */
  readonly only?: ReadonlyMap<string, readonly string[]> | undefined;
}

/**
 * Settles what a run will do; for as long as the locks of its domains are held.
 *
 * @throws {UnknownRequirementError | RequirementCycleError | UnknownMigrationError}
 */
export async function planRun(
  context: RunContext,
  domains: readonly WorkspaceDomain[],
  migrators: ReadonlyMap<string, PlannedDomain>,
  limits: PlanLimits,
): Promise<RunPlan> {
  if (limits.target !== undefined) {
    migrators.get(limits.target.domain)?.requireKnown(limits.target.name);
  }
  const names = new Map<string, readonly string[]>();
  const requires = new Map<string, readonly string[]>();
  const unreadable = new Map<string, Error>();
  for (const { name: domain } of domains) {
    const migrator = migrators.get(domain);
    const pending = migrator === undefined ? [] : limit(domain, (await migrator.status()).pending, limits);
    names.set(domain, pending);
    try {
      for (const [name, ids] of (await migrator?.requirements(pending)) ?? []) {
        requires.set(`${domain}/${name}`, ids);
      }
    } catch (thrown) {
      // A file that cannot be loaded stops its own domain.
      unreadable.set(domain, thrown instanceof Error ? thrown : new Error(String(thrown)));
    }
  }
  const graph = await Promise.all(
    context.domains.map(async (domain) => ({
      name: domain.name,
      dependsOn: domain.dependsOn,
      migrations: (await listMigrationFiles(domain)).map(({ name }) => ({
        name,
        requires: requires.get(`${domain.name}/${name}`) ?? [],
      })),
    })),
  );
  const planned = new Set([...names].flatMap(([domain, list]) => list.map((name) => `${domain}/${name}`)));
  const order = orderMigrations(graph).filter((id) => planned.has(id));
  const refusals = await findRefusals(context, domains, migrators, planned, requires, limits);
  return { order, names, requires, refusals: new Map([...refusals, ...unreadable]) };
}

function limit(domain: string, pending: readonly string[], { target, only }: PlanLimits): readonly string[] {
  if (only !== undefined) {
    return pending.filter((name) => only.get(domain)?.includes(name) === true);
  }
  return target?.domain === domain ? pending.filter((name) => name <= target.name) : pending;
}

/**
 * Finds domains that would be built on ground that is not there. Asked under their locks: `down` of what they stand on
 * takes these too, so the answer holds until the run ends.
 */
async function findRefusals(
  context: RunContext,
  domains: readonly WorkspaceDomain[],
  migrators: ReadonlyMap<string, PlannedDomain>,
  planned: ReadonlySet<string>,
  requires: ReadonlyMap<string, readonly string[]>,
  { only }: PlanLimits,
): Promise<Map<string, Error>> {
  const pendingOf = new Map<string, Promise<readonly string[]>>();
  const pendingIn = (name: string): Promise<readonly string[]> => {
    const domain = context.domains.find((candidate) => candidate.name === name);
    const known = pendingOf.get(name);
    if (known !== undefined || domain === undefined) {
      return known ?? Promise.resolve([]);
    }
    const read = migrators.get(name)?.status() ?? readDomainStatus(engineOptions(context, domain));
    const pending = read.then((status) => status.pending);
    pendingOf.set(name, pending);
    return pending;
  };
  const refusals = new Map<string, Error>();
  for (const domain of domains.filter(({ name }) => migrators.has(name))) {
    for (const dependency of domain.dependsOn.filter((name) => !migrators.has(name))) {
      const pending = await pendingIn(dependency);
      if (pending.length > 0 && only === undefined) {
        refusals.set(domain.name, new DependencyPendingError(domain.name, dependency, pending));
      }
    }
    for (const [migration, ids] of requires) {
      for (const id of migration.startsWith(`${domain.name}/`) ? ids : []) {
        const [name = '', required = ''] = id.split('/');
        if (!planned.has(id) && (await pendingIn(name)).includes(required)) {
          refusals.set(domain.name, new RequirementPendingError(migration, id));
        }
      }
    }
  }
  return refusals;
}
