export { combineSettings, DEFAULT_CHANNELS, type EffectiveSettings } from './effective-settings.ts';
export { InvalidNotificationInputError, LeaseLostError, RequiredNoticeError } from './errors.ts';
export type { NewNotification, ScopeSettings, SettingsTarget } from './input.ts';
export type { Notification } from './notification.ts';
export {
  type InboxPage,
  type InboxPosition,
  InboxRepository,
  type UnreadCounts,
} from './repositories/inbox-repository.ts';
export {
  type LeasedNotification,
  NotificationRepository,
  type NotificationRepositoryOptions,
} from './repositories/notification-repository.ts';
export {
  type NotificationSettings,
  NotificationSettingsRepository,
} from './repositories/notification-settings-repository.ts';
export { DEFAULT_RETRY_POLICY, type RetryPolicy } from './retry-policy.ts';
export {
  type AmountThreshold,
  CATEGORIES,
  type Category,
  CHANNELS,
  type Channel,
  type ChannelRule,
  DIGESTS,
  type Digest,
  isAtLeast,
  NOTIFICATION_STATUSES,
  NOTIFICATIONS_COLLECTIONS,
  type NotificationDocument,
  type NotificationSettingsDocument,
  type NotificationStatus,
  notificationSettings,
  notifications,
  type QuietHours,
  REQUIRED_NOTICES,
  SCOPES,
  type Scope,
  SEVERITIES,
  type Severity,
} from './schema/index.ts';
