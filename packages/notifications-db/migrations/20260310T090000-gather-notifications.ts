import type { MongoMigration } from '@finova/db-kit/migrations';
import { VALIDATOR_WITH_DIGESTS, VALIDATOR_WITHOUT_DIGESTS } from './frozen/notifications-validators.ts';

const COLLECTION = 'notifications';

const INDEXES = [
  {
    name: 'digests',
    key: { channel: 1, digestAt: 1, userId: 1 },
    partialFilterExpression: { digestAt: { $exists: true } },
  },
  { name: 'created_at', key: { createdAt: 1 } },
];

/** Lets notifications wait for a digest, and remember when they were due before quiet hours held them back. */
export const migration: MongoMigration = {
  lossy: 'What waits for a digest is sent by itself, and what a digest told looks cancelled',
  waives: { 'validator-before-backfill': 'It allows all that the one before it allowed' },
  steps: [
    {
      // It allows more than before and forbids nothing, so that no stored document can stand against it.
      name: 'widen-the-validator',
      async up(db) {
        await db.command({ collMod: COLLECTION, validator: VALIDATOR_WITH_DIGESTS });
      },
      async down(db) {
        const notifications = db.collection(COLLECTION);
        await notifications.updateMany({ status: 'gathered' }, [
          { $set: { status: 'queued', nextAttemptAt: '$digestAt' } },
          { $unset: ['digest', 'digestAt'] },
        ]);
        await notifications.updateMany(
          { digest: { $exists: true } },
          { $set: { status: 'cancelled' }, $unset: { digest: true, digestId: true } },
        );
        await notifications.updateMany({ deferredFrom: { $exists: true } }, { $unset: { deferredFrom: true } });
        await db.command({ collMod: COLLECTION, validator: VALIDATOR_WITHOUT_DIGESTS });
      },
    },
    {
      name: 'index-digests-and-days',
      async up(db) {
        await db.collection(COLLECTION).createIndexes([...INDEXES]);
      },
      async down(db) {
        const live = new Set((await db.collection(COLLECTION).indexes()).map((index) => index.name));
        for (const index of INDEXES.filter((candidate) => live.has(candidate.name))) {
          await db.collection(COLLECTION).dropIndex(index.name);
        }
      },
    },
  ],
};
