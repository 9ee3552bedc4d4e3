import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withDefaults } from '../effective-settings.ts';
import { checkNotifications } from '../input.ts';
import type { AccountMovement } from './account-movement.ts';
import { formatAmount } from './format-amount.ts';
import { planNotifications, type Recipient } from './plan-notifications.ts';

const ACCOUNT = '0198c0de-0000-7000-8000-000000000001';
const TRANSACTION = '0198c0de-0000-7000-8000-000000000002';
const USER = '0198c0de-0000-7000-8000-000000000003';

const movement: AccountMovement = {
  topic: 'transaction.posted',
  transactionId: TRANSACTION,
  kind: 'posted',
  accountId: ACCOUNT,
  accountName: 'Household',
  currency: 'EUR',
  minorUnitDigits: 2,
  netMinor: -1_250n,
  holderIds: [USER],
};

const recipient = (change: Partial<Recipient['settings']> = {}, timeZone = 'Europe/Vienna'): Recipient => ({
  userId: USER,
  settings: { ...withDefaults({}, {}, 'payments'), ...change },
  preferences: { locale: 'en', timeZone },
});
const rule = (
  minimumSeverity: 'info' | 'notice' | 'warning' | 'critical',
  digest: 'immediate' | 'daily' = 'immediate',
) => ({
  enabled: true,
  minimumSeverity,
  digest,
});
const channelsOf = (planned: ReturnType<typeof planNotifications>) => planned.map(({ channel }) => channel);

describe('what a holder is owed for a movement', () => {
  it('is one valid notification on each channel that is on, of an event that names message and account', () => {
    const planned = planNotifications(movement, recipient());
    expect(channelsOf(planned)).toEqual(['email', 'push', 'in_app']);
    expect(checkNotifications(planned)).toEqual(planned);
    expect(planned[0]).toEqual({
      userId: USER,
      eventId: `transaction.posted/${TRANSACTION}/${ACCOUNT}`,
      channel: 'email',
      category: 'payments',
      severity: 'notice',
      title: 'Payment sent',
      body: 'EUR 12.50 was debited from your account Household.',
      data: { accountId: ACCOUNT, transactionId: TRANSACTION, kind: 'posted', side: 'debit' },
      amount: { amountMinor: 1_250n, currency: 'EUR' },
    });
  });

  it('is what is severe enough for the channel', () => {
    const settings = {
      channels: { email: rule('warning'), push: rule('info'), sms: rule('critical'), in_app: rule('notice') },
    };
    expect(channelsOf(planNotifications(movement, recipient(settings)))).toEqual(['push', 'in_app']);
    expect(channelsOf(planNotifications({ ...movement, kind: 'pending' }, recipient(settings)))).toEqual(['push']);
    expect(channelsOf(planNotifications({ ...movement, kind: 'reversal' }, recipient(settings)))).toEqual([
      'email',
      'push',
      'in_app',
    ]);
  });

  it('is nothing below the threshold of its currency, but for what is required', () => {
    const thresholds = (minimumMinor: bigint, currency = 'EUR') => ({ amountThresholds: [{ currency, minimumMinor }] });
    expect(planNotifications(movement, recipient(thresholds(1_251n)))).toEqual([]);
    expect(planNotifications(movement, recipient(thresholds(1_250n)))).toHaveLength(3);
    expect(planNotifications(movement, recipient(thresholds(1_251n, 'USD')))).toHaveLength(3);
    const required = { ...thresholds(1_251n), requiredChannels: ['in_app'] as const };
    expect(channelsOf(planNotifications(movement, recipient(required)))).toEqual(['in_app']);
  });

  it('gathers in the time zone of the customer where they want a digest, and never in the inbox', () => {
    const settings = {
      channels: { ...recipient().settings.channels, email: rule('info', 'daily'), in_app: rule('info', 'daily') },
    };
    const digestsOf = (to: Recipient) =>
      planNotifications(movement, to).map(({ channel, digest }) => [channel, digest]);
    expect(digestsOf(recipient(settings))).toEqual([
      ['email', { every: 'daily', timeZone: 'Europe/Vienna' }],
      ['push', undefined],
      ['in_app', undefined],
    ]);
    expect(digestsOf(recipient(settings, 'Mars/Olympus'))[0]).toEqual(['email', { every: 'daily', timeZone: 'UTC' }]);
  });

  it('is nothing for who would be paid by a hold', () => {
    for (const kind of ['pending', 'void', 'expire'] as const) {
      expect(planNotifications({ ...movement, kind, netMinor: 1n }, recipient())).toEqual([]);
    }
  });
});

describe('an amount in words', () => {
  it('is exact to the last digit in every currency', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
        fc.constantFrom(['JPY', 0] as const, ['EUR', 2] as const, ['KWD', 3] as const),
        (amountMinor, [currency, minorUnitDigits]) => {
          const text = formatAmount({ amountMinor, currency, minorUnitDigits }, 'en');
          expect(text.startsWith(currency)).toBe(true);
          expect(BigInt(text.replaceAll(/\D/g, ''))).toBe(amountMinor);
        },
      ),
    );
  });

  it('is English where the locale is none', () => {
    const amount = { amountMinor: 5n, currency: 'EUR', minorUnitDigits: 2 };
    expect(formatAmount(amount, 'x')).toBe(formatAmount(amount, 'en'));
  });
});
