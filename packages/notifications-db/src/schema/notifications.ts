import { bson, type DocumentOf, defineCollection } from '@finova/db-kit/mongodb';
import { z } from 'zod';
import { CATEGORIES, CHANNELS, GATHERING_DIGESTS, SEVERITIES } from './vocabulary.ts';

export const NOTIFICATION_SCHEMA_VERSION = 1;

/**
 * - `queued`: to be sent; `failed`: to be tried again; `leased`: a worker is sending it;
 * - `gathered`: waits for the digest of its period;
 * - `sent`, `dead` (given up), `cancelled` and `digested` (told by a digest) are final, and only they expire.
 */
export const NOTIFICATION_STATUSES = [
  'queued',
  'leased',
  'failed',
  'sent',
  'dead',
  'cancelled',
  'gathered',
  'digested',
] as const;

/** Which fields a status asks for, and which it allows beside them; it excludes the others of {@link BOUND_FIELDS}. */
const STATE_FIELDS = {
  queued: { required: ['nextAttemptAt'], allowed: ['deferredFrom'] },
  leased: { required: ['nextAttemptAt', 'leasedUntil', 'leaseOwner'], allowed: ['deferredFrom'] },
  failed: { required: ['nextAttemptAt', 'lastError'], allowed: ['deferredFrom'] },
  sent: { required: ['sentAt', 'expiresAt'], allowed: [] },
  dead: { required: ['lastError', 'expiresAt'], allowed: [] },
  cancelled: { required: ['expiresAt'], allowed: ['digest'] },
  gathered: { required: ['digest', 'digestAt'], allowed: [] },
  digested: { required: ['digest', 'digestId', 'expiresAt'], allowed: [] },
} as const satisfies Record<
  NotificationStatus,
  { readonly required: readonly string[]; readonly allowed: readonly string[] }
>;

/** Bound to some status, each; `lastError` is not: it also tells what went wrong before a success. */
const BOUND_FIELDS = [
  'nextAttemptAt',
  'leasedUntil',
  'leaseOwner',
  'sentAt',
  'expiresAt',
  'deferredFrom',
  'digest',
  'digestAt',
  'digestId',
] as const;

/**
 * Key of the dispatch index, which queue operations name as their hint. `nextAttemptAt` exists while the status is
 * queued, failed or leased: due work and abandoned work alike.
 */
export const DISPATCH_KEY = { channel: 1, nextAttemptAt: 1 } as const;

const digest = z.strictObject({
  every: z.enum(GATHERING_DIGESTS),
  /** IANA, the customer's when the notification came. */
  timeZone: bson.text({ maxLength: 50, pattern: /^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*$/ }),
  /** The local day (`2026-03-04`) or hour (`2026-03-04T09`) that it belongs to. */
  period: bson.text({ maxLength: 13, pattern: /^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2})?$/ }),
});

const schema = z
  .strictObject({
    _id: bson.uuid(),
    /** The customer's id in accounts-db. */
    userId: bson.uuid(),
    /** What happened: the id of the event in the domain where it did. One notification per event and channel. */
    eventId: bson.text({ minLength: 1, maxLength: 100 }),
    channel: z.enum(CHANNELS),
    category: z.enum(CATEGORIES),
    severity: z.enum(SEVERITIES),
    title: bson.text({ minLength: 1, maxLength: 200 }),
    body: bson.text({ maxLength: 4_000 }),
    /** Parameters for links and templates: `{ accountId: '…' }`. */
    data: bson.textMap({ maxEntries: 20, maxLength: 500 }),
    /** The money that it is about, in minor units. */
    amount: z
      .strictObject({
        amountMinor: bson.long(),
        /** ISO 4217 */
        currency: bson.text({ maxLength: 3, pattern: /^[A-Z]{3}$/ }),
      })
      .optional(),
    status: z.enum(NOTIFICATION_STATUSES),
    /** Deliveries begun. */
    attempts: bson.int({ min: 0 }),
    /** When a worker may take it next; while leased, when the lease ends. Gone once the status is final. */
    nextAttemptAt: bson.date().optional(),
    /** When it was due before quiet hours held it back; changed settings bring it back to here. */
    deferredFrom: bson.date().optional(),
    leasedUntil: bson.date().optional(),
    /** The worker that holds it. */
    leaseOwner: bson.text({ minLength: 1, maxLength: 100 }).optional(),
    /** Why the last delivery failed: a reason, never a recipient's address. */
    lastError: bson.text({ minLength: 1, maxLength: 500 }).optional(),
    /** Only in the inbox (`in_app`), and only until it is read; a partial index cannot ask for what is missing. */
    unread: z.literal(true).optional(),
    readAt: bson.date().optional(),
    sentAt: bson.date().optional(),
    /** The period with which it is told, where the customer wants a digest. */
    digest: digest.optional(),
    /** When that period ends, while it waits. */
    digestAt: bson.date().optional(),
    /** The notification that told it. */
    digestId: bson.uuid().optional(),
    /** When the server deletes it. Only final notifications have it, so that none is deleted unsent. */
    expiresAt: bson.date().optional(),
    schemaVersion: bson.int({ min: 1 }),
    createdAt: bson.date(),
    updatedAt: bson.date(),
  })
  .refine((notification) => hasFieldsOfItsStatus(notification), {
    path: ['status'],
    error: 'Invalid input: expected exactly the fields of this status',
  })
  // The same rule for the server.
  .meta({
    anyOf: NOTIFICATION_STATUSES.map((status) => ({
      properties: { status: { enum: [status] } },
      required: [...STATE_FIELDS[status].required],
      not: { anyOf: excludedFields(status).map((field) => ({ required: [field] })) },
    })),
  });

/** Every notification, from the moment it is owed until it expires: the inbox and the queue of each channel. */
export const notifications = defineCollection({
  name: 'notifications',
  description: 'Notifications of each customer: the inbox, and the delivery queue of each channel',
  schema,
  indexes: [
    { name: 'user_event_channel', key: { userId: 1, eventId: 1, channel: 1 }, options: { unique: true } },
    {
      name: 'inbox_page',
      key: { userId: 1, channel: 1, _id: -1 },
      options: { partialFilterExpression: { channel: 'in_app' } },
    },
    {
      name: 'unread_counts',
      // With `unread`, so that counting needs no document.
      key: { userId: 1, unread: 1, category: 1, severity: 1 },
      options: { partialFilterExpression: { unread: true } },
    },
    {
      name: 'dispatch',
      key: DISPATCH_KEY,
      options: { partialFilterExpression: { nextAttemptAt: { $exists: true } } },
    },
    {
      // `digestAt` exists while the status is gathered.
      name: 'digests',
      key: { channel: 1, digestAt: 1, userId: 1 },
      options: { partialFilterExpression: { digestAt: { $exists: true } } },
    },
    // For the funnel of each day, which reads a range of days of all customers.
    { name: 'created_at', key: { createdAt: 1 } },
    { name: 'expiry', key: { expiresAt: 1 }, options: { expireAfterSeconds: 0 } },
    { name: 'schema_version', key: { schemaVersion: 1, _id: 1 } },
  ],
  shardKey: { userId: 'hashed' },
});

/** A stored document of `notifications`. */
export type NotificationDocument = DocumentOf<typeof notifications>;

export type NotificationStatus = (typeof NOTIFICATION_STATUSES)[number];

function excludedFields(status: NotificationStatus): readonly string[] {
  const own: readonly string[] = [...STATE_FIELDS[status].required, ...STATE_FIELDS[status].allowed];
  return BOUND_FIELDS.filter((field) => !own.includes(field));
}

function hasFieldsOfItsStatus(notification: { readonly status?: unknown }): boolean {
  const status = NOTIFICATION_STATUSES.find((candidate) => candidate === notification.status);
  const has = (field: string) => (notification as Record<string, unknown>)[field] !== undefined;
  return status !== undefined && STATE_FIELDS[status].required.every(has) && !excludedFields(status).some(has);
}
