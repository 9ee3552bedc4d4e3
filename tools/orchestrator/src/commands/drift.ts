import type { Engine, Repeatable } from '@finova/db-kit/migrations';
import { readStructure } from '../drift/read-structure.ts';
import { type DriftDifference, structureDifferences } from '../drift/structure-differences.ts';
import { typeDifferences } from '../drift/type-differences.ts';
import { type RunContext, serverOf } from '../run/run-context.ts';
import { withMigrators } from '../run/with-migrators.ts';
import { withScratchServers } from '../scratch/with-scratch-servers.ts';
import { withDependencies } from '../workspace/domain-order.ts';
import type { WorkspaceDomain } from '../workspace/workspace-domain.ts';
import { up } from './up.ts';

/** How a live database differs from what its applied migrations make. */
export interface DomainDrift {
  readonly domain: string;
  readonly engine: Engine;
  readonly server: string;
  readonly differences: readonly DriftDifference[];
}

/**
 * Compares live databases with what their applied migrations and repeatables make on throw-away ones, under the same
 * locks as `up`, and the types in the code with the live database where no migration is pending.
 *
 * @param names - none for all domains.
 * @throws {UnknownDomainError} and what `withMigrator` refuses: a rewritten history cannot be compared with anything.
 */
export async function drift(context: RunContext, names: readonly string[] = []): Promise<DomainDrift[]> {
  const selected = withDependencies(context.domains, names);
  const compared = selected.filter(({ name }) => names.length === 0 || names.includes(name));
  return withMigrators({ ...context, allowOutOfOrder: true }, selected, {}, async ({ migrators }) => {
    const applied = new Map<string, readonly string[]>();
    const repeatables = new Map<string, readonly Repeatable[]>();
    const live = new Map<string, { readonly lines: string[]; readonly hasPending: boolean }>();
    for (const domain of selected) {
      const migrator = migrators.get(domain.name);
      const status = await migrator?.status();
      applied.set(domain.name, status?.applied.map(({ name }) => name) ?? []);
      repeatables.set(domain.name, (await migrator?.reader.readRepeatables()) ?? []);
      live.set(domain.name, { lines: await readStructure(context, domain), hasPending: status?.pending.length !== 0 });
    }
    const expected = await buildExpected(context, selected, applied, repeatables);
    const drifts: DomainDrift[] = [];
    for (const domain of compared) {
      const found = live.get(domain.name);
      // One by one: reading the types of one domain keeps the process from answering the server of another in time.
      const ofTypes = found?.hasPending === false ? await typeDifferences(context, domain) : [];
      drifts.push({
        domain: domain.name,
        engine: domain.engine,
        server: serverOf(context, domain).label,
        differences: [...structureDifferences(expected.get(domain.name) ?? [], found?.lines ?? []), ...ofTypes],
      });
    }
    return drifts;
  });
}

/** The structure that what is applied makes, by domain. */
async function buildExpected(
  context: RunContext,
  domains: readonly WorkspaceDomain[],
  applied: ReadonlyMap<string, readonly string[]>,
  repeatables: ReadonlyMap<string, readonly Repeatable[]>,
): Promise<Map<string, string[]>> {
  return withScratchServers({ ...context, allowOutOfOrder: true }, async (scratch) => {
    const options = {
      domains: domains.map(({ name }) => name),
      includeDependencies: false,
      only: applied,
      repeatables,
    };
    const outcomes = await up(scratch, options);
    for (const outcome of outcomes.values()) {
      if (outcome.state === 'failed') {
        throw outcome.error;
      }
    }
    const structures = new Map<string, string[]>();
    for (const domain of scratch.domains.filter(({ name }) => outcomes.has(name))) {
      structures.set(domain.name, await readStructure(scratch, domain));
    }
    return structures;
  });
}
