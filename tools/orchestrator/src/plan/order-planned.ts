import type { PlannedMigration } from '../commands/plan.ts';
import { withDependents } from '../workspace/domain-order.ts';
import type { WorkspaceDomain } from '../workspace/workspace-domain.ts';
import type { RunPlan } from './plan-run.ts';

/**
 * Puts what is planned into the order of the run: the repeatables of a domain come behind its migrations and before
 * what depends on the domain. What a refusal stops is left out.
 *
 * @param domains - dependencies first.
 * @param planned - by `<domain>/<migration>`.
 */
export function orderPlanned(
  domains: readonly WorkspaceDomain[],
  { order, refusals }: RunPlan,
  planned: ReadonlyMap<string, PlannedMigration>,
): PlannedMigration[] {
  const all = order.flatMap((id) => planned.get(id) ?? []);
  for (const { name } of domains) {
    const repeatables = [...planned.values()].filter((entry) => entry.domain === name && isRepeatable(entry));
    all.splice(endOf(all, domains, name), 0, ...repeatables);
  }
  return withoutStopped(all, domains, [...refusals.keys()]);
}

/** Whether this is a repeatable and no migration. */
export function isRepeatable({ name }: PlannedMigration): boolean {
  return name.startsWith('repeatables/');
}

/** The index at which all of a domain is done, and nothing of what depends on it has begun. */
function endOf(all: readonly PlannedMigration[], domains: readonly WorkspaceDomain[], name: string): number {
  const lastOwn = all.findLastIndex(({ domain }) => domain === name);
  if (lastOwn >= 0) {
    return lastOwn + 1;
  }
  const dependents = new Set(withDependents(domains, name).map((dependent) => dependent.name));
  const first = all.findIndex(({ domain }) => dependents.has(domain));
  return first < 0 ? all.length : first;
}

/** A domain that stops takes with it what depends on it, and each that requires what it now will not apply. */
function withoutStopped(
  all: readonly PlannedMigration[],
  domains: readonly WorkspaceDomain[],
  refused: readonly string[],
): PlannedMigration[] {
  const stopped = new Set<string>();
  const stop = (name: string) => {
    for (const dependent of withDependents(domains, name)) {
      stopped.add(dependent.name);
    }
  };
  for (const name of refused) {
    stop(name);
  }
  const ids = new Set(all.map(({ domain, name }) => `${domain}/${name}`));
  const kept = new Set<string>();
  return all.filter(({ domain, name, requires }) => {
    if (requires.some((id) => ids.has(id) && !kept.has(id))) {
      stop(domain);
    }
    if (stopped.has(domain)) {
      return false;
    }
    kept.add(`${domain}/${name}`);
    return true;
  });
}
