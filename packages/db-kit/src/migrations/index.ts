export type { MigrationChecksum } from './checksum.ts';
export { InvalidDomainManifestError, readDomain } from './domain-manifest.ts';
export { type DomainStatus, readDomainStatus } from './domain-status.ts';
export { dumpDomain, dumpFileName } from './dump-domain.ts';
export * from './errors/index.ts';
export { type RecordProblem, verifyHistory, verifyJournal } from './history-verification.ts';
export { type DomainInspection, inspectDomain } from './inspect-domain.ts';
export type { HistoryAttempt, HistoryDirection, HistoryRow, JournalRow, JournalState } from './journal.ts';
export type * from './migration.ts';
export { checksumMigrations } from './migration-checksums.ts';
export type { EngineOptions, MigrationReader, RecordedStatement, RefusedCommand } from './migration-engine.ts';
export {
  isMigrationName,
  listMigrationFiles,
  loadMigration,
  type MigrationDefinition,
  type MigrationFile,
} from './migration-files.ts';
export { isMigrationIdsFileCurrent, renderMigrationIds, writeMigrationIdsFile } from './migration-ids-file.ts';
export { Migrator, type UpTarget } from './migrator.ts';
export type { MigratorHooks } from './migrator-hooks.ts';
export { actAsOwner } from './postgres/act-as-owner.ts';
export { findInvalidIndexes } from './postgres/invalid-indexes.ts';
export { type Repeatable, readRepeatables } from './repeatable-files.ts';
export { type RunIdentity, readRunIdentity } from './run-identity.ts';
export { withMigrationReader, withMigrator } from './with-migrator.ts';
