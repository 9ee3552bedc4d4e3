import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDomain } from '../migrations/domain-manifest.ts';
import type { RefusedCommand } from '../migrations/migration-engine.ts';
import { listMigrationFiles, loadMigration } from '../migrations/migration-files.ts';
import { isMigrationIdsFileCurrent } from '../migrations/migration-ids-file.ts';
import type { Migrator } from '../migrations/migrator.ts';
import { withMigrator } from '../migrations/with-migrator.ts';
import { type ContractDatabase, openContractDatabase } from './contract-database.ts';
import { TEST_IDENTITY } from './test-identity.ts';

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

    it('is listed in ids.d.ts, so that requires knows its names (npm run db -- new)', async () => {
      expect(await isMigrationIdsFileCurrent(await readDomain(folder))).toBe(true);
    });

    it('applies every migration to an empty database, oldest first', async () => {
      const files = await listMigrationFiles(database.domain);
      expect(files.length).toBeGreaterThan(0);
      expect(await database.structure()).toEqual([]);
      expect(await migrate((migrator) => migrator.up())).toEqual(files.map((file) => file.name));
      expect(await database.structure()).not.toEqual([]);
    });

    it('sends nothing that MongoDB refuses, whatever this server takes', async () => {
      const refused: RefusedCommand[] = [];
      const other = await openContractDatabase(folder, sharedWith);
      try {
        await withMigrator(
          {
            ...other,
            identity: TEST_IDENTITY,
            lockTimeoutMs: 10_000,
            hooks: { onRefused: (command) => refused.push(command) },
          },
          (migrator) => migrator.up().then(() => migrator.down('all')),
        );
      } finally {
        await other.drop();
      }
      for (const file of await listMigrationFiles(other.domain)) {
        const { waives = {} } = await loadMigration(other.domain, file);
        const found = refused.filter(({ migration, rule }) => migration === file.name && waives[rule] === undefined);
        expect(found).toEqual([]);
      }
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
