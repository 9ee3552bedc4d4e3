import { bson, type DocumentOf, defineCollection } from '@finova/db-kit/mongodb';
import { z } from 'zod';
import { CATEGORIES, CHANNELS } from './vocabulary.ts';

export const NOTIFICATION_COUNTER_SCHEMA_VERSION = 1;

const count = () => bson.long({ min: 0n });

const schema = z.strictObject({
  /** `2026-03-04/email/payments/Europe/Vienna`: counting again replaces. */
  _id: bson.text({ maxLength: 100, pattern: /^[0-9]{4}-[0-9]{2}-[0-9]{2}\/[a-z_]+\/[a-z]+\/[A-Za-z0-9_+/-]+$/ }),
  /** The local day on which the notifications came. */
  day: bson.text({ maxLength: 10, pattern: /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/ }),
  /** IANA: where the day is one. */
  timeZone: bson.text({ maxLength: 50 }),
  channel: z.enum(CHANNELS),
  category: z.enum(CATEGORIES),
  enqueued: count(),
  /** Queued, gathered, failed and to be tried again, or with a worker. */
  waiting: count(),
  sent: count(),
  digested: count(),
  dead: count(),
  cancelled: count(),
  read: count(),
  /** Deliveries begun. */
  attempts: count(),
  countedAt: bson.date(),
  schemaVersion: bson.int({ min: 1 }),
});

/** How many notifications of a day, channel and category came how far; kept when the notifications have expired. */
export const notificationCounters = defineCollection({
  name: 'notification_counters',
  description: 'How many notifications of each day, channel and category came how far',
  schema,
  indexes: [
    { name: 'day', key: { timeZone: 1, day: 1, channel: 1, category: 1 } },
    { name: 'schema_version', key: { schemaVersion: 1, _id: 1 } },
  ],
  shardKey: { _id: 'hashed' },
});

/** A stored document of `notification_counters`. */
export type NotificationCounterDocument = DocumentOf<typeof notificationCounters>;
