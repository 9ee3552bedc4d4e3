import { readDomain } from '../migrations/domain-manifest.ts';
import type { MigrationDomain } from '../migrations/migration.ts';
import { withMongoClient } from '../mongodb/connect.ts';
import { describeMongoStructure } from '../mongodb/structure.ts';
import { withPostgresClient } from '../postgres/connect.ts';
import { describePostgresStructure } from '../postgres/structure.ts';
import { createMongoTestDatabase } from './mongo-test-database.ts';
import { createPostgresTestDatabase } from './postgres-test-database.ts';
import { testMongoUrl, testPostgresUrl } from './test-servers.ts';

/** A database in which the migrations of a domain are tested. */
export interface ContractDatabase {
  readonly domain: MigrationDomain;
  readonly url: string;
  structure(): Promise<readonly string[]>;
  drop(): Promise<void>;
}

/** Makes an empty database for a domain, with the domains that it shares one with migrated. */
export async function openContractDatabase(folder: string, sharedWith: readonly string[]): Promise<ContractDatabase> {
  const domain = await readDomain(folder);
  if (domain.engine === 'mongodb') {
    const own = await createMongoTestDatabase(testMongoUrl(), domain, { migrated: false });
    return {
      ...own,
      structure: () =>
        withMongoClient({ url: own.url, applicationName: 'finova tests' }, (client) =>
          describeMongoStructure(client.db(own.databaseName)),
        ),
    };
  }
  const own = await createPostgresTestDatabase(testPostgresUrl(), await Promise.all(sharedWith.map(readDomain)));
  return {
    ...own,
    domain,
    structure: () =>
      withPostgresClient({ url: own.url, applicationName: 'finova tests' }, (client) =>
        describePostgresStructure(client, domain.namespace),
      ),
  };
}
