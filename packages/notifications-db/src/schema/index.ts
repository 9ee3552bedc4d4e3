import { notificationSettings } from './notification-settings.ts';
import { notifications } from './notifications.ts';

/** Every collection of this domain. */
export const NOTIFICATIONS_COLLECTIONS = [notificationSettings, notifications] as const;

export * from './notification-settings.ts';
export * from './notifications.ts';
export * from './vocabulary.ts';
