import { notifications } from '../schema/notifications.ts';
import type { Category, Channel, GatheringDigest, Severity } from '../schema/vocabulary.ts';
import type { Pipeline } from './pipeline.ts';

/** How many gathered notifications one call looks at: what is due at midnight is taken in several. */
const GATHERED_LIMIT = 10_000;

/** A digest that is due: what a customer was to be told on one channel about one local hour or day. */
export interface DueDigestRow {
  readonly userId: string;
  readonly channel: Channel;
  readonly every: GatheringDigest;
  /** The local day (`2026-03-04`) or hour (`2026-03-04T09`). */
  readonly period: string;
  /** When the period ended. */
  readonly dueAt: Date;
  readonly count: number | bigint;
  readonly categories: readonly Category[];
  readonly severities: readonly Severity[];
}

/** The digests of a channel whose local hour or day is over, longest due first. */
export function dueDigestsPipeline({
  channel,
  now,
  limit,
}: {
  readonly channel: Channel;
  readonly now: Date;
  readonly limit: number;
}): Pipeline<DueDigestRow> {
  return {
    name: 'due digests',
    collection: notifications,
    index: 'digests',
    isHinted: true,
    stages: [
      { $match: { channel, digestAt: { $lte: now } } },
      // The order of the index, in which the notifications of one digest lie together.
      { $sort: { digestAt: 1, userId: 1 } },
      { $limit: GATHERED_LIMIT },
      {
        $group: {
          _id: { userId: '$userId', every: '$digest.every', period: '$digest.period' },
          dueAt: { $min: '$digestAt' },
          count: { $sum: 1 },
          categories: { $addToSet: '$category' },
          severities: { $addToSet: '$severity' },
        },
      },
      { $sort: { dueAt: 1, _id: 1 } },
      { $limit: limit },
      {
        $project: {
          _id: 0,
          userId: '$_id.userId',
          channel: { $literal: channel },
          every: '$_id.every',
          period: '$_id.period',
          dueAt: 1,
          count: 1,
          categories: 1,
          severities: 1,
        },
      },
    ],
  };
}
