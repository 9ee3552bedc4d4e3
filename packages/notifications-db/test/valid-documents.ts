import { newId } from '@finova/db-kit';
import type { NotificationDocument, NotificationSettingsDocument } from '../src/index.ts';

const NOW = new Date('2026-03-04T09:00:00Z');

/** Settings that the server takes, of a new customer. */
export function validSettings(): NotificationSettingsDocument {
  return {
    _id: newId(),
    userId: newId(),
    scope: 'global',
    scopeId: '',
    channels: { email: { enabled: true, minimumSeverity: 'notice', digest: 'daily' } },
    quietHours: { start: '22:00', end: '07:00', timeZone: 'Europe/Vienna' },
    amountThresholds: [{ currency: 'EUR', minimumMinor: 10_000n }],
    revision: 1,
    schemaVersion: 1,
    createdAt: NOW,
    updatedAt: NOW,
  };
}

/** A queued notification that the server takes, of a new customer. */
export function validNotification(): NotificationDocument {
  return {
    _id: newId(),
    userId: newId(),
    eventId: newId(),
    channel: 'in_app',
    category: 'payments',
    severity: 'notice',
    title: 'Payment received',
    body: 'Jonas Weber sent you 12.50 EUR.',
    data: { accountId: newId() },
    amount: { amountMinor: 1_250n, currency: 'EUR' },
    status: 'queued',
    attempts: 0,
    nextAttemptAt: NOW,
    unread: true,
    schemaVersion: 1,
    createdAt: NOW,
    updatedAt: NOW,
  };
}
