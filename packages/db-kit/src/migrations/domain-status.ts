import type { JournalRow } from './journal.ts';
import { loadEngine } from './load-engine.ts';
import type { EngineOptions, MigrationReader } from './migration-engine.ts';
import { listMigrationFiles, type MigrationFile } from './migration-files.ts';
import { type Repeatable, readRepeatables } from './repeatable-files.ts';

/** Which migrations of a domain are applied and which are not. */
export interface DomainStatus {
  readonly server: string;
  readonly applied: readonly JournalRow[];
  /** Names, oldest first; a half-done migration counts as pending. */
  readonly pending: readonly string[];
  /** Names of the repeatables whose text changed, in order. */
  readonly pendingRepeatables: readonly string[];
}

/**
 * Reads what is applied and what is pending, without a lock and without changing anything.
 *
 * @throws {InvalidMigrationFileError} for a file that is no migration.
 */
export async function readDomainStatus(options: EngineOptions): Promise<DomainStatus> {
  const [files, repeatables] = await Promise.all([listMigrationFiles(options.domain), readRepeatables(options.domain)]);
  const engine = await loadEngine(options.domain.engine);
  return engine.withReader(options, (reader) => readStatus(reader, files, repeatables));
}

/** As {@link readDomainStatus}, from an open database. */
export async function readStatus(
  reader: MigrationReader,
  files: readonly MigrationFile[],
  repeatables: readonly Repeatable[],
): Promise<DomainStatus> {
  return {
    server: await reader.describeServer(),
    ...splitJournal(await reader.readJournal(), files),
    pendingRepeatables: await reader.pendingRepeatables(repeatables),
  };
}

/** Tells what is applied in full from what is not. */
export function splitJournal(journal: readonly JournalRow[], files: readonly MigrationFile[]) {
  const applied = journal.filter((row) => row.state === 'done');
  const done = new Set(applied.map((row) => row.name));
  return { applied, pending: files.map((file) => file.name).filter((name) => !done.has(name)) };
}
