import { withMigrator } from '@finova/db-kit/migrations';
import { engineOptions, type RunContext } from '../run/run-context.ts';
import { UnknownDomainError } from '../workspace/workspace-errors.ts';

/**
 * Settles a migration that was interrupted outside a transaction, by what its owner found in the database.
 *
 * @param as - `applied`: its `up` is complete; `pending`: nothing of it is left.
 * @throws {UnknownDomainError | UnknownMigrationError | NothingToRepairError}
 */
export async function repair(
  context: RunContext,
  options: { readonly domain: string; readonly migration: string; readonly as: 'applied' | 'pending' },
): Promise<void> {
  const domain = context.domains.find(({ name }) => name === options.domain);
  if (domain === undefined) {
    throw new UnknownDomainError(
      options.domain,
      context.domains.map(({ name }) => name),
    );
  }
  await withMigrator(engineOptions(context, domain), (migrator) => migrator.settle(options.migration, options.as));
}
