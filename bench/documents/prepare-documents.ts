import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { newId, TOOL_VERSION } from '@finova/db-kit';
import { readDomain, withMigrator } from '@finova/db-kit/migrations';
import { typedCollection } from '@finova/db-kit/mongodb';
import { CATEGORIES, type NotificationDocument, notifications, SEVERITIES } from '@finova/notifications-db';
import type { Db, MongoClient } from 'mongodb';

const PACKAGE = join(import.meta.dirname, '..', '..', 'packages', 'notifications-db');

/** How many notifications each customer has: the inbox of somebody who has been here for a while. */
export const NOTIFICATIONS_PER_USER = 200;

const INSERT_BATCH = 2_000;

/** A database with notifications of some customers. */
export interface FilledDatabase {
  readonly db: Db;
  readonly userIds: readonly string[];
}

/** Gives `use` a migrated, empty database, which is dropped however `use` ends. */
export async function withMigratedDatabase<T>(
  client: MongoClient,
  url: string,
  use: (db: Db) => Promise<T>,
): Promise<T> {
  const namespace = `finova_bench_${randomUUID().replaceAll('-', '')}`;
  const domain = { ...(await readDomain(PACKAGE)), namespace };
  const identity = { actor: 'bench', host: hostname(), pid: process.pid, gitCommit: null, toolVersion: TOOL_VERSION };
  try {
    await withMigrator({ domain, url, identity, lockTimeoutMs: 10_000 }, (migrator) => migrator.up());
    return await use(client.db(namespace));
  } finally {
    await client.db(namespace).dropDatabase();
  }
}

/**
 * Fills inboxes, {@link NOTIFICATIONS_PER_USER} each, half of them unread. The customers take turns, as they do in life:
 * what belongs to one lies far apart.
 */
export async function fillInboxes(db: Db, count: number): Promise<FilledDatabase> {
  const perUser = Math.min(count, NOTIFICATIONS_PER_USER);
  const userIds = Array.from({ length: Math.ceil(count / perUser) }, () => newId());
  const collection = typedCollection(db, notifications);
  let batch: NotificationDocument[] = [];
  for (let index = 0; index < count; index++) {
    batch.push(inboxDocument(userIds[index % userIds.length] ?? '', index));
    if (batch.length === INSERT_BATCH || index === count - 1) {
      await collection.insertMany(batch, { ordered: false });
      batch = [];
    }
  }
  return { db, userIds };
}

function inboxDocument(userId: string, index: number): NotificationDocument {
  const createdAt = new Date(Date.UTC(2026, 0, 1) + index * 1_000);
  return {
    _id: newId(),
    userId,
    eventId: newId(),
    channel: 'in_app',
    category: CATEGORIES[index % CATEGORIES.length] ?? 'payments',
    severity: SEVERITIES[index % SEVERITIES.length] ?? 'notice',
    title: 'Payment received',
    body: 'Jonas Weber sent you 12.50 EUR.',
    data: { accountId: newId() },
    amount: { amountMinor: BigInt(index), currency: 'EUR' },
    status: 'sent',
    attempts: 1,
    sentAt: createdAt,
    expiresAt: new Date('2099-01-01T00:00:00Z'),
    // By whole turns of the customers, so that everybody has both.
    ...(Math.floor(index / 2) % 2 === 0 ? { unread: true as const } : { readAt: createdAt }),
    schemaVersion: 1,
    createdAt,
    updatedAt: createdAt,
  };
}
