import { randomUUID } from 'node:crypto';
import type { MigrationDomain } from '../migrations/migration.ts';
import { withMigrator } from '../migrations/with-migrator.ts';
import { withMongoClient } from '../mongodb/connect.ts';
import { TEST_IDENTITY } from './test-identity.ts';

/** A MongoDB database of one test file. */
export interface MongoTestDatabase {
  readonly url: string;
  readonly databaseName: string;
  /** The domain as it lives in this database. */
  readonly domain: MigrationDomain;
  drop(): Promise<void>;
}

/** Makes a database of its own for a domain, migrated unless `migrated` is `false`. */
export async function createMongoTestDatabase(
  serverUrl: string,
  domain: MigrationDomain,
  { migrated = true } = {},
): Promise<MongoTestDatabase> {
  const databaseName = `finova_test_${randomUUID().replaceAll('-', '')}`;
  const own = { ...domain, namespace: databaseName };
  if (migrated) {
    await withMigrator({ domain: own, url: serverUrl, identity: TEST_IDENTITY, lockTimeoutMs: 10_000 }, (migrator) =>
      migrator.up(),
    );
  }
  return {
    url: serverUrl,
    databaseName,
    domain: own,
    drop: () =>
      withMongoClient({ url: serverUrl, applicationName: 'finova tests' }, async (client) => {
        await client.db(databaseName).dropDatabase();
      }),
  };
}
