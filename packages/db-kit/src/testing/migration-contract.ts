import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDomain } from '../migrations/domain-manifest.ts';
import type { MigrationDomain } from '../migrations/migration.ts';
import { listMigrationFiles } from '../migrations/migration-files.ts';
import { isMigrationIdsFileCurrent } from '../migrations/migration-ids-file.ts';
import type { Migrator } from '../migrations/migrator.ts';
import { withMigrator } from '../migrations/with-migrator.ts';
import { withMongoClient } from '../mongodb/connect.ts';
import { describeMongoStructure } from '../mongodb/structure.ts';
import { withPostgresClient } from '../postgres/connect.ts';
import { describePostgresStructure } from '../postgres/structure.ts';
import { createMongoTestDatabase } from './mongo-test-database.ts';
import { createPostgresTestDatabase } from './postgres-test-database.ts';
import { TEST_IDENTITY } from './test-identity.ts';
import { testMongoUrl, testPostgresUrl } from './test-servers.ts';

interface ContractDatabase {
  readonly domain: MigrationDomain;
  readonly url: string;
  structure(): Promise<readonly string[]>;
  drop(): Promise<void>;
}

/**
 * What the migrations of every domain promise, as tests: they apply to an empty database, apply once, and can be
 * taken back one by one and all together without a trace.
 *
 * @param folder - the domain package: `…/packages/accounts-db`.
 * @param sharedWith - PostgreSQL domains of the same database that this one stands on, in their order.
 * @example
 * describeMigrationContract(join(import.meta.dirname, '..'));
 */
export function describeMigrationContract(folder: string, sharedWith: readonly string[] = []): void {
  describe('migration contract', () => {
    let database: ContractDatabase;

    beforeAll(async () => {
      database = await openContractDatabase(folder, sharedWith);
    });
    afterAll(() => database?.drop());

    const migrate = <T>(use: (migrator: Migrator) => Promise<T>) =>
      withMigrator({ ...database, identity: TEST_IDENTITY, lockTimeoutMs: 10_000 }, use);

    it('is listed in ids.d.ts, so that requires knows its names (npm run db -- dump)', async () => {
      expect(await isMigrationIdsFileCurrent(await readDomain(folder))).toBe(true);
    });

    it('applies every migration to an empty database, oldest first', async () => {
      const files = await listMigrationFiles(database.domain);
      expect(files.length).toBeGreaterThan(0);
      expect(await database.structure()).toEqual([]);
      expect(await migrate((migrator) => migrator.up())).toEqual(files.map((file) => file.name));
      expect(await database.structure()).not.toEqual([]);
    });

    it('applies nothing the second time', async () => {
      const before = await database.structure();
      expect(await migrate((migrator) => migrator.up())).toEqual([]);
      expect(await database.structure()).toEqual(before);
    });

    it('goes down to nothing and up again to the same structure', async () => {
      const before = await database.structure();
      await migrate((migrator) => migrator.down('all'));
      expect(await database.structure()).toEqual([]);
      await migrate((migrator) => migrator.up());
      expect(await database.structure()).toEqual(before);
    });

    it('takes each migration back to exactly the structure before it', async () => {
      await migrate(async (migrator) => {
        const reverted = await migrator.down('all');
        for (const name of reverted.toReversed()) {
          const before = await database.structure();
          await migrator.up({ to: name });
          const after = await database.structure();
          await migrator.down({ steps: 1 });
          expect(await database.structure(), `after ${name} down`).toEqual(before);
          await migrator.up({ to: name });
          expect(await database.structure(), `after ${name} up again`).toEqual(after);
        }
      });
    });
  });
}

async function openContractDatabase(folder: string, sharedWith: readonly string[]): Promise<ContractDatabase> {
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
