import type { Engine } from '@finova/db-kit/migrations';
import { readDomainStatus, withMigrator } from '@finova/db-kit/migrations';
import { engineOptions, type RunContext, serverOf } from '../run/run-context.ts';
import { DependencyPendingError } from '../run/run-errors.ts';
import { type Outcome, runInOrder } from '../run/run-in-order.ts';
import { withDependencies } from '../workspace/domain-order.ts';
import type { WorkspaceDomain } from '../workspace/workspace-domain.ts';
import { parseTarget } from './migration-target.ts';

/** What `up` did to one domain. */
export interface DomainUpResult {
  readonly domain: string;
  readonly engine: Engine;
  readonly server: string;
  /** Names applied now, in order. */
  readonly applied: readonly string[];
  /** How many are applied in all. */
  readonly total: number;
  readonly durationMs: number;
}

/** Called as `up` goes, for progress. */
export interface UpHooks {
  readonly onDomainStart?: (domain: string) => void;
  readonly onMigrationStart?: (domain: string, migration: string) => void;
  readonly onDomainEnd?: (domain: string, outcome: Outcome<DomainUpResult>) => void;
}

export interface UpOptions {
  /** Domains to migrate; none for all. */
  readonly domains?: readonly string[];
  /** Also migrate what these depend on. Default `true`. */
  readonly includeDependencies?: boolean;
  /** The newest migration to apply: `<domain>/<name>`, or just its name when one domain is given. */
  readonly to?: string | undefined;
  readonly hooks?: UpHooks;
}

/**
 * Applies pending migrations in the order of the project graph, independent domains side by side. A failing domain
 * stops its dependents and not its neighbours.
 *
 * @returns the outcome of each domain, by name, in order.
 * @throws {UnknownDomainError | AmbiguousTargetError} before anything is changed.
 */
export async function up(context: RunContext, options: UpOptions = {}): Promise<Map<string, Outcome<DomainUpResult>>> {
  const names = options.domains ?? [];
  const target = options.to === undefined ? undefined : parseTarget(options.to, names);
  const wanted = target === undefined ? names : [target.domain];
  const selected = withDependencies(context.domains, wanted);
  const domains =
    options.includeDependencies === false ? selected.filter(({ name }) => wanted.includes(name)) : selected;
  return runInOrder(domains, async (domain) => {
    options.hooks?.onDomainStart?.(domain.name);
    const outcome = await settle(() =>
      upDomain(context, domain, target?.domain === domain.name ? target.name : undefined, options.hooks),
    );
    options.hooks?.onDomainEnd?.(domain.name, outcome);
    if (outcome.state !== 'done') {
      throw outcome.error;
    }
    return outcome.result;
  });
}

async function settle<Result>(run: () => Promise<Result>) {
  try {
    return { state: 'done', result: await run() } as const;
  } catch (error) {
    return { state: 'failed', error } as const;
  }
}

async function upDomain(
  context: RunContext,
  domain: WorkspaceDomain,
  to: string | undefined,
  hooks: UpHooks | undefined,
): Promise<DomainUpResult> {
  const startedAtMs = performance.now();
  return withMigrator(
    {
      ...engineOptions(context, domain),
      hooks: { onStart: (migration) => hooks?.onMigrationStart?.(domain.name, migration) },
    },
    async (migrator) => {
      // Asked under this domain's lock: `down` of a dependency takes it too, so the answer holds until we are done.
      await requireDependencies(context, domain);
      const applied = await migrator.up({ to });
      const status = await migrator.status();
      return {
        domain: domain.name,
        engine: domain.engine,
        server: serverOf(context, domain).label,
        applied,
        total: status.applied.length,
        durationMs: Math.round(performance.now() - startedAtMs),
      };
    },
  );
}

async function requireDependencies(context: RunContext, domain: WorkspaceDomain): Promise<void> {
  for (const dependency of context.domains.filter(({ name }) => domain.dependsOn.includes(name))) {
    const { pending } = await readDomainStatus(engineOptions(context, dependency));
    if (pending.length > 0) {
      throw new DependencyPendingError(domain.name, dependency.name, pending);
    }
  }
}
