import { errorMessage } from '@finova/db-kit';
import { type Engine, readDomainStatus } from '@finova/db-kit/migrations';
import { engineOptions, type RunContext, serverOf } from '../run/run-context.ts';
import { requireDomain } from '../workspace/require-domain.ts';

/** What is applied and what is pending in one domain. */
export interface DomainStatusResult {
  readonly domain: string;
  readonly engine: Engine;
  readonly server: string;
  readonly applied: readonly string[];
  /** Half-done migrations count as pending. */
  readonly pending: readonly string[];
  readonly halfDone: readonly string[];
  /** What `up` would refuse this database for, such as an applied migration that was edited; null when for nothing. */
  readonly refusal: string | null;
  /** Repeatables whose text changed. */
  readonly pendingRepeatables: readonly string[];
}

/**
 * Reads what is applied and pending, without locks and without changing anything.
 *
 * @param names - domains to look at; none for all.
 * @throws {UnknownDomainError}
 */
export async function status(context: RunContext, names: readonly string[] = []): Promise<DomainStatusResult[]> {
  for (const name of names) {
    requireDomain(context.domains, name);
  }
  const domains = context.domains.filter(({ name }) => names.length === 0 || names.includes(name));
  return Promise.all(
    domains.map(async (domain) => {
      const { applied, refusal, ...rest } = await readDomainStatus(engineOptions(context, domain));
      return {
        domain: domain.name,
        engine: domain.engine,
        server: serverOf(context, domain).label,
        applied: applied.map(({ name }) => name),
        pending: rest.pending,
        halfDone: rest.halfDone,
        refusal: refusal === undefined ? null : errorMessage(refusal),
        pendingRepeatables: rest.pendingRepeatables,
      };
    }),
  );
}
