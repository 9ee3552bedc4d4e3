import type { SeedCustomer } from '@finova/accounts-db/seed';
import { deterministicId } from '@finova/db-kit/seeding';
import {
  type Category,
  CHANNELS,
  NOTIFICATION_SCHEMA_VERSION,
  type NotificationDocument,
  type Severity,
} from '../schema/index.ts';
import { digestPeriod } from '../time/digest-period.ts';

const HOUR_MS = 3_600_000;
const FIRST_MS = Date.UTC(2026, 1, 2, 8);
/** Far away, so that the server does not delete what the next seeding would add again. */
const EXPIRES_AT = new Date('2099-01-01T00:00:00Z');

interface Story {
  readonly category: Category;
  readonly severity: Severity;
  readonly title: string;
  readonly body: string;
  readonly amountMinor?: bigint;
}

const STORIES: readonly Story[] = [
  {
    category: 'payments',
    severity: 'notice',
    title: 'Payment received',
    body: 'Your salary has arrived.',
    amountMinor: 284_500n,
  },
  {
    category: 'security',
    severity: 'critical',
    title: 'New device signed in',
    body: 'A new device signed in to your account. If it was not you, lock your cards and call us.',
  },
  {
    category: 'balance',
    severity: 'warning',
    title: 'Low balance',
    body: 'Your balance has fallen below the amount that you set.',
    amountMinor: 4_210n,
  },
  {
    category: 'statements',
    severity: 'info',
    title: 'Your statement is ready',
    body: 'The statement of January 2026 is ready to download.',
  },
  {
    category: 'legal',
    severity: 'notice',
    title: 'Our terms change',
    body: 'New terms apply from 1 May 2026. Please read what changes for you.',
  },
];

/** Four notifications for every customer, one on each channel, in every state that there is. */
export function seedNotifications(customers: readonly SeedCustomer[]): readonly NotificationDocument[] {
  return customers.flatMap((customer, index) =>
    CHANNELS.map((channel, position) => {
      const number = index * CHANNELS.length + position;
      const { amountMinor, ...story } = STORIES[(index + position) % STORIES.length] as Story;
      const createdAt = new Date(FIRST_MS + number * HOUR_MS);
      const eventId = deterministicId(`seed event ${number}`, 3_000 + number);
      return {
        _id: deterministicId(`notification ${number}`, 4_000 + number),
        userId: customer.id,
        eventId,
        channel,
        ...story,
        data: { accountId: customer.accounts[0]?.id ?? '' },
        ...(amountMinor !== undefined && { amount: { amountMinor, currency: customer.currency } }),
        ...stateOf(number, createdAt, customer.timeZone),
        ...(channel === 'in_app' &&
          (index % 2 === 0 ? { unread: true as const } : { readAt: new Date(createdAt.getTime() + HOUR_MS) })),
        schemaVersion: NOTIFICATION_SCHEMA_VERSION,
        createdAt,
        updatedAt: createdAt,
      };
    }),
  );
}

/** Most are sent; the others wait, failed, were given up or cancelled, or belong to a digest. */
function stateOf(number: number, createdAt: Date, timeZone: string) {
  const later = new Date(createdAt.getTime() + HOUR_MS);
  // The inbox knows no digests.
  const mayGather = number % CHANNELS.length !== 3;
  const { period, endsAt } = digestPeriod({ every: 'daily', timeZone }, createdAt);
  const digest = { every: 'daily', timeZone, period } as const;
  if (mayGather && number % 11 === 4) {
    return { status: 'gathered', attempts: 0, digest, digestAt: endsAt } as const;
  }
  if (mayGather && number % 11 === 10) {
    const digestId = deterministicId(`seed digest ${number}`, 5_000 + number);
    return { status: 'digested', attempts: 0, digest, digestId, expiresAt: EXPIRES_AT } as const;
  }
  switch (number % 11) {
    case 2:
      return { status: 'queued', attempts: 0, nextAttemptAt: createdAt } as const;
    case 5:
      return { status: 'failed', attempts: 2, nextAttemptAt: later, lastError: 'The provider did not answer' } as const;
    case 8:
      return { status: 'dead', attempts: 8, lastError: 'The address does not exist', expiresAt: EXPIRES_AT } as const;
    case 9:
      // What is in the inbox is not cancelled here: it would be neither read nor unread.
      return number % CHANNELS.length === 3
        ? ({ status: 'queued', attempts: 0, nextAttemptAt: createdAt } as const)
        : ({ status: 'cancelled', attempts: 0, expiresAt: EXPIRES_AT } as const);
    default:
      return { status: 'sent', attempts: 1, sentAt: createdAt, expiresAt: EXPIRES_AT } as const;
  }
}
