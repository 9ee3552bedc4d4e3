import { isTimeZone } from '@finova/preferences-db';
import { z } from 'zod';
import { InvalidNotificationInputError } from './errors.ts';
import { notificationSettings } from './schema/notification-settings.ts';
import { notifications } from './schema/notifications.ts';
import { CATEGORIES } from './schema/vocabulary.ts';

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

const notification = z.strictObject({
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
});

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
