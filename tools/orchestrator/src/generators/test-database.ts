import type { Tree } from '@nx/devkit';

/** How the tests of a PostgreSQL domain open a migrated database. */
export interface TestDatabaseNames {
  /** `cards-test-database.ts` */
  readonly testDatabaseFile: string;
  /** `CardsTestDatabase` */
  readonly testDatabaseClass: string;
  /** `openCardsTestDatabase` */
  readonly openTestDatabase: string;
}

/** What the domain has for it; not every one is named after its domain. */
export function findTestDatabase(tree: Tree, root: string): TestDatabaseNames | undefined {
  for (const testDatabaseFile of tree.children(`${root}/test`).filter((name) => name.endsWith('-test-database.ts'))) {
    const text = tree.read(`${root}/test/${testDatabaseFile}`, 'utf8') ?? '';
    const [, testDatabaseClass] = /^export interface (\w+TestDatabase) /m.exec(text) ?? [];
    const [, openTestDatabase] = /^export async function (open\w+TestDatabase)\(\)/m.exec(text) ?? [];
    if (testDatabaseClass !== undefined && openTestDatabase !== undefined) {
      return { testDatabaseFile, testDatabaseClass, openTestDatabase };
    }
  }
  return undefined;
}
