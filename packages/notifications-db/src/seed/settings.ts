import type { SeedCustomer } from '@finova/accounts-db/seed';
import { deterministicId } from '@finova/db-kit/seeding';
import { NOTIFICATION_SETTINGS_SCHEMA_VERSION, type NotificationSettingsDocument } from '../schema/index.ts';

const CREATED_AT = new Date('2026-01-12T09:00:00Z');

/** Settings of every customer for everything, of some for a category, of some for an account. */
export function seedSettings(customers: readonly SeedCustomer[]): readonly NotificationSettingsDocument[] {
  return customers.flatMap((customer, index) => {
    const [account] = customer.accounts;
    const settings: Saying[] = [
      {
        scope: 'global',
        scopeId: '',
        channels: {
          email: { enabled: true, minimumSeverity: 'notice', digest: index % 3 === 0 ? 'daily' : 'immediate' },
          push: { enabled: index % 4 !== 3, minimumSeverity: 'notice', digest: 'immediate' },
        },
        quietHours: index % 2 === 0 ? { start: '22:00', end: '07:00', timeZone: customer.timeZone } : null,
        amountThresholds: [{ currency: customer.currency, minimumMinor: 1_000n }],
      },
    ];
    if (index % 3 === 1) {
      settings.push({
        scope: 'category',
        scopeId: 'product',
        channels: { email: { enabled: false, minimumSeverity: 'info', digest: 'immediate' } },
      });
    }
    if (index % 3 === 2 && account !== undefined) {
      settings.push({
        scope: 'account',
        scopeId: account.id,
        channels: { sms: { enabled: true, minimumSeverity: 'critical', digest: 'immediate' } },
        quietHours: null,
        amountThresholds: [{ currency: account.currency, minimumMinor: 50_000n }],
      });
    }
    return settings.map((saying, position) => ({
      ...saying,
      _id: deterministicId(`notification settings ${index}.${position}`, 2_500 + index * 10 + position),
      userId: customer.id,
      revision: 1,
      schemaVersion: NOTIFICATION_SETTINGS_SCHEMA_VERSION,
      createdAt: CREATED_AT,
      updatedAt: CREATED_AT,
    }));
  });
}

type Saying = Pick<NotificationSettingsDocument, 'scope' | 'scopeId' | 'channels' | 'quietHours' | 'amountThresholds'>;
