import { join } from 'node:path';
import { newId } from '@finova/db-kit';
import { readDomain } from '@finova/db-kit/migrations';
import { createMongoClient } from '@finova/db-kit/mongodb';
import { createMongoTestDatabase, type MongoTestDatabase, testMongoUrl } from '@finova/db-kit/testing';
import type { MongoClient } from 'mongodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { NewNotification } from '../input.ts';
import { InboxRepository } from './inbox-repository.ts';
import { NotificationRepository } from './notification-repository.ts';

describe('InboxRepository', () => {
  let database: MongoTestDatabase;
  let client: MongoClient;
  let queue: NotificationRepository;
  let inbox: InboxRepository;
  let now = new Date('2026-03-04T09:00:00Z');
  let userId: string;

  beforeAll(async () => {
    database = await createMongoTestDatabase(testMongoUrl(), await readDomain(join(import.meta.dirname, '../..')));
    client = createMongoClient({ url: database.url, applicationName: 'finova tests' });
    const db = client.db(database.databaseName);
    queue = new NotificationRepository(db, { clock: () => now });
    inbox = new InboxRepository(db, { clock: () => now });
  });
  afterAll(async () => {
    await client.close();
    await database.drop();
  });
  beforeEach(() => {
    userId = newId();
  });

  const wait = (durationMs: number) => {
    now = new Date(now.getTime() + durationMs);
  };
  const receive = async (change: Partial<NewNotification> = {}) => {
    const { notification } = await queue.enqueue({
      userId,
      eventId: newId(),
      channel: 'in_app',
      category: 'payments',
      severity: 'notice',
      title: 'Payment received',
      body: 'Jonas Weber sent you 12.50 EUR.',
      ...change,
    });
    return notification;
  };
  const stored = (id: string) =>
    client.db(database.databaseName).collection<{ _id: string }>('notifications').findOne({ _id: id });

  it('pages through everything once, newest first, also what came in one millisecond', async () => {
    const received: string[] = [];
    for (let index = 0; index < 25; index++) {
      received.push((await receive()).id);
      wait(index % 3 === 0 ? 1 : 0);
    }
    await receive({ channel: 'email' });
    await receive({ userId: newId() });
    const seen: string[] = [];
    let after: Parameters<InboxRepository['page']>[1]['after'];
    do {
      const page = await inbox.page(userId, { limit: 10, after });
      seen.push(...page.notifications.map(({ id }) => id));
      after = page.next;
      // What arrives while somebody reads must not shift the pages.
      wait(1);
      await receive();
    } while (after !== undefined);
    expect(seen).toEqual(received.toReversed());
  });

  it('does not show what was cancelled', async () => {
    const { id } = await receive();
    await queue.cancel(userId, id);
    expect(await inbox.page(userId, { limit: 10 })).toEqual({ notifications: [], next: undefined });
    expect(await inbox.unreadCounts(userId)).toEqual({ total: 0, byCategory: {}, bySeverity: {}, groups: [] });
  });

  it('counts unread notifications by category and severity', async () => {
    await receive();
    await receive();
    await receive({ category: 'security', severity: 'critical' });
    await receive({ channel: 'email' });
    const { groups, ...sums } = await inbox.unreadCounts(userId);
    expect(sums).toEqual({
      total: 3,
      byCategory: { payments: 2, security: 1 },
      bySeverity: { notice: 2, critical: 1 },
    });
    expect(groups).toHaveLength(2);
    expect(groups).toContainEqual({ category: 'payments', severity: 'notice', count: 2 });
  });

  it('marks some as read, once, and only of their customer', async () => {
    const first = await receive();
    await receive();
    wait(1_000);
    expect(await inbox.markRead(newId(), [first.id])).toBe(0);
    expect(await inbox.markRead(userId, [first.id])).toBe(1);
    expect(await inbox.markRead(userId, [first.id])).toBe(0);
    expect(await stored(first.id)).toMatchObject({ readAt: now });
    expect(await inbox.unreadCounts(userId)).toMatchObject({ total: 1 });
  });

  it('marks all as read that the customer had received by then', async () => {
    await receive();
    await receive();
    const looking = now;
    wait(1);
    await receive();
    expect(await inbox.markAllRead(userId, looking)).toBe(2);
    expect(await inbox.unreadCounts(userId)).toMatchObject({ total: 1 });
  });

  it('marks those of one category as read', async () => {
    await receive();
    await receive({ category: 'cards' });
    expect(await inbox.markCategoryRead(userId, 'cards', now)).toBe(1);
    expect(await inbox.unreadCounts(userId)).toMatchObject({ total: 1, byCategory: { payments: 1 } });
  });
});
