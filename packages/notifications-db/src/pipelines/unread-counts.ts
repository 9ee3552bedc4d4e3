import { notifications } from '../schema/notifications.ts';
import type { Category, Severity } from '../schema/vocabulary.ts';
import type { Pipeline } from './pipeline.ts';

/** How many unread notifications of one category and severity a customer has. */
export interface UnreadRow {
  readonly _id: { readonly category: Category; readonly severity: Severity };
  readonly count: number | bigint;
}

/** What waits unread in a customer's inbox, by category and severity: from the index of unread notifications alone. */
export function unreadCountsPipeline(userId: string): Pipeline<UnreadRow> {
  return {
    name: 'unread counts',
    collection: notifications,
    index: 'unread_counts',
    stages: [
      { $match: { userId, unread: true } },
      { $group: { _id: { category: '$category', severity: '$severity' }, count: { $sum: 1 } } },
    ],
  };
}
