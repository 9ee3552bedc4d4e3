import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { roundTripDomain } from '../roundtrip/round-trip-domain.ts';
import type { RoundTripFinding } from '../roundtrip/round-trip-finding.ts';
import type { RunContext } from '../run/run-context.ts';
import { withScratchServers } from '../scratch/with-scratch-servers.ts';
import { withDependencies } from '../workspace/domain-order.ts';
import type { WorkspaceDomain } from '../workspace/workspace-domain.ts';
import { type EncryptionSource, seed } from './seed.ts';

/** What a round trip went over and what it found. */
export interface RoundTripResult {
  /** In their order. */
  readonly domains: readonly string[];
  readonly findings: readonly RoundTripFinding[];
}

/**
 * Takes domains up, fills them with their development data, and every migration down and up again, on throw-away
 * databases; compares structure and rows on the way.
 *
 * @param names - none for all; what they depend on goes along.
 * @throws {UnknownDomainError}
 */
export async function roundtrip(
  context: RunContext,
  names: readonly string[],
  encryption: EncryptionSource,
): Promise<RoundTripResult> {
  const selected = withDependencies(context.domains, names).map(({ name }) => name);
  return withScratchServers(context, async (scratch) => {
    const findings: RoundTripFinding[] = [];
    for (const domain of scratch.domains.filter(({ name }) => selected.includes(name))) {
      const found = await roundTripDomain(scratch, domain, () => addSeed(scratch, domain, encryption));
      findings.push(...found);
      if (found.some(({ problem }) => problem === 'failed')) {
        break;
      }
    }
    return { domains: selected, findings };
  });
}

/** A domain without a seed keeps what its migrations put into it. */
async function addSeed(scratch: RunContext, domain: WorkspaceDomain, encryption: EncryptionSource): Promise<void> {
  if (!existsSync(join(domain.folder, 'src', 'seed', 'index.ts'))) {
    return;
  }
  const outcome = (await seed(scratch, [domain.name], encryption)).get(domain.name);
  if (outcome?.state === 'failed') {
    throw outcome.error;
  }
}
