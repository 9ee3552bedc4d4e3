import { FinovaError } from '@finova/db-kit';
import { readDomainStatus } from '@finova/db-kit/migrations';
import type { DomainRelay, RelayContext, RelayReport } from '@finova/db-kit/relaying';
import { engineOptions, type RunContext, serverOf } from '../run/run-context.ts';
import { withDependencies } from '../workspace/domain-order.ts';
import { requireDomain } from '../workspace/require-domain.ts';
import type { WorkspaceDomain } from '../workspace/workspace-domain.ts';

/** The domain that has a relay: from the ledger to the inbox. */
export const RELAYING_DOMAIN = 'notifications-db';

/** A relay would work on a database in which there is nothing yet. */
export class RelayNotMigratedError extends FinovaError {
  readonly domain: string;

  constructor(domain: string) {
    super({
      message: `Nothing can be relayed: ${domain} was never migrated here`,
      next: `run finova-db up ${RELAYING_DOMAIN}, which migrates what it depends on first`,
    });
    this.domain = domain;
  }
}

/** How to relay, and whom to tell of what happens meanwhile. */
export type RelayOptions = Omit<RelayContext, 'databaseOf' | 'signal'>;

/**
 * Relays from the ledger to the inbox, until the context's signal says to stop or, with `once`, until nothing is left.
 * Any number may run at once, on any hosts.
 *
 * @throws {UnknownDomainError} when the workspace has no notifications-db.
 * @throws {RelayNotMigratedError}
 * @throws with `once`: what the first batch failed with; without, failures are told and tried again.
 */
export async function relay(context: RunContext, options: RelayOptions): Promise<RelayReport> {
  requireDomain(context.domains, RELAYING_DOMAIN);
  const domains = withDependencies(context.domains, [RELAYING_DOMAIN]);
  await refuseNeverMigrated(context, domains);
  const domain = requireDomain(context.domains, RELAYING_DOMAIN);
  const { relay: domainRelay } = (await import(`${domain.packageName}/relay`)) as { readonly relay: DomainRelay };
  return domainRelay.run({
    ...options,
    signal: context.signal,
    databaseOf: (name) => {
      const { namespace } = requireDomain(domains, name);
      return { url: serverOf(context, requireDomain(domains, name)).url, namespace };
    },
  });
}

async function refuseNeverMigrated(context: RunContext, domains: readonly WorkspaceDomain[]): Promise<void> {
  await Promise.all(
    domains.map(async (domain) => {
      const { applied } = await readDomainStatus(engineOptions(context, domain));
      if (applied.length === 0) {
        throw new RelayNotMigratedError(domain.name);
      }
    }),
  );
}
