import { MongoErrorCode, newId } from '@finova/db-kit';
import { typedCollection } from '@finova/db-kit/mongodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  NOTIFICATION_STATUSES,
  type NotificationDocument,
  type NotificationStatus,
  notifications,
} from '../src/index.ts';
import { type NotificationsDatabase, openNotificationsDatabase } from './support/notifications-database.ts';
import { skipWithALine } from './support/skip-with-a-line.ts';
import { validNotification } from './valid-documents.ts';

const PAST = new Date('2020-01-01T00:00:00Z');
const FINAL: readonly NotificationStatus[] = ['sent', 'dead', 'cancelled', 'digested'];

/** A notification in each status, as old as can be. */
function inStatus(status: NotificationStatus): NotificationDocument {
  const { nextAttemptAt: _, unread: __, ...common } = { ...validNotification(), createdAt: PAST, updatedAt: PAST };
  const digest = { every: 'daily', timeZone: 'UTC', period: '2020-01-01' } as const;
  const fields: Readonly<Record<NotificationStatus, Partial<NotificationDocument>>> = {
    queued: { nextAttemptAt: PAST },
    leased: { nextAttemptAt: PAST, leasedUntil: PAST, leaseOwner: 'mailer-1' },
    failed: { nextAttemptAt: PAST, lastError: 'Mail server busy' },
    sent: { sentAt: PAST, expiresAt: PAST },
    dead: { lastError: 'No such mailbox', expiresAt: PAST },
    cancelled: { expiresAt: PAST },
    gathered: { digest, digestAt: PAST },
    digested: { digest, digestId: newId(), expiresAt: PAST },
  };
  return { ...common, channel: 'email', status, ...fields[status] };
}

describe('retention', () => {
  let database: NotificationsDatabase;
  beforeAll(async () => {
    database = await openNotificationsDatabase();
  });
  afterAll(() => database.close());
  beforeEach(() => database.empty());

  it.each(NOTIFICATION_STATUSES.filter((status) => !FINAL.includes(status)))(
    'the server takes no expiry for what is %s, neither stored nor set later',
    async (status) => {
      const collection = typedCollection(database.db, notifications);
      const refused = { code: MongoErrorCode.documentValidationFailure };
      const document = inStatus(status);
      await expect(collection.insertOne({ ...document, expiresAt: PAST })).rejects.toMatchObject(refused);
      await collection.insertOne(document);
      const expiring = collection.updateOne({ _id: document._id }, { $set: { expiresAt: PAST } });
      await expect(expiring).rejects.toMatchObject(refused);
    },
  );

  it.each(FINAL)('the server takes nothing %s without an expiry', async (status) => {
    const { expiresAt: _, ...document } = inStatus(status);
    await expect(typedCollection(database.db, notifications).insertOne(document)).rejects.toMatchObject({
      code: MongoErrorCode.documentValidationFailure,
    });
  });

  it('the expiry of the server deletes by this one field alone', async () => {
    const expiring = (await database.db.collection('notifications').indexes()).filter(
      (index) => index['expireAfterSeconds'] !== undefined,
    );
    expect(expiring).toMatchObject([{ key: { expiresAt: 1 }, expireAfterSeconds: 0 }]);
  });

  it('the server deletes what is final and past its time, and never what is not', async (context) => {
    const collection = typedCollection(database.db, notifications);
    await collection.insertMany(NOTIFICATION_STATUSES.map(inStatus));
    const admin = database.db.client.db('admin');
    const asked = await admin.command({ setParameter: 1, ttlMonitorSleepSecs: 1 }).catch((thrown: unknown) => thrown);
    if (asked instanceof Error) {
      skipWithALine(context, `this server does not let its expiry be hurried: ${asked.message}`);
    }
    try {
      const statuses = () => collection.distinct('status');
      await expect
        .poll(statuses, { timeout: 50_000, interval: 500 })
        .toHaveLength(NOTIFICATION_STATUSES.length - FINAL.length);
      expect((await statuses()).filter((status) => FINAL.includes(status))).toEqual([]);
    } finally {
      await admin.command({ setParameter: 1, ttlMonitorSleepSecs: 60 });
    }
  });
});
