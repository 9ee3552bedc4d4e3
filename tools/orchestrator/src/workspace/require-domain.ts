import type { WorkspaceDomain } from './workspace-domain.ts';
import { UnknownDomainError } from './workspace-errors.ts';

/**
 * The domain of that name.
 *
 * @throws {UnknownDomainError}
 */
export function requireDomain(domains: readonly WorkspaceDomain[], name: string): WorkspaceDomain {
  const domain = domains.find((candidate) => candidate.name === name);
  if (domain === undefined) {
    throw new UnknownDomainError(
      name,
      domains.map((known) => known.name),
    );
  }
  return domain;
}
