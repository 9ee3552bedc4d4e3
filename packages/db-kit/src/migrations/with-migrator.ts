import { checkHistory } from './history-check.ts';
import { loadEngine } from './load-engine.ts';
import { MigrationChecksums } from './migration-checksums.ts';
import type { EngineOptions, MigrationReader } from './migration-engine.ts';
import { listMigrationFiles } from './migration-files.ts';
import { Migrator } from './migrator.ts';
import type { MigratorHooks } from './migrator-hooks.ts';
import { refuseTampering } from './refuse-tampering.ts';
import { readRepeatables } from './repeatable-files.ts';

/**
 * Opens a domain for migrating: takes its lock, checks its history, hands over a {@link Migrator}, and releases the
 * lock however `use` ends.
 *
 * @throws {LockTimeoutError} when another runner holds the lock for longer than `lockTimeoutMs`.
 * @throws {MissingMigrationError | RenamedMigrationError | EditedMigrationError | OutOfOrderMigrationError}
 * when the history was rewritten; nothing was changed.
 * @throws {RecordsTamperedError} when the journal or the history was changed by other means; nothing was changed.
 *
 * @example
 * await withMigrator(options, (migrator) => migrator.up());
 */
export async function withMigrator<T>(
  options: EngineOptions & { readonly hooks?: MigratorHooks },
  use: (migrator: Migrator) => Promise<T>,
): Promise<T> {
  const { domain, hooks = {} } = options;
  const [files, repeatables] = await Promise.all([listMigrationFiles(domain), readRepeatables(domain)]);
  const checksums = new MigrationChecksums(domain, files, options.cacheFolder);
  const engineOptions = {
    ...options,
    onStatement: hooks.onStatement ?? options.onStatement,
    onNote: hooks.onNote ?? options.onNote,
    onRefused: hooks.onRefused ?? options.onRefused,
  };
  try {
    const engine = await loadEngine(domain.engine);
    return await engine.withWriter(engineOptions, async (writer) => {
      const journal = await writer.readJournal();
      refuseTampering(domain.name, journal, await writer.readHistory());
      await checkHistory(domain.name, journal, files, checksums, options);
      const { signal } = options;
      return use(new Migrator({ domain, writer, files, repeatables, checksums, journal, hooks, signal }));
    });
  } finally {
    await checksums.settled();
  }
}

/**
 * Reads a domain's records without its lock, for `verify` and `history`.
 */
export async function withMigrationReader<T>(
  options: EngineOptions,
  use: (reader: MigrationReader) => Promise<T>,
): Promise<T> {
  const engine = await loadEngine(options.domain.engine);
  return engine.withReader(options, use);
}
