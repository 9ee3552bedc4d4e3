import { join } from 'node:path';
import { withMongoClient } from '@finova/db-kit/mongodb';
import { describeMigration } from '@finova/db-kit/testing';
import type { Collection } from 'mongodb';
import { expect } from 'vitest';
import { validNotification } from './valid-documents.ts';

const PACKAGE = join(import.meta.dirname, '..');
const NOW = new Date('2026-03-05T00:00:00Z');

describeMigration(PACKAGE, '20260310T090000-gather-notifications', [], (test) => {
  const withNotifications = async <T>(
    database: Awaited<ReturnType<typeof test.before>>,
    use: (notifications: Collection<{ _id: string }>) => Promise<T>,
  ) =>
    withMongoClient({ url: database.url, applicationName: 'finova tests' }, (client) =>
      use(client.db(database.domain.namespace).collection('notifications')),
    );

  test.it('keeps what was stored before, and takes what waits', async () => {
    const database = await test.before();
    const { nextAttemptAt, ...document } = validNotification();
    await withNotifications(database, (notifications) =>
      notifications.insertOne({ ...document, nextAttemptAt } as never),
    );
    await test.up();
    await withNotifications(database, async (notifications) => {
      const digest = { every: 'daily', timeZone: 'UTC', period: '2026-03-04' };
      const gathered = { ...validNotification(), status: 'gathered', digest, digestAt: NOW };
      await notifications.insertOne(withoutTime(gathered) as never);
      await notifications.updateOne({ _id: document._id }, { $set: { deferredFrom: NOW } });
      expect(await notifications.countDocuments()).toBe(2);
    });
  });

  test.it('takes digests apart on the way back, so that nothing is left that could not be changed', async () => {
    const database = await test.before();
    await test.up();
    const digest = { every: 'daily', timeZone: 'UTC', period: '2026-03-04' };
    const gathered = withoutTime({ ...validNotification(), status: 'gathered', digest, digestAt: NOW });
    const digested = withoutTime({
      ...validNotification(),
      status: 'digested',
      digest,
      digestId: validNotification()._id,
      expiresAt: NOW,
    });
    const deferred = { ...validNotification(), deferredFrom: NOW };
    await withNotifications(database, (notifications) =>
      notifications.insertMany([gathered, digested, deferred] as never[]),
    );
    await test.down();
    await withNotifications(database, async (notifications) => {
      const byId = async (_id: string) => (await notifications.findOne({ _id })) as object;
      expect(await byId(gathered._id)).toMatchObject({ status: 'queued', nextAttemptAt: NOW });
      expect(await byId(digested._id)).toMatchObject({ status: 'cancelled', expiresAt: NOW });
      expect(await byId(deferred._id)).not.toHaveProperty('deferredFrom');
      // The validator of before takes each of them.
      const { matchedCount } = await notifications.updateMany({}, { $set: { updatedAt: NOW } as never });
      expect(matchedCount).toBe(3);
    });
  });
});

function withoutTime<Stored extends { nextAttemptAt?: Date | undefined }>(
  document: Stored,
): Omit<Stored, 'nextAttemptAt'> {
  const { nextAttemptAt: _, ...rest } = document;
  return rest;
}
