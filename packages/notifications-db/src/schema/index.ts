import { notificationCounters } from './notification-counters.ts';
import { notificationSettings } from './notification-settings.ts';
import { notifications } from './notifications.ts';
import { recipients } from './recipients.ts';

/** Every collection of this domain. */
export const NOTIFICATIONS_COLLECTIONS = [
  notificationSettings,
  notifications,
  recipients,
  notificationCounters,
] as const;

export * from './notification-counters.ts';
export * from './notification-settings.ts';
export * from './notifications.ts';
export * from './recipients.ts';
export * from './vocabulary.ts';
