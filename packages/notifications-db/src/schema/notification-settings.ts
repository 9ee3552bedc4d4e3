import { bson, type DocumentOf, defineCollection } from '@finova/db-kit/mongodb';
import { z } from 'zod';
import { CATEGORIES, DIGESTS, SCOPES, SEVERITIES } from './vocabulary.ts';

export const NOTIFICATION_SETTINGS_SCHEMA_VERSION = 1;

const UUID = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$';

const channelRule = z.strictObject({
  enabled: z.boolean(),
  minimumSeverity: z.enum(SEVERITIES),
  digest: z.enum(DIGESTS),
});

const timeOfDay = () => bson.text({ maxLength: 5, pattern: /^(?:[01][0-9]|2[0-3]):[0-5][0-9]$/ });

const quietHours = z.strictObject({
  /** Local time, `HH:MM`. A start after the end means over midnight. */
  start: timeOfDay(),
  end: timeOfDay(),
  /** IANA. The server checks its shape, the repository that it is a real one. */
  timeZone: bson.text({ maxLength: 50, pattern: /^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*$/ }),
});

const amountThreshold = z.strictObject({
  /** ISO 4217 */
  currency: bson.text({ maxLength: 3, pattern: /^[A-Z]{3}$/ }),
  /** Movements below it are not worth a notification; in minor units. */
  minimumMinor: bson.long({ min: 0n }),
});

const schema = z
  .strictObject({
    _id: bson.uuid(),
    /** The customer's id in accounts-db. */
    userId: bson.uuid(),
    scope: z.enum(SCOPES),
    /** Empty for global; a category; or an account's id in accounts-db. */
    scopeId: bson.text({ maxLength: 36 }),
    /** A channel left out says nothing: a less specific scope decides. */
    channels: z.strictObject({
      email: channelRule.optional(),
      push: channelRule.optional(),
      sms: channelRule.optional(),
      in_app: channelRule.optional(),
    }),
    /** Left out says nothing; `null` means none, whatever a less specific scope says. */
    quietHours: quietHours.nullable().optional(),
    /** Left out says nothing; an empty list means none. One entry per currency. */
    amountThresholds: z.array(amountThreshold).max(20).optional(),
    revision: bson.int({ min: 1 }),
    schemaVersion: bson.int({ min: 1 }),
    createdAt: bson.date(),
    updatedAt: bson.date(),
  })
  .refine(({ scope, scopeId }) => isScopeIdOf(scope, scopeId), {
    path: ['scopeId'],
    error: 'Invalid input: expected what the scope asks for',
  })
  // The same rule for the server.
  .meta({
    anyOf: [
      { properties: { scope: { enum: ['global'] }, scopeId: { enum: [''] } } },
      { properties: { scope: { enum: ['category'] }, scopeId: { enum: CATEGORIES } } },
      { properties: { scope: { enum: ['account'] }, scopeId: { pattern: UUID } } },
    ],
  });

/** What each customer wants to hear of, where and when: one document per customer and scope. */
export const notificationSettings = defineCollection({
  name: 'notification_settings',
  description: 'Channels, severities, quiet hours and amount thresholds of each customer, by scope',
  schema,
  indexes: [
    { name: 'user_scope', key: { userId: 1, scope: 1, scopeId: 1 }, options: { unique: true } },
    { name: 'schema_version', key: { schemaVersion: 1, _id: 1 } },
  ],
  shardKey: { userId: 'hashed' },
});

/** A stored document of `notification_settings`. */
export type NotificationSettingsDocument = DocumentOf<typeof notificationSettings>;

export type ChannelRule = Readonly<z.infer<typeof channelRule>>;
export type QuietHours = Readonly<z.infer<typeof quietHours>>;
export type AmountThreshold = Readonly<z.infer<typeof amountThreshold>>;

function isScopeIdOf(scope: unknown, scopeId: unknown): boolean {
  switch (scope) {
    case 'global':
      return scopeId === '';
    case 'category':
      return CATEGORIES.some((category) => category === scopeId);
    default:
      return typeof scopeId === 'string' && new RegExp(UUID).test(scopeId);
  }
}
