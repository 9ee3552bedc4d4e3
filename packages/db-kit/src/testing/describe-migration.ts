import { describe, expect, it, onTestFinished } from 'vitest';
import { readDomain } from '../migrations/domain-manifest.ts';
import { listMigrationFiles } from '../migrations/migration-files.ts';
import type { Migrator } from '../migrations/migrator.ts';
import { withMigrator } from '../migrations/with-migrator.ts';
import { type ContractDatabase, openContractDatabase } from './contract-database.ts';
import { TEST_IDENTITY } from './test-identity.ts';

/** What the test of one migration works with; each test has a database of its own. */
export interface MigrationTest {
  it: typeof it;
  /** Migrates to just before the migration, and gives the database. */
  before(): Promise<ContractDatabase>;
  /** Applies the migration. */
  up(): Promise<void>;
  /** Reverts it. */
  down(): Promise<void>;
}

/**
 * Tests one migration: that its `down` brings back the structure before it, and what else `tests` says.
 *
 * @param folder - the domain package: `…/packages/accounts-db`.
 * @param name - `20260301T090000-create-accounts`
 * @param sharedWith - folders of PostgreSQL domains of the same database that this one stands on, in their order.
 * @example
 * describeMigration(PACKAGE, '20261124T090000-add-nickname', [], (database) => { database.it('…', async () => {}); });
 */
export function describeMigration(
  folder: string,
  name: string,
  sharedWith: readonly string[],
  tests: (test: MigrationTest) => void,
): void {
  describe(name, () => {
    let open: ContractDatabase | undefined;
    const migrate = (use: (migrator: Migrator) => Promise<unknown>) => {
      if (open === undefined) {
        throw new Error('Call before() first: it makes the database');
      }
      return withMigrator({ ...open, identity: TEST_IDENTITY, lockTimeoutMs: 10_000 }, use);
    };
    const test: MigrationTest = {
      it,
      before: async () => {
        const database = await openContractDatabase(folder, sharedWith);
        onTestFinished(() => database.drop());
        open = database;
        const names = (await listMigrationFiles(await readDomain(folder))).map((file) => file.name);
        expect(names).toContain(name);
        await migrate((migrator) => migrator.up({ names: names.filter((other) => other < name) }));
        return database;
      },
      up: async () => void (await migrate((migrator) => migrator.up({ names: [name] }))),
      down: async () => void (await migrate((migrator) => migrator.down({ names: [name] }))),
    };
    it('is undone by its down', async () => {
      const database = await test.before();
      const before = await database.structure();
      await test.up();
      await test.down();
      expect(await database.structure()).toEqual(before);
    });
    tests(test);
  });
}
