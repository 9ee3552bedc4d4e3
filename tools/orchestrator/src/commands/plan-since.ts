import { withDomainsAtCommit } from '../plan/domains-at-commit.ts';
import { ScratchBuildFailedError } from '../plan/plan-errors.ts';
import { ofTarget } from '../plan/record-statements.ts';
import type { RunContext } from '../run/run-context.ts';
import { withScratchServers } from '../scratch/with-scratch-servers.ts';
import { type Plan, type PlanOptions, plan } from './plan.ts';
import { up } from './up.ts';

/**
 * Tells what `up` would do to databases that have the migrations of a commit: what a change brings, for its review,
 * whatever state any database is in. It works on throw-away databases alone.
 *
 * @param commit - anything that git takes for one: `origin/main`, `HEAD~1`.
 * @throws {UnknownCommitError} when git does not know it.
 * @throws {ScratchBuildFailedError} when the commit's own migrations cannot be applied.
 * @throws {EditedMigrationError | MissingMigrationError | RenamedMigrationError | OutOfOrderMigrationError} when a
 * migration that the commit has was changed since.
 *
 * @example
 * const { migrations } = await planSince(context, 'origin/main', { sql: true });
 */
export async function planSince(context: RunContext, commit: string, options: PlanOptions = {}): Promise<Plan> {
  return withScratchServers(context, (scratch) =>
    withDomainsAtCommit(context.workspaceRoot, scratch.domains, commit, async (domains, folder) => {
      const outcomes = await up({ ...scratch, workspaceRoot: folder, domains });
      for (const [domain, outcome] of outcomes) {
        if (outcome.state === 'failed') {
          throw new ScratchBuildFailedError(domain, outcome.error);
        }
      }
      return ofReal(context, scratch, await plan(scratch, options));
    }),
  );
}

/** In the names of the real databases, not of the throw-away ones that stood in for them. */
function ofReal(context: RunContext, scratch: RunContext, found: Plan): Plan {
  const namespaces = new Map(context.domains.map(({ name, namespace }) => [name, namespace]));
  return {
    ...found,
    migrations: found.migrations.map((planned) => ({
      ...planned,
      namespace: namespaces.get(planned.domain) ?? planned.namespace,
      ...(planned.statements === undefined
        ? {}
        : {
            statements: planned.statements.map((statement) => ofTarget(context, scratch, planned.domain, statement)),
          }),
    })),
  };
}
