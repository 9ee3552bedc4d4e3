import type { MongoMigration } from '@finova/db-kit/migrations';
import { EITHER, SCHEMA_2, toVersion2 } from './frozen/user-preferences-2.ts';

const COLLECTION = 'user_preferences';

/** Brings every document to version 2, and then allows no other. Services that write version 1 must be gone by now. */
export const migration: MongoMigration = {
  steps: [
    {
      // One step: what was written between both is brought to version 2 when it runs again.
      name: 'upgrade-user-preferences',
      async up(_, context) {
        await context.backfill({ collection: COLLECTION, filter: { schemaVersion: 1 }, change: toVersion2 });
        await context.replaceValidator(COLLECTION, { $jsonSchema: SCHEMA_2 });
      },
      // The validator that comes back allows documents of version 2 as well.
      async down(_, context) {
        await context.replaceValidator(COLLECTION, EITHER);
      },
    },
  ],
};
