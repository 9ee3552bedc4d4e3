import type { Engine, Migrator, RecordedStatement, RefusedCommand, Repeatable } from '@finova/db-kit/migrations';
import { MigrationGates } from '../plan/migration-gates.ts';
import { planRun, type RunPlan } from '../plan/plan-run.ts';
import { selectDomains } from '../plan/select-domains.ts';
import { type RunContext, serverOf } from '../run/run-context.ts';
import { type Outcome, runInOrder } from '../run/run-in-order.ts';
import { withMigrators } from '../run/with-migrators.ts';
import type { WorkspaceDomain } from '../workspace/workspace-domain.ts';
import { parseTarget } from './migration-target.ts';

/** What `up` did to one domain. */
export interface DomainUpResult {
  readonly domain: string;
  readonly engine: Engine;
  readonly server: string;
  /** Names applied now, in order. */
  readonly applied: readonly string[];
  /** Names of the repeatables brought to their new text, in order. */
  readonly repeatables: readonly string[];
  /** How many are applied in all. */
  readonly total: number;
  readonly durationMs: number;
}

/** How `up` of one domain ended; where it did not, also what was applied before and what did not run. */
export type UpOutcome = Outcome<DomainUpResult> & {
  /** Names applied now, in order. */
  readonly applied: readonly string[];
  /** Names that were to be applied and did not run, in order; the one that failed is not among them. */
  readonly notRun: readonly string[];
};

/** Called as `up` goes, for progress. */
export interface UpHooks {
  readonly onDomainStart?: (domain: string) => void;
  readonly onMigrationStart?: (domain: string, migration: string) => void;
  readonly onDomainEnd?: (domain: string, outcome: Outcome<DomainUpResult>) => void;
  readonly onStatement?: (domain: string, statement: RecordedStatement) => void;
  /** Hears of what bodies did otherwise than asked, such as not to shard where the server cannot. */
  readonly onNote?: (domain: string, migration: string, note: string) => void;
  /** Hears of commands that MongoDB would refuse, which are then sent all the same; without it they fail. */
  readonly onRefused?: (domain: string, refused: RefusedCommand) => void;
}

export interface UpOptions {
  /** Domains to migrate; none for all. */
  readonly domains?: readonly string[];
  /** Also migrate what these depend on. Default `true`. */
  readonly includeDependencies?: boolean;
  /** The newest migration to apply: `<domain>/<name>`, or just its name when one domain is given. */
  readonly to?: string | undefined;
  /** Just these, by domain; for copies of a database that has others. */
  readonly only?: ReadonlyMap<string, readonly string[]> | undefined;
  /** The texts that repeatables are brought to, by domain, instead of those of the files. */
  readonly repeatables?: ReadonlyMap<string, readonly Repeatable[]> | undefined;
  readonly hooks?: UpHooks;
}

/**
 * Applies pending migrations in the order of the project graph and of what they require, independent domains side by
 * side. All locks are taken, and everything that can be checked is, before anything is changed. A failing domain stops
 * its dependents and not its neighbours.
 *
 * @returns the outcome of each domain, by name, in order.
 * @throws {UnknownDomainError | AmbiguousTargetError | UnknownRequirementError | RequirementCycleError} before anything
 * is changed.
 */
export async function up(context: RunContext, options: UpOptions = {}): Promise<Map<string, UpOutcome>> {
  const names = options.domains ?? [];
  const target = options.to === undefined ? undefined : parseTarget(options.to, names);
  const domains = await selectDomains(
    context,
    target === undefined ? names : [target.domain],
    options.includeDependencies !== false,
    target,
  );
  const progress = new Map(domains.map(({ name }) => [name, { started: [] as string[], applied: [] as string[] }]));
  let gates: MigrationGates | undefined;
  const hooks = (domain: string) => ({
    beforeEach: (migration: string) => gates?.waitFor(domain, migration) ?? Promise.resolve(),
    isAwaited: (migration: string) => gates?.isAwaited(domain, migration) === true,
    onStart: (migration: string) => {
      progress.get(domain)?.started.push(migration);
      options.hooks?.onMigrationStart?.(domain, migration);
    },
    onDone: (migration: string) => {
      progress.get(domain)?.applied.push(migration);
      gates?.open(domain, migration);
    },
    onNote: (migration: string, note: string) => options.hooks?.onNote?.(domain, migration, note),
    ...(options.hooks?.onStatement === undefined
      ? {}
      : { onStatement: (statement: RecordedStatement) => options.hooks?.onStatement?.(domain, statement) }),
    ...(options.hooks?.onRefused === undefined
      ? {}
      : { onRefused: (refused: RefusedCommand) => options.hooks?.onRefused?.(domain, refused) }),
  });
  return withMigrators(context, domains, { hooks, toleratesFailures: true }, async ({ migrators, failures }) => {
    const plan = await planRun(context, domains, migrators, { target, only: options.only });
    const runGates = new MigrationGates(plan);
    gates = runGates;
    const runDomain = async (domain: WorkspaceDomain): Promise<DomainUpResult> => {
      options.hooks?.onDomainStart?.(domain.name);
      const outcome = await settle(() => {
        const migrator = migrators.get(domain.name);
        if (migrator === undefined) {
          throw failures.get(domain.name);
        }
        return upDomain(context, domain, migrator, plan, options);
      });
      runGates.close(domain.name);
      options.hooks?.onDomainEnd?.(domain.name, outcome);
      if (outcome.state !== 'done') {
        throw outcome.error;
      }
      return outcome.result;
    };
    const outcomes = await runInOrder(domains, runDomain, ({ name }) => runGates.close(name));
    return new Map(
      [...outcomes].map(([name, outcome]) => {
        const { started, applied } = progress.get(name) ?? { started: [], applied: [] };
        // One that began while the commit of the one before it was on its way has not run where that was refused.
        const failed = started.find((migration) => !applied.includes(migration));
        const notRun = (plan.names.get(name) ?? []).filter(
          (migration) => !applied.includes(migration) && migration !== failed,
        );
        return [name, { ...outcome, applied, notRun }];
      }),
    );
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
  migrator: Migrator,
  plan: RunPlan,
  options: UpOptions,
): Promise<DomainUpResult> {
  const startedAtMs = performance.now();
  const refusal = plan.refusals.get(domain.name);
  if (refusal !== undefined) {
    throw refusal;
  }
  const { pendingRepeatables } = await migrator.status();
  const repeatables = options.repeatables?.get(domain.name);
  const applied = await migrator.up({ names: plan.names.get(domain.name) ?? [], repeatables });
  const status = await migrator.status();
  return {
    domain: domain.name,
    engine: domain.engine,
    server: serverOf(context, domain).label,
    applied,
    repeatables: pendingRepeatables.filter((name) => !status.pendingRepeatables.includes(name)),
    total: status.applied.length,
    durationMs: Math.round(performance.now() - startedAtMs),
  };
}
