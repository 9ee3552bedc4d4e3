import { type Engine, type Migrator, withMigrator } from '@finova/db-kit/migrations';
import { engineOptions, type RunContext, serverOf } from '../run/run-context.ts';
import { DependentsAppliedError } from '../run/run-errors.ts';
import { withDependents } from '../workspace/domain-order.ts';
import type { WorkspaceDomain } from '../workspace/workspace-domain.ts';
import { parseTarget } from './migration-target.ts';

/** What `down` did to one domain. */
export interface DomainDownResult {
  readonly domain: string;
  readonly engine: Engine;
  readonly server: string;
  /** Names reverted, in order: newest first. */
  readonly reverted: readonly string[];
  readonly total: number;
}

export interface DownOptions {
  readonly domain: string;
  /** How far: `to` is the newest migration left applied; `steps` is how many to revert. */
  readonly target: { readonly to: string } | { readonly steps: number } | 'all';
  /** Revert the domains that stand on this one first. */
  readonly cascade?: boolean;
  readonly onMigrationStart?: (domain: string, migration: string) => void;
}

/**
 * Reverts migrations of one domain, newest first. The locks of all domains that stand on it are held meanwhile, so
 * that none of them is migrated onto ground that is being taken away.
 *
 * @returns one result per domain that was reverted, dependents first.
 * @throws {DependentsAppliedError} when another domain stands on this one and `cascade` is not set.
 */
export async function down(context: RunContext, options: DownOptions): Promise<DomainDownResult[]> {
  const [domain, ...dependents] = withDependents(context.domains, options.domain);
  if (domain === undefined) {
    return [];
  }
  return withMigrators(context, options, [domain, ...dependents], async (migrators) => {
    const standing: { name: string; applied: number; migrator: Migrator; domain: WorkspaceDomain }[] = [];
    for (const dependent of dependents) {
      const migrator = migrators.get(dependent.name);
      const applied = (await migrator?.status())?.applied.length ?? 0;
      if (migrator !== undefined && applied > 0) {
        standing.push({ name: dependent.name, applied, migrator, domain: dependent });
      }
    }
    if (standing.length > 0 && options.cascade !== true) {
      throw new DependentsAppliedError(domain.name, standing);
    }
    const results: DomainDownResult[] = [];
    for (const dependent of standing.toReversed()) {
      results.push(await revert(context, dependent.domain, dependent.migrator, 'all'));
    }
    const own = migrators.get(domain.name);
    if (own !== undefined) {
      results.push(await revert(context, domain, own, ownTarget(options)));
    }
    return results;
  });
}

function ownTarget({ domain, target }: DownOptions): DownOptions['target'] {
  return target !== 'all' && 'to' in target ? { to: parseTarget(target.to, [domain]).name } : target;
}

async function revert(
  context: RunContext,
  domain: WorkspaceDomain,
  migrator: Migrator,
  target: DownOptions['target'],
): Promise<DomainDownResult> {
  const reverted = await migrator.down(target);
  const { applied } = await migrator.status();
  const { name, engine } = domain;
  return { domain: name, engine, server: serverOf(context, domain).label, reverted, total: applied.length };
}

/** Opens a migrator for each domain, dependencies first: the one order in which locks are taken. */
async function withMigrators<T>(
  context: RunContext,
  options: DownOptions,
  domains: readonly WorkspaceDomain[],
  use: (migrators: ReadonlyMap<string, Migrator>) => Promise<T>,
  opened: ReadonlyMap<string, Migrator> = new Map(),
): Promise<T> {
  const [next, ...rest] = domains;
  if (next === undefined) {
    return use(opened);
  }
  const hooks = { onStart: (migration: string) => options.onMigrationStart?.(next.name, migration) };
  return withMigrator({ ...engineOptions(context, next), hooks }, (migrator) =>
    withMigrators(context, options, rest, use, new Map([...opened, [next.name, migrator]])),
  );
}
