export { findTypeDifferences } from '../type-check/index.ts';
export { describeDomainRoles, type RoleAttempt } from './describe-domain-roles.ts';
export { describeMigration, type MigrationTest } from './describe-migration.ts';
export { describeSchemaDump } from './describe-schema-dump.ts';
export { describeMigrationContract } from './migration-contract.ts';
export { createMongoTestDatabase, type MongoTestDatabase } from './mongo-test-database.ts';
export { createPostgresTestDatabase, type PostgresTestDatabase } from './postgres-test-database.ts';
export {
  asReplica,
  byTrigger,
  expectRows,
  type Refusal,
  type RefusalScenario,
  refusedBy,
  type ScenarioIds,
  withRightsOf,
} from './refusal.ts';
export { rightRefusals } from './right-refusals.ts';
export { asRole, findOwnedByOthers, findRightsOfPublic, findTracesOfRoles } from './role-rights.ts';
export { amongShadows, plantShadows } from './shadows.ts';
export { createTestEncryption } from './test-encryption.ts';
export { TEST_IDENTITY } from './test-identity.ts';
export { testMongoUrl, testPostgresUrl } from './test-servers.ts';
export { describeValidatorAgreement } from './validator-agreement.ts';
