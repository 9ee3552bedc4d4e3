import type { MigrationDomain } from '@finova/db-kit/migrations';

/** What the text of a new migration depends on. */
export interface MigrationShape {
  readonly requires?: readonly string[];
  readonly outsideTransaction?: boolean;
}

/** The text of a migration that does nothing yet, in the form of its engine. */
export function renderMigration(
  { engine, namespace }: Pick<MigrationDomain, 'engine' | 'namespace'>,
  shape: MigrationShape,
): string {
  const requires = (shape.requires ?? []).map((id) => `'${id}'`).join(', ');
  const head = requires === '' ? '' : `  requires: [${requires}],\n`;
  return engine === 'postgres'
    ? renderPostgres(namespace, `${head}${shape.outsideTransaction === true ? '  transaction: false,\n' : ''}`)
    : renderMongo(head);
}

function renderPostgres(schema: string, head: string): string {
  return `import type { PostgresMigration } from '@finova/db-kit/migrations';
import { sql } from 'kysely';

/** Say here what changes and why; the statements say how. */
export const migration: PostgresMigration = {
${head}  async up(db) {
    // Every name with its schema: ALTER TABLE ${schema}.… ADD COLUMN …
    await sql\`SELECT 1\`.execute(db);
  },

  // When this loses data, say what: lossy: 'Nicknames are dropped',
  async down(db) {
    await sql\`SELECT 1\`.execute(db);
  },
};
`;
}

function renderMongo(head: string): string {
  return `import type { MongoMigration } from '@finova/db-kit/migrations';

/** Say here what changes and why; the steps say how. */
export const migration: MongoMigration = {
${head}  // When its down loses data, say what: lossy: 'Nicknames are dropped',
  steps: [
    {
      name: 'change-something',
      // A crash may fall between a step and its journal entry: both must leave the same result when they run twice.
      async up(db) {
        await db.command({ ping: 1 });
      },
      async down(db) {
        await db.command({ ping: 1 });
      },
    },
  ],
};
`;
}

/**
 * The text of a migration's own test.
 *
 * @param sharedWith - folders of PostgreSQL domains of the same database, beside the domain's own.
 */
export function renderMigrationTest(name: string, sharedWith: readonly string[]): string {
  const shared = sharedWith.map((folder) => `join(PACKAGE, '..', '${folder}')`).join(', ');
  return `import { join } from 'node:path';
import { describeMigration } from '@finova/db-kit/testing';

const PACKAGE = join(import.meta.dirname, '..', '..');

describeMigration(PACKAGE, '${name}', [${shared}], (database) => {
  database.it('does what it is for', async () => {
    await database.before();
    // Put rows here that it has to deal with.
    await database.up();
    // And look here at what became of them.
  });
});
`;
}
