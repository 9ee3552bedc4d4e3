import { join } from 'node:path';
import { newId } from '@finova/db-kit';
import { readDomain } from '@finova/db-kit/migrations';
import { createMongoClient } from '@finova/db-kit/mongodb';
import { createMongoTestDatabase, type MongoTestDatabase, testMongoUrl } from '@finova/db-kit/testing';
import type { MongoClient } from 'mongodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { InvalidNotificationInputError, LeaseLostError } from '../errors.ts';
import type { NewNotification } from '../input.ts';
import { type LeasedNotification, NotificationRepository } from './notification-repository.ts';

/** A century: the tests' days are past, and what has expired by the server's own clock it deletes once a minute. */
const RETENTION_DAYS = 36_500;

const MINUTE_MS = 60_000;

describe('NotificationRepository', () => {
  let database: MongoTestDatabase;
  let client: MongoClient;
  let queue: NotificationRepository;
  let now: Date;

  beforeAll(async () => {
    database = await createMongoTestDatabase(testMongoUrl(), await readDomain(join(import.meta.dirname, '../..')));
    client = createMongoClient({ url: database.url, applicationName: 'finova tests' });
  });
  afterAll(async () => {
    await client.close();
    await database.drop();
  });
  beforeEach(async () => {
    await client.db(database.databaseName).collection('notifications').deleteMany({});
    now = new Date('2026-03-04T09:00:00Z');
    queue = new NotificationRepository(client.db(database.databaseName), {
      clock: () => now,
      random: () => 1,
      retentionDays: RETENTION_DAYS,
      retry: { maxAttempts: 3, firstDelayMs: MINUTE_MS, maxDelayMs: 60 * MINUTE_MS },
    });
  });

  const input = (change: Partial<NewNotification> = {}): NewNotification => ({
    userId: newId(),
    eventId: newId(),
    channel: 'email',
    category: 'payments',
    severity: 'notice',
    title: 'Payment received',
    body: 'Jonas Weber sent you 12.50 EUR.',
    amount: { amountMinor: 1_250n, currency: 'EUR' },
    ...change,
  });
  const wait = (durationMs: number) => {
    now = new Date(now.getTime() + durationMs);
  };
  const lease = (owner = 'mailer-1', limit = 10) => queue.lease({ channel: 'email', owner, limit, leaseMs: MINUTE_MS });
  const leaseOne = async (owner?: string): Promise<LeasedNotification> => {
    const [leased] = await lease(owner, 1);
    if (leased === undefined) {
      throw new Error('Nothing was due');
    }
    return leased;
  };
  const stored = (id: string) =>
    client
      .db(database.databaseName)
      .collection<{ _id: string }>('notifications')
      .findOne({ _id: id }, { useBigInt64: true });

  describe('enqueue', () => {
    it('queues a notification, with money as a 64-bit integer', async () => {
      const { notification, added } = await queue.enqueue(input());
      expect(added).toBe(true);
      expect(await stored(notification.id)).toMatchObject({
        status: 'queued',
        attempts: 0,
        nextAttemptAt: now,
        amount: { amountMinor: 1_250n, currency: 'EUR' },
      });
    });

    it('stores an event once per customer and channel, however often it comes', async () => {
      const once = input();
      const outcomes = await Promise.all(Array.from({ length: 10 }, () => queue.enqueue(once)));
      expect(outcomes.filter(({ added }) => added)).toHaveLength(1);
      expect(new Set(outcomes.map(({ notification }) => notification.id)).size).toBe(1);
      expect((await queue.enqueue({ ...once, channel: 'push' })).added).toBe(true);
    });

    it.each([
      ['an amount that is a number', { amount: { amountMinor: 12, currency: 'EUR' } }, 'amount.amountMinor'],
      ['an empty title', { title: '' }, 'title'],
      ['an unknown category', { category: 'weather' }, 'category'],
      ['a data key with a dollar', { data: { $where: '1' } }, 'data'],
    ])('refuses %s and names the field', async (_, change, field) => {
      const enqueuing = queue.enqueue(input(change as object));
      await expect(enqueuing).rejects.toThrow(InvalidNotificationInputError);
      await expect(enqueuing).rejects.toThrow(field);
    });
  });

  describe('lease', () => {
    it('takes what is due on the channel, longest due first', async () => {
      const late = await queue.enqueue(input());
      wait(-1_000);
      const early = await queue.enqueue(input());
      await queue.enqueue(input({ channel: 'sms' }));
      wait(1_000);
      await queue.enqueue(input({ notBefore: new Date(now.getTime() + 1) }));
      const leased = await lease();
      expect(leased.map(({ id }) => id)).toEqual([early.notification.id, late.notification.id]);
      expect(leased[0]).toMatchObject({
        status: 'leased',
        leaseOwner: 'mailer-1',
        attempts: 1,
        leasedUntil: new Date(now.getTime() + MINUTE_MS),
      });
    });

    it('never gives one notification to two workers', async () => {
      await Promise.all(Array.from({ length: 60 }, () => queue.enqueue(input())));
      const batches = await Promise.all(
        Array.from({ length: 8 }, async (_, worker) => {
          const own: string[] = [];
          for (let batch = await lease(`w${worker}`, 4); batch.length > 0; batch = await lease(`w${worker}`, 4)) {
            own.push(...batch.map(({ id }) => id));
          }
          return own;
        }),
      );
      const ids = batches.flat();
      expect(ids).toHaveLength(60);
      expect(new Set(ids).size).toBe(60);
      expect(batches.filter((batch) => batch.length > 0).length).toBeGreaterThan(1);
    });

    it('leaves a leased notification alone until its lease runs out, then gives it to another', async () => {
      await queue.enqueue(input());
      await leaseOne('mailer-1');
      wait(MINUTE_MS - 1);
      expect(await lease('mailer-2')).toEqual([]);
      wait(1);
      expect(await leaseOne('mailer-2')).toMatchObject({ leaseOwner: 'mailer-2', attempts: 2 });
    });

    it('gives up what kills every worker that takes it', async () => {
      const { notification } = await queue.enqueue(input());
      for (const _ of [1, 2, 3]) {
        await leaseOne();
        wait(MINUTE_MS);
      }
      expect(await lease()).toEqual([]);
      expect(await stored(notification.id)).toMatchObject({ status: 'dead', attempts: 3 });
    });
  });

  describe('outcomes', () => {
    it('records a delivery, and only then lets the notification expire', async () => {
      const { notification } = await queue.enqueue(input());
      const sent = await queue.markSent(await leaseOne());
      expect(sent).toMatchObject({ id: notification.id, status: 'sent', sentAt: now });
      expect(sent.expiresAt).toEqual(new Date(now.getTime() + RETENTION_DAYS * 24 * 60 * MINUTE_MS));
      expect(sent).not.toHaveProperty('leaseOwner');
      wait(60 * MINUTE_MS);
      expect(await lease()).toEqual([]);
    });

    it('tries a failed delivery again, each time later, and gives up after the last', async () => {
      await queue.enqueue(input());
      expect(await queue.markFailed(await leaseOne(), { reason: 'Mail server busy' })).toMatchObject({
        status: 'failed',
        lastError: 'Mail server busy',
        nextAttemptAt: new Date(now.getTime() + MINUTE_MS),
      });
      expect(await lease()).toEqual([]);
      wait(MINUTE_MS);
      const second = await queue.markFailed(await leaseOne(), { reason: 'Mail server busy' });
      expect(second.nextAttemptAt).toEqual(new Date(now.getTime() + 2 * MINUTE_MS));
      expect(second).not.toHaveProperty('expiresAt');
      wait(2 * MINUTE_MS);
      const third = await queue.markFailed(await leaseOne(), { reason: 'x'.repeat(600) });
      expect(third).toMatchObject({ status: 'dead', attempts: 3, lastError: 'x'.repeat(500) });
      expect(third.expiresAt).toBeInstanceOf(Date);
      expect(third).not.toHaveProperty('nextAttemptAt');
    });

    it('gives up at once when trying again is pointless', async () => {
      await queue.enqueue(input());
      const leased = await leaseOne();
      expect(await queue.markFailed(leased, { reason: 'No such mailbox', permanent: true })).toMatchObject({
        status: 'dead',
        attempts: 1,
      });
    });

    it('refuses the outcome of a lease that passed on, even to the same worker', async () => {
      await queue.enqueue(input());
      const first = await leaseOne();
      wait(MINUTE_MS);
      const second = await leaseOne();
      await expect(queue.markSent(first)).rejects.toThrow(LeaseLostError);
      await expect(queue.markFailed(first, { reason: 'late' })).rejects.toThrow(LeaseLostError);
      await expect(queue.markSent(second)).resolves.toMatchObject({ status: 'sent' });
      await expect(queue.markSent(second)).rejects.toThrow(LeaseLostError);
    });
  });

  it('cancels what waits, and nothing else', async () => {
    const { notification } = await queue.enqueue(input());
    expect(await queue.cancel(newId(), notification.id)).toBe(false);
    expect(await queue.cancel(notification.userId, notification.id)).toBe(true);
    expect(await queue.cancel(notification.userId, notification.id)).toBe(false);
    expect(await lease()).toEqual([]);
    await queue.enqueue(input());
    const leased = await leaseOne();
    expect(await queue.cancel(leased.userId, leased.id)).toBe(false);
  });
});
