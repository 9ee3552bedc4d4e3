import { newId } from '@finova/db-kit';
import { typedCollection } from '@finova/db-kit/mongodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type NotificationsDatabase, openNotificationsDatabase } from '../../test/support/notifications-database.ts';
import { InvalidNotificationInputError } from '../errors.ts';
import type { NewNotification } from '../input.ts';
import { notificationCounters } from '../schema/notification-counters.ts';
import { notifications } from '../schema/notifications.ts';
import { FunnelRepository } from './funnel-repository.ts';
import { InboxRepository } from './inbox-repository.ts';
import { NotificationRepository } from './notification-repository.ts';

describe('FunnelRepository', () => {
  let database: NotificationsDatabase;
  let queue: NotificationRepository;
  let inbox: InboxRepository;
  let funnel: FunnelRepository;
  let now: Date;

  beforeAll(async () => {
    database = await openNotificationsDatabase();
    const options = { clock: () => now, retentionDays: 10 };
    // Kept for longer than counted: the days here are past, and the server deletes by its own clock, once a minute.
    queue = new NotificationRepository(database.db, { ...options, retentionDays: 36_500, random: () => 1 });
    inbox = new InboxRepository(database.db, options);
    funnel = new FunnelRepository(database.db, options);
  });
  afterAll(() => database.close());
  beforeEach(async () => {
    await database.empty();
    now = new Date('2026-03-04T09:00:00Z');
  });

  const enqueue = async (change: Partial<NewNotification> = {}) => {
    const { notification } = await queue.enqueue({
      userId: newId(),
      eventId: newId(),
      channel: 'email',
      category: 'payments',
      severity: 'notice',
      title: 'Payment received',
      body: 'Jonas Weber sent you 12.50 EUR.',
      ...change,
    });
    return notification;
  };
  const lease = () => queue.lease({ channel: 'email', owner: 'mailer-1', limit: 10, leaseMs: 60_000 });
  const nothing = { waiting: 0n, sent: 0n, digested: 0n, dead: 0n, cancelled: 0n, read: 0n, attempts: 0n };
  const day = { from: new Date('2026-03-04T00:00:00Z'), to: new Date('2026-03-05T00:00:00Z'), timeZone: 'UTC' };
  const counters = (timeZone = 'UTC') => funnel.counters({ timeZone, firstDay: '2026-03-01', lastDay: '2026-03-31' });

  /** One of each: sent, given up, cancelled, waiting, and read in the inbox. */
  const fill = async () => {
    await enqueue();
    await enqueue();
    const [sent, dead] = await lease();
    await (sent && queue.markSent(sent));
    await (dead && queue.markFailed(dead, { reason: 'No such mailbox', permanent: true }));
    const { userId, id } = await enqueue();
    await queue.cancel(userId, id);
    await enqueue();
    const seen = await enqueue({ channel: 'in_app', category: 'cards' });
    await inbox.markRead(seen.userId, [seen.id]);
  };

  it('says of each day, channel and category how far the notifications came', async () => {
    await fill();
    now = new Date('2026-03-05T09:00:00Z');
    await enqueue();
    const common = { timeZone: 'UTC', category: 'payments', channel: 'email' };
    expect(await funnel.funnel({ ...day, to: new Date('2026-03-06T00:00:00Z') })).toEqual([
      {
        ...nothing,
        ...common,
        _id: '2026-03-04/email/payments/UTC',
        day: '2026-03-04',
        enqueued: 4n,
        sent: 1n,
        dead: 1n,
        cancelled: 1n,
        waiting: 1n,
        attempts: 2n,
      },
      {
        ...nothing,
        ...common,
        _id: '2026-03-04/in_app/cards/UTC',
        day: '2026-03-04',
        channel: 'in_app',
        category: 'cards',
        enqueued: 1n,
        waiting: 1n,
        read: 1n,
      },
      { ...nothing, ...common, _id: '2026-03-05/email/payments/UTC', day: '2026-03-05', enqueued: 1n, waiting: 1n },
    ]);
  });

  it('cuts days where the time zone does', async () => {
    now = new Date('2026-03-04T23:30:00Z');
    await enqueue();
    const request = { from: new Date('2026-03-04T23:00:00Z'), to: new Date('2026-03-05T23:00:00Z') };
    expect(await funnel.funnel({ ...request, timeZone: 'Europe/Vienna' })).toMatchObject([{ day: '2026-03-05' }]);
    expect(await funnel.funnel({ ...request, timeZone: 'America/New_York' })).toMatchObject([{ day: '2026-03-04' }]);
  });

  it('counts a day into counters, and again to the same', async () => {
    await fill();
    const counted = await funnel.funnel(day);
    await funnel.count(day);
    expect(await counters()).toEqual(counted);
    await funnel.count(day);
    expect(await counters()).toEqual(counted);
    expect(await counters('Europe/Vienna')).toEqual([]);
  });

  it('counts anew what has come further, and leaves other days alone', async () => {
    await enqueue();
    await funnel.count(day);
    now = new Date('2026-03-05T09:00:00Z');
    const [leased] = await lease();
    await (leased && queue.markSent(leased));
    await enqueue();
    await funnel.count({ ...day, from: day.to, to: new Date('2026-03-06T00:00:00Z') });
    expect(await counters()).toMatchObject([
      { day: '2026-03-04', waiting: 1n },
      { day: '2026-03-05', waiting: 1n },
    ]);
    await funnel.count(day);
    expect(await counters()).toMatchObject([
      { day: '2026-03-04', waiting: 0n, sent: 1n, attempts: 1n },
      { day: '2026-03-05', waiting: 1n },
    ]);
  });

  it('keeps the counters when the notifications have expired', async () => {
    await fill();
    await funnel.count(day);
    const before = await counters();
    await typedCollection(database.db, notifications).deleteMany({ expiresAt: { $exists: true } });
    expect(await counters()).toEqual(before);
  });

  it('writes counters that their validator takes', async () => {
    await fill();
    await funnel.count(day);
    const [counter] = await typedCollection(database.db, notificationCounters).find().toArray();
    expect(notificationCounters.schema.safeParse(counter).error).toBeUndefined();
    const touching = typedCollection(database.db, notificationCounters).updateMany({}, { $set: { countedAt: now } });
    await expect(touching).resolves.toMatchObject({ acknowledged: true });
  });

  it.each([
    ['a part of a day', { from: new Date('2026-03-04T01:00:00Z') }, 'from: expected the beginning'],
    ['days of another zone', { timeZone: 'Europe/Vienna' }, 'to: expected the beginning'],
    ['days whose notifications may have expired', { from: new Date('2026-02-01T00:00:00Z') }, 'has expired'],
    ['an end before the beginning', { to: new Date('2026-03-03T00:00:00Z') }, 'to: expected a moment after'],
    ['a zone that does not exist', { timeZone: 'Europe/Atlantis' }, 'timeZone'],
  ])('does not count %s', async (_, change, message) => {
    const counting = funnel.count({ ...day, ...change });
    await expect(counting).rejects.toThrow(InvalidNotificationInputError);
    await expect(counting).rejects.toThrow(message);
    expect(await counters()).toEqual([]);
  });
});
