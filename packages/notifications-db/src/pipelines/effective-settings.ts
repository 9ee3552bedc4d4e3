import type { ChannelRule, NotificationSettingsDocument } from '../schema/notification-settings.ts';
import { notificationSettings } from '../schema/notification-settings.ts';
import { type Category, type Channel, SCOPES } from '../schema/vocabulary.ts';
import type { Pipeline } from './pipeline.ts';

/** What the scopes say together, before defaults and required notices. */
export interface CombinedRow {
  readonly channels: Readonly<Partial<Record<Channel, ChannelRule>>>;
  /** The parts that some scope says something about. */
  readonly others: Pick<NotificationSettingsDocument, 'quietHours' | 'amountThresholds'>;
}

/** Whose settings, and for what. */
export interface EffectiveTarget {
  readonly userId: string;
  readonly category: Category;
  readonly accountId?: string | undefined;
}

/**
 * What holds for a customer's notifications of a category, and of an account: the most specific scope wins, part by
 * part. No row where the customer has set nothing.
 */
export function effectiveSettingsPipeline({ userId, category, accountId }: EffectiveTarget): Pipeline<CombinedRow> {
  // The ids of scopes cannot be mistaken for one another: none, the name of a category, a UUID.
  const scopeIds = ['', category, ...(accountId === undefined ? [] : [accountId])];
  return {
    name: 'effective settings',
    collection: notificationSettings,
    index: 'user_scope',
    stages: [
      { $match: { userId, scope: { $in: [...SCOPES] } } },
      // By itself, so that what is before it is a range of the index for every server; MongoDB makes one of both.
      { $match: { scopeId: { $in: scopeIds } } },
      // Global, category, account: by the alphabet backwards, the least specific first.
      { $sort: { scope: -1 } },
      {
        $group: {
          _id: null,
          // Each overwrites what came before, and what it leaves out stays.
          channels: { $mergeObjects: '$channels' },
          others: { $mergeObjects: { quietHours: '$quietHours', amountThresholds: '$amountThresholds' } },
        },
      },
      { $project: { _id: 0 } },
    ],
  };
}
