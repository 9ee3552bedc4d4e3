import { type DomainStatus, splitJournal } from './domain-status.ts';
import { checkHistory } from './history-check.ts';
import type { JournalRow } from './journal.ts';
import { loadEngine } from './load-engine.ts';
import type { Engine } from './migration.ts';
import { MigrationChecksums } from './migration-checksums.ts';
import type { EngineOptions } from './migration-engine.ts';
import { listMigrationFiles, type MigrationDefinition } from './migration-files.ts';
import { MigrationLoader } from './migration-loader.ts';
import { refuseTampering } from './refuse-tampering.ts';
import { type Repeatable, readRepeatables } from './repeatable-files.ts';

/** What is known of a domain and its database without changing either. */
export interface DomainInspection extends DomainStatus {
  readonly journal: readonly JournalRow[];
  /** The definitions of what is pending, by name. */
  readonly definitions: ReadonlyMap<string, MigrationDefinition<Engine>>;
  /** The texts of the repeatables in effect. */
  readonly currentRepeatables: readonly Repeatable[];
  /** The texts of their files. */
  readonly wantedRepeatables: readonly Repeatable[];
}

/**
 * Looks at a domain as `up` would, without its lock and without writing anything, and refuses what `up` would refuse.
 *
 * @throws {MissingMigrationError | RenamedMigrationError | EditedMigrationError | OutOfOrderMigrationError}
 * @throws {RecordsTamperedError | InvalidMigrationFileError}
 */
export async function inspectDomain(options: EngineOptions): Promise<DomainInspection> {
  const { domain } = options;
  const [files, wantedRepeatables] = await Promise.all([listMigrationFiles(domain), readRepeatables(domain)]);
  const checksums = new MigrationChecksums(domain, files, options.cacheFolder);
  const engine = await loadEngine(domain.engine);
  return engine.withReader(options, async (reader) => {
    const journal = await reader.readJournal();
    refuseTampering(domain.name, journal, await reader.readHistory());
    await checkHistory(domain.name, journal, files, checksums, options);
    const { applied, pending, halfDone } = splitJournal(journal, files);
    const definitions = await new MigrationLoader(domain, files, checksums).loadAll(pending);
    return {
      server: await reader.describeServer(),
      applied,
      pending,
      halfDone,
      journal,
      definitions: new Map(pending.map((name, index) => [name, definitions[index] as MigrationDefinition<Engine>])),
      pendingRepeatables: await reader.pendingRepeatables(wantedRepeatables),
      currentRepeatables: await reader.readRepeatables(),
      wantedRepeatables,
    };
  });
}
