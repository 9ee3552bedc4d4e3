import { newId } from '@finova/db-kit';
import { typedCollection } from '@finova/db-kit/mongodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type NotificationsDatabase, openNotificationsDatabase } from '../../test/support/notifications-database.ts';
import { InvalidNotificationInputError } from '../errors.ts';
import type { NewNotification } from '../input.ts';
import type { Notification } from '../notification.ts';
import { notifications } from '../schema/notifications.ts';
import { DigestRepository } from './digest-repository.ts';
import { NotificationRepository } from './notification-repository.ts';

/** A century: the tests' days are past, and what has expired by the server's own clock it deletes once a minute. */
const RETENTION_DAYS = 36_500;

describe('DigestRepository', () => {
  let database: NotificationsDatabase;
  let queue: NotificationRepository;
  let digests: DigestRepository;
  let now: Date;
  let userId: string;

  beforeAll(async () => {
    database = await openNotificationsDatabase();
    queue = new NotificationRepository(database.db, { clock: () => now });
    digests = new DigestRepository(database.db, { clock: () => now, retentionDays: RETENTION_DAYS });
  });
  afterAll(() => database.close());
  beforeEach(async () => {
    await database.empty();
    now = new Date('2026-03-04T09:00:00Z');
    userId = newId();
  });

  const vienna = { every: 'daily', timeZone: 'Europe/Vienna' } as const;
  const input = (change: Partial<NewNotification> = {}): NewNotification => ({
    userId,
    eventId: newId(),
    channel: 'email',
    category: 'payments',
    severity: 'notice',
    title: 'Payment received',
    body: 'Jonas Weber sent you 12.50 EUR.',
    digest: vienna,
    ...change,
  });
  const at = (moment: string) => {
    now = new Date(moment);
  };
  const due = () => digests.due({ channel: 'email', limit: 10 });
  const compose = (told: readonly Notification[]) => ({ title: `${told.length} things happened`, body: '' });
  const lease = () => queue.lease({ channel: 'email', owner: 'mailer-1', limit: 10, leaseMs: 60_000 });

  it('is due when the local day is over, for each customer and day by itself', async () => {
    await queue.enqueueMany([input(), input({ severity: 'warning' })]);
    // The next day in Vienna, and still the same in New York.
    at('2026-03-04T23:30:00Z');
    const other = newId();
    await queue.enqueueMany([input(), input({ userId: other, digest: { ...vienna, timeZone: 'America/New_York' } })]);
    expect(await due()).toEqual([
      {
        userId,
        channel: 'email',
        every: 'daily',
        period: '2026-03-04',
        dueAt: new Date('2026-03-04T23:00:00Z'),
        count: 2,
        categories: ['payments'],
        severities: expect.arrayContaining(['notice', 'warning']),
      },
    ]);
    at('2026-03-05T05:00:00Z');
    expect(await due()).toMatchObject([
      { userId, period: '2026-03-04' },
      { userId: other, period: '2026-03-04', dueAt: new Date('2026-03-05T05:00:00Z') },
    ]);
    at('2026-03-05T23:00:00Z');
    expect((await due()).map(({ period }) => period)).toEqual(['2026-03-04', '2026-03-04', '2026-03-05']);
  });

  it('becomes one notification, and what it tells is settled and expires', async () => {
    await queue.enqueueMany([input(), input({ category: 'cards', severity: 'warning' }), input({ channel: 'push' })]);
    expect(await lease()).toEqual([]);
    at('2026-03-05T09:00:00Z');
    const [digest] = await due();
    const queued = digest && (await digests.queue(digest, compose));
    expect(queued).toMatchObject({
      title: '2 things happened',
      category: 'cards',
      severity: 'warning',
      status: 'queued',
    });
    expect(await due()).toEqual([]);
    const told = await typedCollection(database.db, notifications).find({ status: 'digested' }).toArray();
    expect(told).toHaveLength(2);
    for (const one of told) {
      expect(one).toMatchObject({
        digestId: queued?.id,
        expiresAt: new Date(now.getTime() + RETENTION_DAYS * 86_400_000),
      });
      expect(one).not.toHaveProperty('digestAt');
    }
    expect((await lease()).map(({ id }) => id)).toEqual([queued?.id]);
  });

  it('is queued once, of many workers at once', async () => {
    await queue.enqueueMany([input(), input()]);
    at('2026-03-05T09:00:00Z');
    const [digest] = await due();
    const queued = await Promise.all(Array.from({ length: 6 }, () => digest && digests.queue(digest, compose)));
    expect(queued.filter((one) => one !== undefined)).toHaveLength(1);
    expect(await lease()).toHaveLength(1);
  });

  it('tells what came too late for it in another one', async () => {
    await queue.enqueue(input());
    at('2026-03-05T09:00:00Z');
    const [digest] = await due();
    await (digest && digests.queue(digest, compose));
    // Of a worker whose clock is late.
    at('2026-03-04T22:59:00Z');
    await queue.enqueue(input());
    at('2026-03-05T09:00:00Z');
    const [second] = await due();
    expect(second).toMatchObject({ period: '2026-03-04', count: 1 });
    expect(second && (await digests.queue(second, compose))).toMatchObject({ title: '1 things happened' });
  });

  it('changes nothing when what it says cannot be stored', async () => {
    await queue.enqueue(input());
    at('2026-03-05T09:00:00Z');
    const [digest] = await due();
    const queuing = digest && digests.queue(digest, () => ({ title: '', body: '' }));
    await expect(queuing).rejects.toThrow(InvalidNotificationInputError);
    expect(await due()).toHaveLength(1);
  });

  it('can be left again by what is cancelled', async () => {
    const { notification } = await queue.enqueue(input());
    expect(await queue.cancel(userId, notification.id)).toBe(true);
    at('2026-03-05T09:00:00Z');
    expect(await due()).toEqual([]);
  });

  it.each([
    ['the inbox, which shows everything at once', { channel: 'in_app' }],
    ['a required notice, which nobody may delay', { category: 'security' }],
    ['a zone that does not exist', { digest: { every: 'daily', timeZone: 'Europe/Atlantis' } }],
  ] as const)('is refused for %s', async (_, change) => {
    await expect(queue.enqueue(input(change))).rejects.toThrow(InvalidNotificationInputError);
    await expect(queue.enqueue(input(change))).rejects.toThrow('digest');
  });
});
