import type { RecordedStatement } from '@finova/db-kit/migrations';
import { type DomainInspection, type Engine, inspectDomain, UnknownMigrationError } from '@finova/db-kit/migrations';
import { orderPlanned } from '../plan/order-planned.ts';
import { type PlannedDomain, planRun } from '../plan/plan-run.ts';
import { type InspectedDomain, type PlanFailure, recordStatements } from '../plan/record-statements.ts';
import { selectDomains } from '../plan/select-domains.ts';
import { engineOptions, type RunContext } from '../run/run-context.ts';
import type { WorkspaceDomain } from '../workspace/workspace-domain.ts';
import { parseTarget } from './migration-target.ts';

/** One thing that `up` would do. */
export interface PlannedMigration {
  readonly domain: string;
  readonly engine: Engine;
  /** PostgreSQL: the schema. MongoDB: the database. */
  readonly namespace: string;
  /** `20260301T090000-create-accounts`, or `repeatables/post-transaction`. */
  readonly name: string;
  readonly requires: readonly string[];
  /** PostgreSQL: whether all of it is one transaction. */
  readonly transaction: boolean;
  /** PostgreSQL: with whose rights it runs; `owner` is the role that owns the schema, where there is one. */
  readonly runsAs?: 'owner' | 'session' | undefined;
  /** It began before and did not end. */
  readonly isHalfDone: boolean;
  /** PostgreSQL: how long one statement may wait for a lock, where the migration says so. */
  readonly lockTimeoutMs?: number | undefined;
  /** PostgreSQL: how long one statement may run, where the migration says so. */
  readonly statementTimeoutMs?: number | undefined;
  /** What its `down` would lose. */
  readonly lossy?: string | undefined;
  /** Why it has no `down`. */
  readonly irreversible?: string | undefined;
  /** What it sends to the server, where that was asked for and could be found out. */
  readonly statements?: readonly RecordedStatement[] | undefined;
}

/** What `up` would do, in its order, and what it would not get done. */
export interface Plan {
  readonly migrations: readonly PlannedMigration[];
  /**
   * Domains that `up` would refuse because what they stand on is not applied; with `sql` also those of which a
   * migration failed on throw-away databases.
   */
  readonly failures: readonly PlanFailure[];
}

export interface PlanOptions {
  /** None for all. */
  readonly domains?: readonly string[];
  /** Also what these depend on. Default `true`. */
  readonly includeDependencies?: boolean;
  /** The newest migration to apply: `<domain>/<name>`, or just its name when one domain is given. */
  readonly to?: string | undefined;
  /** Also find out what each sends to the server. */
  readonly sql?: boolean;
}

/**
 * Tells what `up` would do, without locks and without writing anything to the databases it would do it to. With `sql`
 * it is done on throw-away databases, which are brought to where the real ones are first; what is told is what was
 * sent there. They hold the rows that migrations make and no others, so what a migration does for each row or
 * document that it reads does not show.
 *
 * @throws what `up` would refuse before it changes anything.
 *
 * @example
 * const { migrations, failures } = await plan(context, { domains: ['accounts-db'], sql: true });
 * console.log(renderScript(migrations));
 */
export async function plan(context: RunContext, options: PlanOptions = {}): Promise<Plan> {
  const names = options.domains ?? [];
  const target = options.to === undefined ? undefined : parseTarget(options.to, names);
  const domains = await selectDomains(
    context,
    target === undefined ? names : [target.domain],
    options.includeDependencies !== false,
    target,
  );
  const inspected = await Promise.all(
    domains.map(async (domain) => ({ domain, found: await inspectDomain(engineOptions(context, domain)) })),
  );
  const readers = new Map(inspected.map((entry) => [entry.domain.name, asPlannedDomain(entry)]));
  const run = await planRun(context, domains, readers, { target });
  const planned = new Map(
    inspected.flatMap(({ domain, found }) => {
      const wanted = run.names.get(domain.name) ?? [];
      // Repeatables wait until no migration is pending.
      const repeatables = wanted.length === found.pending.length ? found.pendingRepeatables : [];
      return [
        ...wanted.map((name) => describe(domain, name, found)),
        ...repeatables.map((name) => describeRepeatable(domain, name)),
      ].map((entry) => [`${entry.domain}/${entry.name}`, entry] as const);
    }),
  );
  const migrations = orderPlanned(context.domains, run, planned);
  const failures = [...run.refusals].map(([domain, error]) => ({ domain, error }));
  if (options.sql !== true || migrations.length === 0) {
    return { migrations, failures };
  }
  const recorded = await recordStatements(context, inspected, migrations);
  return { migrations: recorded.migrations, failures: [...failures, ...recorded.failures] };
}

/** What was found of a domain, as a run's planning asks for it. */
function asPlannedDomain({ domain, found }: InspectedDomain): PlannedDomain {
  const files = [...found.applied.map(({ name }) => name), ...found.pending].sort();
  return {
    status: async () => found,
    requirements: async (names) => new Map(names.map((name) => [name, found.definitions.get(name)?.requires ?? []])),
    requireKnown: (name) => {
      if (!files.includes(name)) {
        const newest = files.at(-1);
        const expected = newest === undefined ? 'none, the folder is empty' : `a name such as ${newest}`;
        throw new UnknownMigrationError(domain.name, name, expected);
      }
    },
  };
}

function describe(domain: WorkspaceDomain, name: string, found: DomainInspection): PlannedMigration {
  const definition = found.definitions.get(name);
  const own = definition !== undefined && !('steps' in definition) ? definition : undefined;
  return {
    domain: domain.name,
    engine: domain.engine,
    namespace: domain.namespace,
    name,
    requires: definition?.requires ?? [],
    transaction: domain.engine === 'postgres' && own?.transaction !== false,
    runsAs: domain.engine === 'postgres' ? (own?.runsAs ?? 'owner') : undefined,
    isHalfDone: found.journal.some((row) => row.name === name),
    lockTimeoutMs: own?.lockTimeoutMs,
    statementTimeoutMs: own?.statementTimeoutMs,
    lossy: definition?.lossy,
    irreversible: definition?.irreversible,
  };
}

function describeRepeatable(domain: WorkspaceDomain, name: string): PlannedMigration {
  return {
    domain: domain.name,
    engine: domain.engine,
    namespace: domain.namespace,
    name: `repeatables/${name}`,
    requires: [],
    transaction: true,
    runsAs: 'owner',
    isHalfDone: false,
  };
}
