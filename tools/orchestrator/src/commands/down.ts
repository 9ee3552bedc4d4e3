import type { Engine, RecordedStatement } from '@finova/db-kit/migrations';
import { type DownTarget, domainsAbove, planDown, readMigrationGraph } from '../plan/plan-down.ts';
import { type RunContext, serverOf } from '../run/run-context.ts';
import { DependentsAppliedError } from '../run/run-errors.ts';
import { withMigrators } from '../run/with-migrators.ts';
import { requireDomain } from '../workspace/require-domain.ts';
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
  readonly target: DownTarget;
  /** Revert what stands on it in other domains first. */
  readonly cascade?: boolean;
  readonly onMigrationStart?: (domain: string, migration: string) => void;
  readonly onStatement?: (domain: string, statement: RecordedStatement) => void;
}

/**
 * Reverts migrations of one domain, newest first. The locks of all domains that stand on it are held meanwhile, so
 * that none of them is migrated onto ground that is being taken away.
 *
 * @returns one result per domain that was reverted, the asked one last.
 * @throws {DependentsAppliedError} when something applied in another domain stands on what would go, and `cascade` is
 * not set.
 * @throws {IrreversibleMigrationError} when one of them has no `down`; nothing is then reverted.
 */
export async function down(context: RunContext, options: DownOptions): Promise<DomainDownResult[]> {
  const { domain } = options;
  requireDomain(context.domains, domain);
  const graph = await readMigrationGraph(context);
  const domains = domainsAbove(context.domains, graph, domain);
  const hooks = (name: string) => ({
    onStart: (migration: string) => options.onMigrationStart?.(name, migration),
    ...(options.onStatement === undefined
      ? {}
      : { onStatement: (statement: RecordedStatement) => options.onStatement?.(name, statement) }),
  });
  return withMigrators(context, domains, { hooks }, async ({ migrators }) => {
    const target = ownTarget(options);
    if (target !== 'all' && 'to' in target) {
      migrators.get(domain)?.requireKnown(target.to);
    }
    const doomed = await planDown(graph, migrators, domain, target);
    const others = doomed.filter((id) => !id.startsWith(`${domain}/`));
    if (others.length > 0 && options.cascade !== true) {
      throw new DependentsAppliedError(domain, others);
    }
    const namesOf = (name: string) =>
      doomed.filter((id) => id.startsWith(`${name}/`)).map((id) => id.slice(name.length + 1));
    for (const [name, migrator] of migrators) {
      await migrator.requireReversible(namesOf(name));
    }
    for (const { domain: name, names } of stretches(doomed)) {
      await migrators.get(name)?.down({ names });
    }
    const results: DomainDownResult[] = [];
    for (const reverted of domains.toReversed()) {
      const { name, engine } = reverted;
      const names = namesOf(name);
      if (names.length > 0 || name === domain) {
        const total = (await migrators.get(name)?.journaled())?.length ?? 0;
        results.push({ domain: name, engine, server: serverOf(context, reverted).label, reverted: names, total });
      }
    }
    return results;
  });
}

/** Cuts a list of ids where the domain changes. */
function stretches(ids: readonly string[]): { readonly domain: string; readonly names: string[] }[] {
  const found: { readonly domain: string; readonly names: string[] }[] = [];
  for (const id of ids) {
    const [domain = '', name = ''] = id.split('/');
    const last = found.at(-1);
    if (last?.domain === domain) {
      last.names.push(name);
    } else {
      found.push({ domain, names: [name] });
    }
  }
  return found;
}

function ownTarget({ domain, target }: DownOptions): DownTarget {
  return target !== 'all' && 'to' in target ? { to: parseTarget(target.to, [domain]).name } : target;
}
