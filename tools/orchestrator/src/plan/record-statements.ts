import {
  type DomainInspection,
  type MigrationReader,
  type RecordedStatement,
  type Repeatable,
  withMigrationReader,
} from '@finova/db-kit/migrations';
import type { PlannedMigration } from '../commands/plan.ts';
import { type UpOutcome, up } from '../commands/up.ts';
import { engineOptions, type RunContext, serverOf } from '../run/run-context.ts';
import { withScratchServers } from '../scratch/with-scratch-servers.ts';
import type { WorkspaceDomain } from '../workspace/workspace-domain.ts';
import { isRepeatable } from './order-planned.ts';
import { ScratchBuildFailedError } from './plan-errors.ts';
import { selectDomains } from './select-domains.ts';

/** A domain of a plan, and what was found of it. */
export interface InspectedDomain {
  readonly domain: WorkspaceDomain;
  readonly found: DomainInspection;
}

/** A domain of which not everything planned could be done. */
export interface PlanFailure {
  readonly domain: string;
  readonly error: unknown;
}

interface RecordedPlan {
  readonly migrations: readonly PlannedMigration[];
  readonly failures: readonly PlanFailure[];
}

/**
 * Does on throw-away databases what is planned, after they were brought to where the real ones are, and adds to each
 * migration what it sent. One that did not get to its end has no statements.
 *
 * @throws {ScratchBuildFailedError}
 */
export async function recordStatements(
  context: RunContext,
  inspected: readonly InspectedDomain[],
  migrations: readonly PlannedMigration[],
): Promise<RecordedPlan> {
  // Whether an order is allowed was settled with the real history.
  return withScratchServers({ ...context, allowOutOfOrder: true }, async (scratch) => {
    const domains = [...new Set(migrations.map(({ domain }) => domain))];
    await applyApplied(context, scratch, inspected, domains);
    const recorded = new Map<string, RecordedStatement[]>();
    const only = new Map(
      domains.map((name) => [name, migrations.filter(({ domain }) => domain === name).map((planned) => planned.name)]),
    );
    const outcomes = await up(scratch, {
      domains,
      includeDependencies: false,
      only,
      hooks: {
        onStatement: (domain, statement) => {
          const id = `${domain}/${statement.migration}`;
          recorded.set(id, [...(recorded.get(id) ?? []), ofTarget(context, scratch, domain, statement)]);
        },
      },
    });
    return {
      migrations: migrations.map((planned) => {
        const found = inspected.find(({ domain }) => domain.name === planned.domain)?.found;
        const statements = recorded.get(`${planned.domain}/${planned.name}`) ?? [];
        return didRun(planned, outcomes.get(planned.domain))
          ? { ...planned, statements: withoutCompletedSteps(statements, planned, found) }
          : planned;
      }),
      failures: [...outcomes].flatMap(([domain, outcome]) =>
        outcome.state === 'failed' ? [{ domain, error: outcome.error }] : [],
      ),
    };
  });
}

/** Brings throw-away databases to where the real ones are, with everything that the applied migrations stand on. */
async function applyApplied(
  context: RunContext,
  scratch: RunContext,
  inspected: readonly InspectedDomain[],
  names: readonly string[],
): Promise<void> {
  const needed = new Set((await selectDomains(scratch, names, true)).map(({ name }) => name));
  const only = new Map<string, readonly string[]>();
  const repeatables = new Map<string, readonly Repeatable[]>();
  for (const domain of context.domains.filter(({ name }) => needed.has(name))) {
    const known = inspected.find((entry) => entry.domain.name === domain.name)?.found;
    const found = known ?? (await withMigrationReader(engineOptions(context, domain), readEffect));
    const applied = found.journal.filter(({ state }) => state === 'done').map(({ name }) => name);
    only.set(domain.name, applied);
    repeatables.set(domain.name, found.currentRepeatables);
  }
  const domains = [...only.keys()];
  const outcomes = await up(scratch, { domains, includeDependencies: false, only, repeatables });
  for (const [domain, outcome] of outcomes) {
    if (outcome.state === 'failed') {
      throw new ScratchBuildFailedError(domain, outcome.error);
    }
  }
}

async function readEffect(reader: MigrationReader) {
  return { journal: await reader.readJournal(), currentRepeatables: await reader.readRepeatables() };
}

function didRun(planned: PlannedMigration, outcome: UpOutcome | undefined): boolean {
  return isRepeatable(planned) ? outcome?.state === 'done' : outcome?.applied.includes(planned.name) === true;
}

/** MongoDB: the steps of a half-done migration that are in effect are not done again. */
function withoutCompletedSteps(
  statements: readonly RecordedStatement[],
  { name }: PlannedMigration,
  found: DomainInspection | undefined,
): RecordedStatement[] {
  const completed = found?.journal.find((row) => row.name === name)?.completedSteps ?? [];
  return statements.filter((statement) => statement.engine === 'postgres' || !completed.includes(statement.step));
}

/** A statement may name its database: the one that is meant, not the throw-away one. */
export function ofTarget(
  context: RunContext,
  scratch: RunContext,
  domain: string,
  statement: RecordedStatement,
): RecordedStatement {
  const [from, to] = [databaseOf(scratch, domain), databaseOf(context, domain)];
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
    : { ...statement, sql: statement.sql.replaceAll(from, to), parameters: statement.parameters.map(renamed) };
}

function databaseOf(context: RunContext, name: string): string {
  const domain = context.domains.find((candidate) => candidate.name === name);
  if (domain === undefined || domain.engine === 'mongodb') {
    return domain?.namespace ?? '';
  }
  return decodeURIComponent(new URL(serverOf(context, domain).url).pathname.slice(1));
}
