import { newId } from '@finova/db-kit';
import type { NewNotification } from './input.ts';
import { NOTIFICATION_SCHEMA_VERSION, type NotificationDocument } from './schema/notifications.ts';
import { digestPeriod } from './time/digest-period.ts';

/** The document of a notification that has just become due: queued, or gathered for the digest of its period. */
export function newNotificationDocument(
  { notBefore, data = {}, digest, ...fields }: NewNotification,
  now: Date,
): NotificationDocument {
  const dueAt = notBefore ?? now;
  return {
    ...fields,
    _id: newId(),
    data,
    attempts: 0,
    ...(digest === undefined ? { status: 'queued', nextAttemptAt: dueAt } : gathered(digest, dueAt)),
    ...(fields.channel === 'in_app' && { unread: true as const }),
    schemaVersion: NOTIFICATION_SCHEMA_VERSION,
    createdAt: now,
    updatedAt: now,
  };
}

function gathered({ every, timeZone }: NonNullable<NewNotification['digest']>, dueAt: Date) {
  const { period, endsAt } = digestPeriod({ every, timeZone }, dueAt);
  return { status: 'gathered', digest: { every, timeZone, period }, digestAt: endsAt } as const;
}
