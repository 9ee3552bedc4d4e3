import { listMigrationFiles, loadMigration, readDomainStatus } from '@finova/db-kit/migrations';
import type { MigrationTarget } from '../commands/migration-target.ts';
import { engineOptions, type RunContext } from '../run/run-context.ts';
import { withDependencies } from '../workspace/domain-order.ts';
import type { WorkspaceDomain } from '../workspace/workspace-domain.ts';

/**
 * The domains that a run is about, in order: the named ones, what they depend on, and the domains of migrations that
 * their pending ones require.
 *
 * @param names - none for all.
 * @param includeDependencies - `false` for the named ones alone.
 * @param target - the newest migration of its domain that the run is about.
 * @throws {UnknownDomainError}
 */
export async function selectDomains(
  context: RunContext,
  names: readonly string[],
  includeDependencies: boolean,
  target?: MigrationTarget,
): Promise<WorkspaceDomain[]> {
  let selected = withDependencies(context.domains, names);
  if (!includeDependencies) {
    return selected.filter(({ name }) => names.includes(name));
  }
  const examined = new Set<string>();
  while (selected.length < context.domains.length) {
    const open = selected.filter(({ name }) => !examined.has(name));
    if (open.length === 0) {
      break;
    }
    const required = (await Promise.all(open.map((domain) => requiredDomains(context, domain, target)))).flat();
    for (const { name } of open) {
      examined.add(name);
    }
    const known = new Set(context.domains.map(({ name }) => name));
    // One that does not exist is refused with the name of the migration, when the run is planned.
    const wanted = [...selected.map(({ name }) => name), ...required.filter((name) => known.has(name))];
    selected = withDependencies(context.domains, wanted);
  }
  return selected;
}

async function requiredDomains(
  context: RunContext,
  domain: WorkspaceDomain,
  target: MigrationTarget | undefined,
): Promise<string[]> {
  const { pending } = await readDomainStatus(engineOptions(context, domain));
  const isWanted = (name: string) => target?.domain !== domain.name || name <= target.name;
  const files = (await listMigrationFiles(domain)).filter(({ name }) => pending.includes(name) && isWanted(name));
  const definitions = await Promise.all(files.map((file) => loadMigration(domain, file)));
  return definitions.flatMap(({ requires = [] }) => requires.map((id) => id.slice(0, id.indexOf('/'))));
}
