import type { MongoMigration } from '@finova/db-kit/migrations';
import { EITHER, SCHEMA_1, toVersion1 } from './frozen/user-preferences-2.ts';

const COLLECTION = 'user_preferences';

/**
 * Allows documents of version 2 beside those of version 1: motion and contrast that follow the device, languages to fall
 * back on, tombstones. From here on services can be brought to version 2 one after the other; those of version 1 go on
 * writing theirs, and do not know what a document of version 2 says. The next migration is for when they are gone.
 */
export const migration: MongoMigration = {
  lossy:
    'Languages to fall back on are dropped, "full" motion and "less" contrast become the default, and erased customers become customers with defaults',
  steps: [
    {
      name: 'widen-user-preferences',
      async up(_, context) {
        await context.replaceValidator(COLLECTION, EITHER);
      },
      async down(_, context) {
        await context.backfill({ collection: COLLECTION, filter: { schemaVersion: 2 }, change: toVersion1 });
        await context.replaceValidator(COLLECTION, { $jsonSchema: SCHEMA_1 });
      },
    },
  ],
};
