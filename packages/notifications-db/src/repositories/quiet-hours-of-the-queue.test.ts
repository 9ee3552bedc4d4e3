import { newId } from '@finova/db-kit';
import { typedCollection } from '@finova/db-kit/mongodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type NotificationsDatabase, openNotificationsDatabase } from '../../test/support/notifications-database.ts';
import type { NewNotification } from '../input.ts';
import { notificationSettings } from '../schema/notification-settings.ts';
import { notifications } from '../schema/notifications.ts';
import { type LeasedNotification, NotificationRepository } from './notification-repository.ts';
import { NotificationSettingsRepository } from './notification-settings-repository.ts';

const MINUTE_MS = 60_000;

describe('quiet hours of the queue', () => {
  let database: NotificationsDatabase;
  let queue: NotificationRepository;
  let settings: NotificationSettingsRepository;
  let now: Date;
  let userId: string;

  beforeAll(async () => {
    database = await openNotificationsDatabase();
    queue = new NotificationRepository(database.db, { clock: () => now, random: () => 1 });
    settings = new NotificationSettingsRepository(database.db);
  });
  afterAll(() => database.close());
  beforeEach(async () => {
    await database.empty();
    userId = newId();
    at('2026-03-28T22:30:00Z');
    await settings.put({ userId, scope: 'global' }, { channels: {}, quietHours: night });
  });

  const night = { start: '22:00', end: '07:00', timeZone: 'Europe/Vienna' };
  /** Summer time begins in this night. */
  const morning = new Date('2026-03-29T05:00:00Z');
  const at = (moment: string | Date) => {
    now = new Date(moment);
  };
  const enqueue = async (change: Partial<NewNotification> = {}) => {
    const { notification } = await queue.enqueue({
      userId,
      eventId: newId(),
      channel: 'push',
      category: 'payments',
      severity: 'critical',
      title: 'Payment received',
      body: 'Jonas Weber sent you 12.50 EUR.',
      ...change,
    });
    return notification.id;
  };
  const lease = (channel: NewNotification['channel'] = 'push', limit = 10) =>
    queue.lease({ channel, owner: 'pusher-1', limit, leaseMs: MINUTE_MS });
  const idsOf = (leased: readonly LeasedNotification[]) => leased.map(({ id }) => id);
  const stored = (id: string) => typedCollection(database.db, notifications).findOne({ _id: id });

  it('hold a notification back until they end, and cost it no attempt', async () => {
    const id = await enqueue();
    expect(await lease()).toEqual([]);
    expect(await stored(id)).toMatchObject({
      status: 'queued',
      attempts: 0,
      nextAttemptAt: morning,
      deferredFrom: now,
    });
    expect(await stored(id)).not.toHaveProperty('leaseOwner');
    at(new Date(morning.getTime() - 1));
    expect(await lease()).toEqual([]);
    at(morning);
    expect(await lease()).toMatchObject([{ id, attempts: 1 }]);
  });

  it('let nobody else wait behind it', async () => {
    for (let index = 0; index < 5; index++) {
      await enqueue();
    }
    at('2026-03-28T22:31:00Z');
    const other = await enqueue({ userId: newId() });
    expect(idsOf(await lease('push', 2))).toEqual([other]);
  });

  it('hold back neither required notices nor the inbox', async () => {
    const required = await enqueue({ channel: 'email', category: 'security' });
    const inbox = await enqueue({ channel: 'in_app' });
    expect(idsOf(await lease('email'))).toEqual([required]);
    expect(idsOf(await lease('in_app'))).toEqual([inbox]);
  });

  it('hold back a retry too, which stays one', async () => {
    at('2026-03-28T20:59:30Z');
    const id = await enqueue();
    const [leased] = await lease();
    await (leased && queue.markFailed(leased, { reason: 'Push service busy' }));
    at('2026-03-28T21:30:00Z');
    expect(await lease()).toEqual([]);
    expect(await stored(id)).toMatchObject({ status: 'failed', attempts: 1, nextAttemptAt: morning });
  });

  it('never bring forward what is to go later', async () => {
    const later = new Date('2026-03-29T10:00:00Z');
    const id = await enqueue({ notBefore: later });
    await lease();
    expect(await stored(id)).toMatchObject({ nextAttemptAt: later });
    await queue.reconsiderDeferred(userId);
    expect(await stored(id)).toMatchObject({ nextAttemptAt: later });
  });

  it('of a customer who moves west while it waits go on there', async () => {
    const id = await enqueue();
    await lease();
    await settings.put(
      { userId, scope: 'global' },
      { channels: {}, quietHours: { ...night, timeZone: 'America/New_York' } },
    );
    at(morning);
    expect(await lease()).toEqual([]);
    expect(await stored(id)).toMatchObject({ nextAttemptAt: new Date('2026-03-29T11:00:00Z') });
  });

  it('of a customer who moves east while it waits end when it is looked at anew', async () => {
    const id = await enqueue();
    await lease();
    await settings.put({ userId, scope: 'global' }, { channels: {}, quietHours: { ...night, timeZone: 'Asia/Tokyo' } });
    at('2026-03-28T22:45:00Z');
    expect(await lease()).toEqual([]);
    expect(await queue.reconsiderDeferred(userId)).toBe(1);
    expect(idsOf(await lease())).toEqual([id]);
  });

  it('are looked at anew only where they hold back', async () => {
    await enqueue();
    await enqueue({ userId: newId() });
    await lease();
    expect(await queue.reconsiderDeferred(newId())).toBe(0);
    expect(await queue.reconsiderDeferred(userId)).toBe(1);
    expect(await queue.reconsiderDeferred(userId)).toBe(0);
  });

  it('in a zone that nobody here knows do not stop the queue', async () => {
    await typedCollection(database.db, notificationSettings).updateOne(
      { userId },
      { $set: { 'quietHours.timeZone': 'Mars/Olympus_Mons' } },
    );
    const id = await enqueue();
    expect(idsOf(await lease())).toEqual([id]);
  });
});
