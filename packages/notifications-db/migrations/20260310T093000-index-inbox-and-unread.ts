import type { MongoMigration } from '@finova/db-kit/migrations';
import type { Db, IndexDescription } from 'mongodb';

type NamedIndex = IndexDescription & { readonly name: string };

const IN_INBOX = { channel: 'in_app' };
const UNREAD = { unread: true };

const BEFORE: readonly NamedIndex[] = [
  { name: 'inbox', key: { userId: 1, createdAt: -1, _id: -1 }, partialFilterExpression: IN_INBOX },
  { name: 'unread', key: { userId: 1, category: 1, severity: 1 }, partialFilterExpression: UNREAD },
];

const AFTER: readonly NamedIndex[] = [
  { name: 'inbox_page', key: { userId: 1, channel: 1, _id: -1 }, partialFilterExpression: IN_INBOX },
  {
    name: 'unread_counts',
    key: { userId: 1, unread: 1, category: 1, severity: 1 },
    partialFilterExpression: UNREAD,
  },
];

/** Pages the inbox by id alone, which is one range of an index, and counts what is unread without its documents. */
export const migration: MongoMigration = {
  steps: [
    {
      name: 'replace-inbox-and-unread',
      up: (db) => replace(db, BEFORE, AFTER),
      down: (db) => replace(db, AFTER, BEFORE),
    },
  ],
};

/** The new ones first: there is no moment without an index. */
async function replace(db: Db, old: readonly NamedIndex[], next: readonly NamedIndex[]): Promise<void> {
  const notifications = db.collection('notifications');
  await notifications.createIndexes([...next]);
  const live = new Set((await notifications.indexes()).map((index) => index.name));
  for (const { name } of old.filter((index) => live.has(index.name))) {
    await notifications.dropIndex(name);
  }
}
