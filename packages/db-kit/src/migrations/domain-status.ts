import { FinovaError } from '../errors/index.ts';
import { checkHistory } from './history-check.ts';
import type { JournalRow } from './journal.ts';
import { loadEngine } from './load-engine.ts';
import { MigrationChecksums } from './migration-checksums.ts';
import type { EngineOptions, MigrationReader } from './migration-engine.ts';
import { listMigrationFiles, type MigrationFile } from './migration-files.ts';
import { refuseTampering } from './refuse-tampering.ts';
import { type Repeatable, readRepeatables } from './repeatable-files.ts';

/** Which migrations of a domain are applied and which are not. */
export interface DomainStatus {
  readonly server: string;
  readonly applied: readonly JournalRow[];
  /** Names, oldest first; a half-done migration counts as pending. */
  readonly pending: readonly string[];
  /** Names of the half-done, oldest first. */
  readonly halfDone: readonly string[];
  /** Names of the repeatables whose text changed, in order. */
  readonly pendingRepeatables: readonly string[];
}

/**
 * Reads what is applied and what is pending, without a lock and without changing anything.
 *
 * @returns `refusal`: what `up` would refuse this database for, such as an applied migration that was edited.
 * @throws {InvalidMigrationFileError} for a file that is no migration.
 */
export async function readDomainStatus(
  options: EngineOptions,
): Promise<DomainStatus & { readonly refusal: FinovaError | undefined }> {
  const { domain } = options;
  const [files, repeatables] = await Promise.all([listMigrationFiles(domain), readRepeatables(domain)]);
  const checksums = new MigrationChecksums(domain, files, options.cacheFolder);
  const engine = await loadEngine(domain.engine);
  return engine.withReader(options, async (reader) => ({
    ...(await readStatus(reader, files, repeatables)),
    refusal: await findRefusal(async () => {
      const journal = await reader.readJournal();
      refuseTampering(domain.name, journal, await reader.readHistory());
      await checkHistory(domain.name, journal, files, checksums, options);
    }),
  }));
}

async function findRefusal(check: () => Promise<void>): Promise<FinovaError | undefined> {
  try {
    await check();
    return undefined;
  } catch (thrown) {
    if (thrown instanceof FinovaError) {
      return thrown;
    }
    throw thrown;
  }
}

/** What is applied and what is pending, from an open database. */
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
  const halfDone = journal.map((row) => row.name).filter((name) => !done.has(name));
  return { applied, pending: files.map((file) => file.name).filter((name) => !done.has(name)), halfDone };
}
