import { seedCustomers } from '@finova/accounts-db/seed';
import { typedCollection, withMongoClient } from '@finova/db-kit/mongodb';
import {
  type DomainSeed,
  type SampleTable,
  type SeedContext,
  type SeedCount,
  SeedRefusedError,
} from '@finova/db-kit/seeding';
import type { AnyBulkWriteOperation, Collection, Db } from 'mongodb';
import { notificationSettings, notifications } from '../schema/index.ts';
import { seedNotifications } from './notifications.ts';
import { seedSettings } from './settings.ts';

const SAMPLE_ROWS = 5;

/** Settings and notifications of every seeded customer. */
export const seed: DomainSeed = {
  run: (context) =>
    withDatabase(context, async (db) => {
      const settings = seedSettings(seedCustomers);
      const inbox = seedNotifications(seedCustomers);
      const settingsCollection = typedCollection(db, notificationSettings);
      const notificationsCollection = typedCollection(db, notifications);
      // Both are looked at before either is written to.
      await refuseForeign(settingsCollection, settings, context);
      await refuseForeign(notificationsCollection, inbox, context);
      return [await addMissing(settingsCollection, settings), await addMissing(notificationsCollection, inbox)];
    }),

  sample: (context) =>
    withDatabase(context, async (db): Promise<SampleTable[]> => {
      const settings = await typedCollection(db, notificationSettings)
        .find()
        .sort({ _id: 1 })
        .limit(SAMPLE_ROWS)
        .toArray();
      const inbox = await typedCollection(db, notifications).find().sort({ _id: 1 }).limit(SAMPLE_ROWS).toArray();
      return [
        {
          name: notificationSettings.name,
          columns: ['user', 'scope', 'scope id', 'channels', 'quiet hours'],
          rows: settings.map(({ userId, scope, scopeId, channels, quietHours }) => [
            userId,
            scope,
            scopeId,
            Object.entries(channels)
              .map(([channel, rule]) => `${channel} ${rule?.enabled ? rule.digest : 'off'}`)
              .join(', '),
            quietHours == null ? '' : `${quietHours.start} to ${quietHours.end} ${quietHours.timeZone}`,
          ]),
        },
        {
          name: notifications.name,
          columns: ['user', 'channel', 'category', 'severity', 'title', 'status'],
          rows: inbox.map(({ userId, channel, category, severity, title, status }) => [
            userId,
            channel,
            category,
            severity,
            title,
            status,
          ]),
        },
      ];
    }),
};

async function refuseForeign<Stored extends { _id: string }>(
  collection: Collection<Stored>,
  documents: readonly Stored[],
  context: SeedContext,
): Promise<void> {
  const ids = documents.map(({ _id }) => _id);
  const foreign = (collection as unknown as Collection<{ _id: string }>).countDocuments(
    { _id: { $nin: ids } },
    { limit: 1 },
  );
  if ((await foreign) > 0) {
    throw new SeedRefusedError('notifications-db', `database ${context.namespace}`);
  }
}

async function addMissing<Stored extends { _id: string; userId: string }>(
  collection: Collection<Stored>,
  documents: readonly Stored[],
): Promise<SeedCount> {
  const operations = documents.map(({ _id, userId, ...fields }) => ({
    // With the shard key, which a sharded server needs to insert.
    updateOne: { filter: { _id, userId }, update: { $setOnInsert: fields }, upsert: true },
  }));
  const { upsertedCount } = await collection.bulkWrite(operations as unknown as AnyBulkWriteOperation<Stored>[], {
    ordered: false,
  });
  return { name: collection.collectionName, added: upsertedCount, total: await collection.countDocuments() };
}

function withDatabase<T>({ url, namespace }: SeedContext, use: (db: Db) => Promise<T>): Promise<T> {
  return withMongoClient({ url, applicationName: 'finova seed' }, (client) => use(client.db(namespace)));
}
