import type { MongoMigrationStep } from '@finova/db-kit/migrations';
import type { Db, Document, IndexDescription } from 'mongodb';

/** A collection as one migration creates it. */
export interface FrozenCollection {
  readonly name: string;
  readonly validator: Document;
  readonly indexes: readonly (IndexDescription & { readonly name: string })[];
}

/**
 * Two steps: the collection with its validator, then its indexes. Each leaves the same result when a crash makes it
 * run twice.
 */
export function collectionSteps({
  name,
  validator,
  indexes,
}: FrozenCollection): readonly [MongoMigrationStep, MongoMigrationStep] {
  return [
    {
      name: `create-${name.replaceAll('_', '-')}`,
      async up(db) {
        const options = { validator, validationLevel: 'strict', validationAction: 'error' } as const;
        if (await exists(db, name)) {
          await db.command({ collMod: name, ...options });
        } else {
          await db.createCollection(name, options);
        }
      },
      async down(db) {
        if (await exists(db, name)) {
          await db.dropCollection(name);
        }
      },
    },
    {
      name: `index-${name.replaceAll('_', '-')}`,
      async up(db) {
        await db.collection(name).createIndexes([...indexes]);
      },
      async down(db) {
        if (!(await exists(db, name))) {
          return;
        }
        const live = new Set((await db.collection(name).indexes()).map((index) => index.name));
        for (const index of indexes.filter((candidate) => live.has(candidate.name))) {
          await db.collection(name).dropIndex(index.name);
        }
      },
    },
  ];
}

async function exists(db: Db, name: string): Promise<boolean> {
  return (await db.listCollections({ name }, { nameOnly: true }).toArray()).length > 0;
}
