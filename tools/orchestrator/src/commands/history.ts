import {
  type Engine,
  type HistoryRow,
  type RecordProblem,
  verifyHistory,
  verifyJournal,
  withMigrationReader,
} from '@finova/db-kit/migrations';
import { engineOptions, type RunContext, serverOf } from '../run/run-context.ts';
import { requireDomain } from '../workspace/require-domain.ts';

/** Every attempt to migrate a domain, and whether that record can be trusted. */
export interface DomainHistory {
  readonly domain: string;
  readonly engine: Engine;
  readonly server: string;
  /** Oldest first. */
  readonly attempts: readonly HistoryRow[];
  /** What only tampering explains; none for an intact history and journal. */
  readonly problems: readonly RecordProblem[];
}

/**
 * Reads and verifies the audit trail of domains, without locks and without changing anything.
 *
 * @param names - none for all.
 * @throws {UnknownDomainError}
 */
export async function history(context: RunContext, names: readonly string[] = []): Promise<DomainHistory[]> {
  for (const name of names) {
    requireDomain(context.domains, name);
  }
  const domains = context.domains.filter(({ name }) => names.length === 0 || names.includes(name));
  return Promise.all(
    domains.map(async (domain) => {
      const [journal, attempts] = await withMigrationReader(engineOptions(context, domain), async (reader) => [
        await reader.readJournal(),
        await reader.readHistory(),
      ]);
      return {
        domain: domain.name,
        engine: domain.engine,
        server: serverOf(context, domain).label,
        attempts,
        problems: [...verifyHistory(attempts), ...verifyJournal(journal, attempts)],
      };
    }),
  );
}
