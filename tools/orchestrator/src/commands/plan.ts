import { type DomainInspection, type Engine, inspectDomain, type RecordedStatement } from '@finova/db-kit/migrations';
import { orderMigrations } from '../plan/migration-graph.ts';
import { readMigrationGraph } from '../plan/plan-down.ts';
import { selectDomains } from '../plan/select-domains.ts';
import { engineOptions, type RunContext } from '../run/run-context.ts';
import { withScratchServers } from '../scratch/with-scratch-servers.ts';
import type { WorkspaceDomain } from '../workspace/workspace-domain.ts';
import { type MigrationTarget, parseTarget } from './migration-target.ts';
import { up } from './up.ts';

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
  /** It began before and did not end. */
  readonly isHalfDone: boolean;
  /** What its `down` would lose. */
  readonly lossy?: string | undefined;
  /** Why it has no `down`. */
  readonly irreversible?: string | undefined;
  /** What it sends to the server, where that was asked for. */
  readonly statements?: readonly RecordedStatement[] | undefined;
}

/** What `up` would do, in its order, and what of it would fail. */
export interface Plan {
  readonly migrations: readonly PlannedMigration[];
  /** Found by doing it on throw-away databases; always empty without `sql`. */
  readonly failures: readonly { readonly domain: string; readonly error: unknown }[];
}

export interface PlanOptions {
  /** None for all. */
  readonly domains?: readonly string[];
  /** The newest migration to apply: `<domain>/<name>`, or just its name when one domain is given. */
  readonly to?: string | undefined;
  /** Also find out what each sends to the server. */
  readonly sql?: boolean;
}

/**
 * Tells what `up` would do, without locks and without writing anything to the databases it would do it to. With `sql`
 * it is done on throw-away databases, which are brought to where the real ones are first; what is told is what was
 * sent there.
 *
 * @throws what `up` would refuse before it changes anything.
 */
export async function plan(context: RunContext, options: PlanOptions = {}): Promise<Plan> {
  const names = options.domains ?? [];
  const target = options.to === undefined ? undefined : parseTarget(options.to, names);
  const domains = await selectDomains(context, target === undefined ? names : [target.domain], true, target);
  const inspected = await Promise.all(
    domains.map(async (domain) => ({ domain, found: await inspectDomain(engineOptions(context, domain)) })),
  );
  const order = orderMigrations(await readMigrationGraph(context));
  const planned = new Map<string, PlannedMigration>();
  for (const { domain, found } of inspected) {
    for (const name of found.pending.filter((candidate) => isWanted(domain, candidate, target))) {
      planned.set(`${domain.name}/${name}`, describe(domain, name, found));
    }
  }
  const migrations = [
    ...order.flatMap((id) => planned.get(id) ?? []),
    ...inspected.flatMap(({ domain, found }) => planRepeatables(domain, found, target)),
  ];
  return options.sql === true ? recordStatements(context, inspected, migrations) : { migrations, failures: [] };
}

function isWanted(domain: WorkspaceDomain, name: string, target: MigrationTarget | undefined): boolean {
  return target?.domain !== domain.name || name <= target.name;
}

function describe(domain: WorkspaceDomain, name: string, found: DomainInspection): PlannedMigration {
  const definition = found.definitions.get(name);
  return {
    domain: domain.name,
    engine: domain.engine,
    namespace: domain.namespace,
    name,
    requires: definition?.requires ?? [],
    transaction: domain.engine === 'postgres' && !(definition !== undefined && 'transaction' in definition),
    isHalfDone: found.journal.some((row) => row.name === name),
    lossy: definition?.lossy,
    irreversible: definition?.irreversible,
  };
}

function planRepeatables(
  domain: WorkspaceDomain,
  found: DomainInspection,
  target: MigrationTarget | undefined,
): PlannedMigration[] {
  // They wait until no migration is pending.
  if (found.pending.some((name) => !isWanted(domain, name, target))) {
    return [];
  }
  return found.pendingRepeatables.map((name) => ({
    domain: domain.name,
    engine: domain.engine,
    namespace: domain.namespace,
    name: `repeatables/${name}`,
    requires: [],
    transaction: true,
    isHalfDone: false,
  }));
}

async function recordStatements(
  context: RunContext,
  inspected: readonly { readonly domain: WorkspaceDomain; readonly found: DomainInspection }[],
  migrations: readonly PlannedMigration[],
): Promise<Plan> {
  return withScratchServers({ ...context, allowOutOfOrder: true }, async (scratch) => {
    const domains = inspected.map(({ domain }) => domain.name);
    const applied = new Map(inspected.map(({ domain, found }) => [domain.name, found.applied.map(({ name }) => name)]));
    const current = new Map(inspected.map(({ domain, found }) => [domain.name, found.currentRepeatables]));
    await up(scratch, { domains, includeDependencies: false, only: applied, repeatables: current });
    const statements = new Map<string, RecordedStatement[]>();
    const only = new Map(
      inspected.map(({ domain }) => [
        domain.name,
        migrations.filter((planned) => planned.domain === domain.name).map(({ name }) => name),
      ]),
    );
    const outcomes = await up(scratch, {
      domains,
      includeDependencies: false,
      only,
      hooks: {
        onStatement: (domain, statement) => {
          const id = `${domain}/${statement.migration}`;
          statements.set(id, [...(statements.get(id) ?? []), inTarget(context, scratch, domain, statement)]);
        },
      },
    });
    return {
      migrations: migrations.map((planned) => ({
        ...planned,
        statements: statements.get(`${planned.domain}/${planned.name}`) ?? [],
      })),
      failures: [...outcomes].flatMap(([domain, outcome]) =>
        outcome.state === 'failed' ? [{ domain, error: outcome.error }] : [],
      ),
    };
  });
}

/** A command may name its database: the one that is meant, not the throw-away one. */
function inTarget(
  context: RunContext,
  scratch: RunContext,
  domain: string,
  statement: RecordedStatement,
): RecordedStatement {
  const from = scratch.domains.find(({ name }) => name === domain)?.namespace ?? '';
  const to = context.domains.find(({ name }) => name === domain)?.namespace ?? '';
  const renamed = (value: unknown): unknown => {
    if (typeof value === 'string') {
      return value.replaceAll(from, to);
    }
    if (Array.isArray(value)) {
      return value.map(renamed);
    }
    return value !== null && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype
      ? Object.fromEntries(Object.entries(value).map(([key, member]) => [key, renamed(member)]))
      : value;
  };
  return statement.engine === 'mongodb'
    ? { ...statement, command: renamed(statement.command) as typeof statement.command }
    : statement;
}
