import {
  NOTIFICATION_COUNTER_SCHEMA_VERSION,
  type NotificationCounterDocument,
  notificationCounters,
} from '../schema/notification-counters.ts';
import { type NotificationStatus, notifications } from '../schema/notifications.ts';
import type { Pipeline } from './pipeline.ts';

/** How far the notifications of one local day, channel and category came. */
export type FunnelRow = Omit<NotificationCounterDocument, 'countedAt' | 'schemaVersion'>;

/** Which days: those that notifications came in from one moment (included) to another (excluded). */
export interface FunnelRequest {
  readonly from: Date;
  readonly to: Date;
  /** IANA, and known to the server: whose days. */
  readonly timeZone: string;
}

const WAITING: readonly NotificationStatus[] = ['queued', 'gathered', 'leased', 'failed'];

/** The delivery funnel of each day, channel and category. */
export function deliveryFunnelPipeline({ from, to, timeZone }: FunnelRequest): Pipeline<FunnelRow> {
  const having = (...statuses: readonly NotificationStatus[]) => ({
    // Long from the start: a counter is one, however small.
    $sum: { $cond: [{ $in: ['$status', statuses] }, { $toLong: 1 }, { $toLong: 0 }] },
  });
  return {
    name: 'delivery funnel',
    collection: notifications,
    index: 'created_at',
    stages: [
      { $match: { createdAt: { $gte: from, $lt: to } } },
      {
        $group: {
          _id: {
            day: { $dateToString: { date: '$createdAt', format: '%Y-%m-%d', timezone: timeZone } },
            channel: '$channel',
            category: '$category',
          },
          enqueued: { $sum: { $toLong: 1 } },
          waiting: having(...WAITING),
          sent: having('sent'),
          digested: having('digested'),
          dead: having('dead'),
          cancelled: having('cancelled'),
          read: { $sum: { $cond: [{ $gt: ['$readAt', null] }, { $toLong: 1 }, { $toLong: 0 }] } },
          attempts: { $sum: { $toLong: '$attempts' } },
        },
      },
      { $sort: { _id: 1 } },
      {
        $project: {
          _id: { $concat: ['$_id.day', '/', '$_id.channel', '/', '$_id.category', '/', timeZone] },
          day: '$_id.day',
          timeZone: { $literal: timeZone },
          channel: '$_id.channel',
          category: '$_id.category',
          enqueued: 1,
          waiting: 1,
          sent: 1,
          digested: 1,
          dead: 1,
          cancelled: 1,
          read: 1,
          attempts: 1,
        },
      },
    ],
  };
}

/**
 * The same, merged into the counters: a day that is counted again is replaced, so that running it twice, or after a
 * crash in the middle, comes to the same. It gives no rows.
 */
export function mergeDeliveryFunnelPipeline(request: FunnelRequest & { readonly now: Date }): Pipeline<never> {
  const { name, collection, index, stages } = deliveryFunnelPipeline(request);
  return {
    name: `${name} into counters`,
    collection,
    index,
    stages: [
      ...stages,
      { $set: { countedAt: request.now, schemaVersion: { $literal: NOTIFICATION_COUNTER_SCHEMA_VERSION } } },
      { $merge: { into: notificationCounters.name, on: '_id', whenMatched: 'replace', whenNotMatched: 'insert' } },
    ],
  };
}
