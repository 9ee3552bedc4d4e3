import { newId } from '@finova/db-kit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type NotificationsDatabase, openNotificationsDatabase } from '../../test/support/notifications-database.ts';
import { InvalidNotificationInputError } from '../errors.ts';
import type { NewNotification } from '../input.ts';
import { ErasureRepository } from './erasure-repository.ts';
import { NotificationRepository } from './notification-repository.ts';

describe('enqueueMany', () => {
  let database: NotificationsDatabase;
  let queue: NotificationRepository;

  beforeAll(async () => {
    database = await openNotificationsDatabase();
    queue = new NotificationRepository(database.db);
  });
  afterAll(() => database.close());
  beforeEach(() => database.empty());

  const input = (change: Partial<NewNotification> = {}): NewNotification => ({
    userId: newId(),
    eventId: newId(),
    channel: 'email',
    category: 'payments',
    severity: 'notice',
    title: 'Payment received',
    body: 'Jonas Weber sent you 12.50 EUR.',
    ...change,
  });
  const inputs = (count: number) => Array.from({ length: count }, () => input());
  const count = () => database.db.collection('notifications').countDocuments();
  const outcomesOf = async (...list: readonly NewNotification[]) =>
    (await queue.enqueueMany(list)).map(({ outcome }) => outcome);

  it('stores nothing for an empty list', async () => {
    expect(await queue.enqueueMany([])).toEqual([]);
  });

  it('says of each, in its place, whether it was added, there already, or of somebody erased', async () => {
    const [known, fresh, ofErased] = [input(), input(), input()];
    await queue.enqueue(known);
    await new ErasureRepository(database.db).erase(ofErased.userId);
    const outcomes = await queue.enqueueMany([ofErased, fresh, known, fresh, { ...known, channel: 'push' }]);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['erased', 'added', 'existing', 'existing', 'added']);
    const stored = await database.db.collection('notifications').findOne({ userId: fresh.userId });
    expect(outcomes[1]).toEqual({ outcome: 'added', notificationId: stored?._id });
    expect(await count()).toBe(3);
  });

  it('adds nothing the second time, over the border of a batch', async () => {
    const list = inputs(250);
    const first = await queue.enqueueMany(list);
    expect(first.every(({ outcome }) => outcome === 'added')).toBe(true);
    expect(await queue.enqueueMany(list)).toEqual(first.map(() => ({ outcome: 'existing' })));
    expect(await count()).toBe(250);
  });

  it('stores each once when several do the same list at once, in other orders', async () => {
    const list = inputs(30);
    const orders = [list, list.toReversed(), [...list.slice(15), ...list.slice(0, 15)], list];
    const outcomes = (await Promise.all(orders.map((order) => outcomesOf(...order)))).flat();
    expect(outcomes.filter((outcome) => outcome === 'added')).toHaveLength(30);
    expect(outcomes.filter((outcome) => outcome === 'existing')).toHaveLength(90);
    expect(await count()).toBe(30);
  });

  it('does not know the one event of another customer for theirs', async () => {
    const one = input();
    await queue.enqueue(one);
    const other = input();
    await queue.enqueue(other);
    // Both pairs are in the lists that are asked for, and neither is stored.
    expect(await outcomesOf({ ...one, eventId: other.eventId }, { ...other, eventId: one.eventId })).toEqual([
      'added',
      'added',
    ]);
  });

  it('stores none of them when one is invalid, and names it', async () => {
    const enqueuing = queue.enqueueMany([input(), input({ title: '' })]);
    await expect(enqueuing).rejects.toThrow(InvalidNotificationInputError);
    await expect(enqueuing).rejects.toThrow('1.title');
    expect(await count()).toBe(0);
  });
});
