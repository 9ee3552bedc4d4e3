import { isTimeZone } from '@finova/preferences-db';
import { z } from 'zod';
import { InvalidNotificationInputError } from './errors.ts';
import { notificationSettings } from './schema/notification-settings.ts';
import { notifications } from './schema/notifications.ts';
import { CATEGORIES, GATHERING_DIGESTS, REQUIRED_NOTICES } from './schema/vocabulary.ts';

const settingsFields = notificationSettings.schema.shape;
const notificationFields = notifications.schema.shape;

const target = z.discriminatedUnion('scope', [
  z.strictObject({ userId: settingsFields.userId, scope: z.literal('global') }),
  z.strictObject({ userId: settingsFields.userId, scope: z.literal('category'), category: z.enum(CATEGORIES) }),
  z.strictObject({ userId: settingsFields.userId, scope: z.literal('account'), accountId: settingsFields.userId }),
]);

const settings = z
  .strictObject({
    channels: settingsFields.channels,
    quietHours: settingsFields.quietHours,
    amountThresholds: settingsFields.amountThresholds,
  })
  .refine(({ quietHours }) => quietHours == null || isTimeZone(quietHours.timeZone), {
    path: ['quietHours', 'timeZone'],
    error: 'expected an IANA time zone',
  })
  .refine(({ quietHours }) => quietHours == null || quietHours.start !== quietHours.end, {
    path: ['quietHours'],
    error: 'expected an end other than the start',
  })
  .refine(
    ({ amountThresholds = [] }) =>
      new Set(amountThresholds.map((one) => one.currency)).size === amountThresholds.length,
    {
      path: ['amountThresholds'],
      error: 'expected one entry per currency',
    },
  );

const digest = z
  .strictObject({ every: z.enum(GATHERING_DIGESTS), timeZone: z.string() })
  .refine(({ timeZone }) => isTimeZone(timeZone), { path: ['timeZone'], error: 'expected an IANA time zone' });

const notification = z
  .strictObject({
    userId: notificationFields.userId,
    eventId: notificationFields.eventId,
    channel: notificationFields.channel,
    category: notificationFields.category,
    severity: notificationFields.severity,
    title: notificationFields.title,
    body: notificationFields.body,
    data: notificationFields.data.optional(),
    amount: notificationFields.amount,
    /** Not before; left out: at once. */
    notBefore: z.date().optional(),
    /** Told with the others of its local hour or day; left out: by itself. */
    digest: digest.optional(),
  })
  .refine(({ channel, digest }) => digest === undefined || channel !== 'in_app', {
    path: ['digest'],
    error: 'expected none: the inbox shows everything at once',
  })
  .refine(
    ({ category, channel, digest }) => digest === undefined || !(REQUIRED_NOTICES[category] ?? []).includes(channel),
    { path: ['digest'], error: 'expected none for a required notice' },
  );

/** Whose settings, and what they cover. */
export type SettingsTarget = Readonly<z.infer<typeof target>>;

/** What one scope says; a part left out is left to the less specific scopes. */
export type ScopeSettings = Readonly<z.infer<typeof settings>>;

/** A notification to be delivered. */
export type NewNotification = Readonly<z.infer<typeof notification>>;

/** @throws {InvalidNotificationInputError} */
export function checkTarget(input: SettingsTarget): SettingsTarget {
  return check('notification settings', target, input);
}

/** @throws {InvalidNotificationInputError} */
export function checkSettings(input: ScopeSettings): ScopeSettings {
  return check('notification settings', settings, input);
}

/** @throws {InvalidNotificationInputError} */
export function checkNotification(input: NewNotification): NewNotification {
  return check('notification', notification, input);
}

/**
 * Checks many before any is stored.
 *
 * @throws {InvalidNotificationInputError} whose problems begin with the position in the list.
 */
export function checkNotifications(inputs: readonly NewNotification[]): readonly NewNotification[] {
  return check('notifications', z.array(notification), inputs);
}

function check<Schema extends z.ZodType>(what: string, schema: Schema, input: unknown): z.output<Schema> {
  const result = schema.safeParse(input);
  if (!result.success) {
    throw new InvalidNotificationInputError(
      what,
      result.error.issues.map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`)),
    );
  }
  return result.data;
}
