import type { MigrationDomain } from '@finova/db-kit/migrations';

/** A domain and its place among the others. */
export interface WorkspaceDomain extends MigrationDomain {
  /** Absolute path of the package. */
  readonly folder: string;
  /** `@finova/accounts-db` */
  readonly packageName: string;
  /** Names of the domains it depends on directly. */
  readonly dependsOn: readonly string[];
}
