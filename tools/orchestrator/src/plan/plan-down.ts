import { listMigrationFiles, loadMigration, type Migrator } from '@finova/db-kit/migrations';
import type { RunContext } from '../run/run-context.ts';
import { withDependents } from '../workspace/domain-order.ts';
import type { WorkspaceDomain } from '../workspace/workspace-domain.ts';
import { type GraphDomain, orderMigrations } from './migration-graph.ts';

/** How far a domain is reverted: `to` is the newest migration left applied; `steps` is how many to revert. */
export type DownTarget = { readonly to: string } | { readonly steps: number } | 'all';

/** All migrations of the workspace with what each requires, as {@link orderMigrations} takes them. */
export async function readMigrationGraph(context: RunContext): Promise<GraphDomain[]> {
  return Promise.all(
    context.domains.map(async (domain) => {
      const files = await listMigrationFiles(domain);
      const definitions = await Promise.all(files.map((file) => loadMigration(domain, file)));
      const migrations = files.map(({ name }, index) => ({ name, requires: definitions[index]?.requires ?? [] }));
      return { name: domain.name, dependsOn: domain.dependsOn, migrations };
    }),
  );
}

/**
 * The domains that may stand on one: by package.json, or because one of their migrations requires one of its.
 *
 * @returns with the domain itself, in the order of their dependencies.
 */
export function domainsAbove(
  domains: readonly WorkspaceDomain[],
  graph: readonly GraphDomain[],
  name: string,
): WorkspaceDomain[] {
  const requiredDomains = new Map(
    graph.map((domain) => [
      domain.name,
      domain.migrations.flatMap(({ requires }) => requires.map((id) => id.slice(0, id.indexOf('/')))),
    ]),
  );
  const edges = domains.map((domain) => ({
    name: domain.name,
    dependsOn: [...new Set([...domain.dependsOn, ...(requiredDomains.get(domain.name) ?? [])])],
  }));
  // Domains may require each other's migrations in both directions, so these edges have no order of their own.
  const above = reachableFrom(edges, name);
  return domains.filter((domain) => above.has(domain.name));
}

function reachableFrom(
  edges: readonly { readonly name: string; readonly dependsOn: readonly string[] }[],
  start: string,
): Set<string> {
  const found = new Set([start]);
  for (const name of found) {
    for (const edge of edges.filter(({ dependsOn }) => dependsOn.includes(name))) {
      found.add(edge.name);
    }
  }
  return found;
}

/**
 * Everything that has to be reverted so that a domain gets to `target`, in order: first what stands on it.
 *
 * @param migrators - of the domain and of all those above it, whose locks are held.
 * @returns `<domain>/<migration>`.
 */
export async function planDown(
  graph: readonly GraphDomain[],
  migrators: ReadonlyMap<string, Migrator>,
  domain: string,
  target: DownTarget,
): Promise<string[]> {
  const applied = new Map<string, readonly string[]>();
  for (const [name, migrator] of migrators) {
    applied.set(name, await migrator.journaled());
  }
  const doomed = new Set(targeted(applied.get(domain) ?? [], target).map((name) => `${domain}/${name}`));
  const requiresOf = new Map<string, readonly string[]>(
    graph.flatMap(({ name, migrations }) => migrations.map((own) => [`${name}/${own.name}`, own.requires] as const)),
  );
  const domains = graph.filter(({ name }) => applied.has(name));
  for (const id of doomed) {
    const owner = id.slice(0, id.indexOf('/'));
    const own = (applied.get(owner) ?? []).map((name) => `${owner}/${name}`);
    const above = withDependents(graph, owner)
      .filter(({ name }) => name !== owner)
      .flatMap(({ name }) => (applied.get(name) ?? []).map((migration) => `${name}/${migration}`));
    const requirers = domains.flatMap(({ name }) =>
      (applied.get(name) ?? [])
        .map((migration) => `${name}/${migration}`)
        .filter((candidate) => requiresOf.get(candidate)?.includes(id) === true),
    );
    for (const next of [...own.filter((other) => other > id), ...above, ...requirers]) {
      doomed.add(next);
    }
  }
  return orderMigrations(graph)
    .filter((id) => doomed.has(id))
    .toReversed();
}

/** @param applied - oldest first. */
function targeted(applied: readonly string[], target: DownTarget): readonly string[] {
  if (target === 'all') {
    return applied;
  }
  return 'to' in target
    ? applied.filter((name) => name > target.to)
    : applied.slice(Math.max(0, applied.length - target.steps));
}
