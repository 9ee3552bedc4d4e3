import { isTimeZone, type UserPreferences } from '@finova/preferences-db';
import type { EffectiveSettings } from '../effective-settings.ts';
import type { NewNotification } from '../input.ts';
import { type Category, CHANNELS, type Channel, isAtLeast } from '../schema/vocabulary.ts';
import { type AccountMovement, eventIdOf } from './account-movement.ts';
import { formatAmount } from './format-amount.ts';
import { noticeOf } from './notices.ts';

/** What movements of the ledger are about. */
export const MOVEMENT_CATEGORY: Category = 'payments';

/** A customer who may be told, and what they want to hear. */
export interface Recipient {
  readonly userId: string;
  /** For {@link MOVEMENT_CATEGORY} and the account. */
  readonly settings: EffectiveSettings;
  readonly preferences: Pick<UserPreferences, 'locale' | 'timeZone'>;
}

/**
 * The notifications that one holder of an account is owed for a movement: one on each channel that is on, for what is
 * severe enough and reaches their threshold for the currency. Where the category is required, nothing of that holds it
 * back. Quiet hours are none of this: they hold back what is queued when it is about to be sent.
 */
export function planNotifications(movement: AccountMovement, recipient: Recipient): readonly NewNotification[] {
  const notice = noticeOf(movement);
  if (notice === undefined) {
    return [];
  }
  const { currency, netMinor, accountId, transactionId, kind } = movement;
  const { settings, preferences, userId } = recipient;
  const amountMinor = netMinor < 0n ? -netMinor : netMinor;
  const threshold = settings.amountThresholds.find((one) => one.currency === currency)?.minimumMinor ?? 0n;
  const isOwed = (channel: Channel): boolean =>
    settings.channels[channel].enabled &&
    isAtLeast(notice.severity, settings.channels[channel].minimumSeverity) &&
    (amountMinor >= threshold || settings.requiredChannels.includes(channel));
  const amount = formatAmount({ ...movement, amountMinor }, preferences.locale);
  return CHANNELS.filter(isOwed).map((channel) => {
    const every = settings.channels[channel].digest;
    const isGathered = channel !== 'in_app' && !settings.requiredChannels.includes(channel);
    return {
      userId,
      eventId: eventIdOf(movement),
      channel,
      category: MOVEMENT_CATEGORY,
      severity: notice.severity,
      title: notice.title,
      body: notice.body(amount, movement.accountName),
      data: { accountId, transactionId, kind, side: netMinor > 0n ? 'credit' : 'debit' },
      amount: { amountMinor, currency },
      ...(isGathered && every !== 'immediate' && { digest: { every, timeZone: knownZone(preferences.timeZone) } }),
    };
  });
}

/** A zone that was stored by a newer runtime must not keep its owner from being told. */
function knownZone(timeZone: string): string {
  return isTimeZone(timeZone) ? timeZone : 'UTC';
}
