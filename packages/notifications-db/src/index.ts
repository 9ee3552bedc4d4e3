export { combineSettings, DEFAULT_CHANNELS, type EffectiveSettings } from './effective-settings.ts';
export {
  InvalidNotificationInputError,
  LeaseLostError,
  RecipientErasedError,
  RequiredNoticeError,
  UnreadableMessageError,
} from './errors.ts';
export type { NewNotification, ScopeSettings, SettingsTarget } from './input.ts';
export type { Notification } from './notification.ts';
export {
  deliveryFunnelPipeline,
  type FunnelRequest,
  type FunnelRow,
  mergeDeliveryFunnelPipeline,
} from './pipelines/delivery-funnel.ts';
export { dueDigestsPipeline } from './pipelines/due-digests.ts';
export { type EffectiveTarget, effectiveSettingsPipeline } from './pipelines/effective-settings.ts';
export { type Pipeline, pipelineOptions, runPipeline } from './pipelines/pipeline.ts';
export { quietHoursInForcePipeline } from './pipelines/quiet-hours-in-force.ts';
export { unreadCountsPipeline } from './pipelines/unread-counts.ts';
export { type AccountMovement, eventIdOf } from './relay/account-movement.ts';
export { LedgerRelay, type LedgerRelayOptions, type RelayDatabases, type RelayedBatch } from './relay/ledger-relay.ts';
export { MOVEMENT_CATEGORY, planNotifications, type Recipient } from './relay/plan-notifications.ts';
export type { LedgerDatabase } from './relay/read-movements.ts';
export { runLedgerRelay } from './relay/run-ledger-relay.ts';
export { DigestRepository, type DigestText, type DueDigest } from './repositories/digest-repository.ts';
export type { EnqueueOutcome } from './repositories/enqueue-many.ts';
export { type Erasure, ErasureRepository } from './repositories/erasure-repository.ts';
export { FunnelRepository } from './repositories/funnel-repository.ts';
export {
  type InboxPage,
  type InboxPosition,
  InboxRepository,
  type UnreadCounts,
} from './repositories/inbox-repository.ts';
export {
  type LeasedNotification,
  type LeaseRequest,
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
  type GatheringDigest,
  isAtLeast,
  NOTIFICATION_STATUSES,
  NOTIFICATIONS_COLLECTIONS,
  type NotificationCounterDocument,
  type NotificationDocument,
  type NotificationSettingsDocument,
  type NotificationStatus,
  notificationCounters,
  notificationSettings,
  notifications,
  type QuietHours,
  REQUIRED_NOTICES,
  type RecipientDocument,
  recipients,
  SCOPES,
  type Scope,
  SEVERITIES,
  type Severity,
} from './schema/index.ts';
export { type DigestPeriod, digestPeriod } from './time/digest-period.ts';
export { endOfQuietHours, isQuiet } from './time/quiet-hours.ts';
