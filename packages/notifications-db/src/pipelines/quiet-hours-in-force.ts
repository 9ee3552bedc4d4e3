import { notificationSettings, type QuietHours } from '../schema/notification-settings.ts';
import { notifications } from '../schema/notifications.ts';
import type { Pipeline } from './pipeline.ts';

/** The quiet hours that hold for one notification. */
export interface QuietHoursRow {
  /** Of the notification. */
  readonly _id: string;
  /** `null` where a scope says there are none. */
  readonly quietHours: QuietHours | null;
}

/**
 * The quiet hours in force for each of some notifications: those of the most specific scope that says something about
 * them, for their customer, category and account. No row where no scope does.
 */
export function quietHoursInForcePipeline(notificationIds: readonly string[]): Pipeline<QuietHoursRow> {
  return {
    name: 'quiet hours in force',
    collection: notifications,
    index: '_id_',
    stages: [
      { $match: { _id: { $in: [...notificationIds] } } },
      {
        $lookup: {
          from: notificationSettings.name,
          localField: 'userId',
          foreignField: 'userId',
          let: { category: '$category', accountId: { $ifNull: ['$data.accountId', ''] } },
          pipeline: [
            {
              $match: {
                quietHours: { $exists: true },
                // The ids of scopes cannot be mistaken for one another: none, the name of a category, a UUID.
                $expr: { $in: ['$scopeId', ['', '$$category', '$$accountId']] },
              },
            },
            // Account, category, global: by the alphabet, the most specific first.
            { $sort: { scope: 1 } },
            { $limit: 1 },
            { $project: { _id: 0, quietHours: 1 } },
          ],
          as: 'said',
        },
      },
      { $unwind: '$said' },
      { $project: { quietHours: '$said.quietHours' } },
    ],
  };
}
