export type { MigrationChecksum } from './checksum.ts';
export { InvalidDomainManifestError, readDomain } from './domain-manifest.ts';
export type { HistoryAttempt, HistoryDirection, HistoryRow, JournalRow, JournalState } from './journal.ts';
export type * from './migration.ts';
export { checksumMigrations } from './migration-checksums.ts';
export type { EngineOptions, MigrationReader, RecordedStatement } from './migration-engine.ts';
export * from './migration-errors.ts';
export { isMigrationName, listMigrationFiles, loadMigration, type MigrationFile } from './migration-files.ts';
export { isMigrationIdsFileCurrent, renderMigrationIds, writeMigrationIdsFile } from './migration-ids-file.ts';
export {
  type DomainStatus,
  Migrator,
  type MigratorHooks,
  readDomainStatus,
  type UpTarget,
  withMigrationReader,
  withMigrator,
} from './migrator.ts';
export { findInvalidIndexes } from './postgres/invalid-indexes.ts';
export { type Repeatable, readRepeatables } from './repeatable-files.ts';
export { type RunIdentity, readRunIdentity, TOOL_VERSION } from './run-identity.ts';
