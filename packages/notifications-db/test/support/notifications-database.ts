import { join } from 'node:path';
import { readDomain } from '@finova/db-kit/migrations';
import { createMongoClient } from '@finova/db-kit/mongodb';
import { createMongoTestDatabase, testMongoUrl } from '@finova/db-kit/testing';
import type { Db } from 'mongodb';

const FOLDER = join(import.meta.dirname, '..', '..');

/** A migrated database of one test file. */
export interface NotificationsDatabase {
  readonly db: Db;
  /** Deletes all documents; the collections stay. */
  empty(): Promise<void>;
  close(): Promise<void>;
}

export async function openNotificationsDatabase(): Promise<NotificationsDatabase> {
  const database = await createMongoTestDatabase(testMongoUrl(), await readDomain(FOLDER));
  const client = createMongoClient({ url: database.url, applicationName: 'finova tests' });
  const db = client.db(database.databaseName);
  return {
    db,
    async empty() {
      for (const name of ['notifications', 'notification_settings', 'recipients', 'notification_counters']) {
        await db.collection(name).deleteMany({});
      }
    },
    async close() {
      await client.close();
      await database.drop();
    },
  };
}
