import type { MongoMigration } from '@finova/db-kit/migrations';

/** What a growing number of customers asks for: shards, and a view of what all of them consent to. */
export const migration: MongoMigration = {
  steps: [
    {
      name: 'shard-user-preferences',
      async up(_, context) {
        await context.shardCollection('user_preferences', { _id: 'hashed' });
      },
      // Where documents are does not change what they are; MongoDB 7 has no way back.
      async down() {},
    },
    {
      name: 'create-consents-in-force',
      // Made anew: SecantusDB answers collMod of a view with "ok" and changes nothing.
      async up(db) {
        await db.collection('consents_in_force').drop();
        await db.createCollection('consents_in_force', {
          viewOn: 'user_preferences',
          pipeline: [
            { $unwind: '$consents' },
            { $group: { _id: { userId: '$_id', purpose: '$consents.purpose' }, consent: { $last: '$consents' } } },
            {
              $project: {
                _id: 0,
                userId: '$_id.userId',
                purpose: '$_id.purpose',
                granted: '$consent.granted',
                decidedAt: '$consent.decidedAt',
                policyVersion: '$consent.policyVersion',
              },
            },
          ],
        });
      },
      async down(db) {
        await db.collection('consents_in_force').drop();
      },
    },
  ],
};
