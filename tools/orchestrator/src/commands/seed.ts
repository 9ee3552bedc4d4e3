import { FinovaError } from '@finova/db-kit';
import type { FieldEncryption } from '@finova/db-kit/encryption';
import type { DomainSeed, SampleTable, SeedContext, SeedCount } from '@finova/db-kit/seeding';
import { type RunContext, serverOf } from '../run/run-context.ts';
import { type Outcome, runInOrder } from '../run/run-in-order.ts';
import { withDependencies } from '../workspace/domain-order.ts';
import type { WorkspaceDomain } from '../workspace/workspace-domain.ts';

/** A domain package without a `seed` in its `./seed` entry. */
export class SeedMissingError extends FinovaError {
  readonly domain: string;

  constructor(domain: string, packageName: string, cause?: unknown) {
    super({
      message: `${domain} has no seed: expected ${packageName}/seed to export a DomainSeed named seed`,
      next: 'add src/seed/index.ts to the package and "./seed" to the exports of its package.json',
      cause,
    });
    this.domain = domain;
  }
}

/** What seeding did to one domain. */
export interface DomainSeedResult {
  readonly domain: string;
  readonly counts: readonly SeedCount[];
}

/** Where the seeds get the encryption keys from; asked only by domains that encrypt. */
export type EncryptionSource = () => Promise<FieldEncryption>;

/**
 * Adds the development data of domains and of what they depend on, dependencies first.
 *
 * @param names - none for all.
 * @returns the outcome of each domain, by name; a failing domain stops its dependents and not its neighbours.
 * @throws {UnknownDomainError}
 */
export async function seed(
  context: RunContext,
  names: readonly string[],
  encryption: EncryptionSource,
): Promise<Map<string, Outcome<DomainSeedResult>>> {
  return runInOrder(withDependencies(context.domains, names), async (domain) => {
    const domainSeed = await loadSeed(domain);
    return { domain: domain.name, counts: await domainSeed.run(seedContext(context, domain, encryption)) };
  });
}

/**
 * Reads a few rows of domains and of what they depend on.
 *
 * @param names - none for all.
 */
export async function sample(
  context: RunContext,
  names: readonly string[],
  encryption: EncryptionSource,
): Promise<{ readonly domain: string; readonly tables: readonly SampleTable[] }[]> {
  return Promise.all(
    withDependencies(context.domains, names).map(async (domain) => {
      const domainSeed = await loadSeed(domain);
      return { domain: domain.name, tables: await domainSeed.sample(seedContext(context, domain, encryption)) };
    }),
  );
}

function seedContext(context: RunContext, domain: WorkspaceDomain, encryption: EncryptionSource): SeedContext {
  return { url: serverOf(context, domain).url, namespace: domain.namespace, encryption };
}

async function loadSeed(domain: WorkspaceDomain): Promise<DomainSeed> {
  let entry: { readonly seed?: DomainSeed };
  try {
    entry = (await import(`${domain.packageName}/seed`)) as typeof entry;
  } catch (cause) {
    throw new SeedMissingError(domain.name, domain.packageName, cause);
  }
  if (entry.seed === undefined) {
    throw new SeedMissingError(domain.name, domain.packageName);
  }
  return entry.seed;
}
