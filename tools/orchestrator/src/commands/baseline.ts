import { withMigrator } from '@finova/db-kit/migrations';
import { engineOptions, type RunContext } from '../run/run-context.ts';
import { requireDomain } from '../workspace/require-domain.ts';
import { parseTarget } from './migration-target.ts';

/** What `baseline` journaled. */
export interface BaselineResult {
  readonly domain: string;
  /** Names journaled as applied, oldest first. */
  readonly journaled: readonly string[];
}

/**
 * Takes a database under management that was made by other means: journals the migrations up to `to` as applied,
 * without running them.
 *
 * @param options - `to`: the last migration whose result the database already has.
 * @throws {AlreadyManagedError} when the domain's journal is not empty.
 * @throws {UnknownDomainError | UnknownMigrationError}
 */
export async function baseline(
  context: RunContext,
  options: { readonly domain: string; readonly to: string },
): Promise<BaselineResult> {
  const domain = requireDomain(context.domains, options.domain);
  const { name } = parseTarget(options.to, [domain.name]);
  const journaled = await withMigrator(engineOptions(context, domain), (migrator) => migrator.baseline(name));
  return { domain: domain.name, journaled };
}
