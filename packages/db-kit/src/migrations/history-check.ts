import type { MigrationChecksum } from './checksum.ts';
import {
  EditedMigrationError,
  MissingMigrationError,
  OutOfOrderMigrationError,
  RenamedMigrationError,
} from './errors/index.ts';
import type { JournalRow } from './journal.ts';
import type { MigrationChecksums } from './migration-checksums.ts';
import type { MigrationFile } from './migration-files.ts';

/**
 * Refuses a history that was rewritten: an applied migration that is missing, renamed or edited, or an unapplied one
 * that is older than an applied one. Runs before any change to the database.
 *
 * A migration that is only half done may be edited: correcting the step that failed is how it gets finished.
 *
 * @throws {MissingMigrationError | RenamedMigrationError | EditedMigrationError | OutOfOrderMigrationError}
 */
export async function checkHistory(
  domain: string,
  journal: readonly JournalRow[],
  files: readonly MigrationFile[],
  checksums: MigrationChecksums,
  { allowOutOfOrder = false }: { readonly allowOutOfOrder?: boolean | undefined } = {},
): Promise<void> {
  const recorded = new Set(journal.map((row) => row.name));
  for (const row of journal) {
    const found = await checksums.get(row.name);
    if (found === undefined) {
      throw missingOrRenamed(domain, row, recorded, await checksums.all());
    }
    if (row.state === 'done' && found.checksum !== row.checksum) {
      throw new EditedMigrationError(
        domain,
        row.name,
        changedFiles(row.files, found.files),
        row.checksum,
        found.checksum,
      );
    }
  }
  const newestApplied = journal
    .map((row) => row.name)
    .sort()
    .at(-1);
  if (newestApplied !== undefined && !allowOutOfOrder) {
    const late = files.find((file) => !recorded.has(file.name) && file.name < newestApplied);
    if (late !== undefined) {
      throw new OutOfOrderMigrationError(domain, late.name, newestApplied);
    }
  }
}

function missingOrRenamed(
  domain: string,
  row: JournalRow,
  recorded: ReadonlySet<string>,
  checksums: ReadonlyMap<string, MigrationChecksum>,
): MissingMigrationError | RenamedMigrationError {
  for (const [name, { checksum }] of checksums) {
    if (checksum === row.checksum && !recorded.has(name)) {
      return new RenamedMigrationError(domain, row.name, name);
    }
  }
  return new MissingMigrationError(domain, row.name);
}

function changedFiles(before: Readonly<Record<string, string>>, now: Readonly<Record<string, string>>): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])].sort();
  const changed = names.filter((name) => before[name] !== now[name]);
  // Every file alike and the whole not: what ties them together changed, such as which export is used.
  return changed.length > 0 ? changed : names;
}
