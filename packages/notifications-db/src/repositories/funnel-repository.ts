import { typedCollection } from '@finova/db-kit/mongodb';
import { isTimeZone } from '@finova/preferences-db';
import type { Db } from 'mongodb';
import { InvalidNotificationInputError } from '../errors.ts';
import {
  deliveryFunnelPipeline,
  type FunnelRequest,
  type FunnelRow,
  mergeDeliveryFunnelPipeline,
} from '../pipelines/delivery-funnel.ts';
import { runPipeline } from '../pipelines/pipeline.ts';
import { notificationCounters } from '../schema/notification-counters.ts';
import { digestPeriod } from '../time/digest-period.ts';

const DAY_MS = 86_400_000;

/** Counts how far the notifications of each day came. */
export class FunnelRepository {
  readonly #db: Db;
  readonly #clock: () => Date;
  readonly #retentionMs: number;

  /** @param options - `retentionDays`: how long final notifications are kept, as the queue has it; default 400. */
  constructor(db: Db, options: { readonly clock?: () => Date; readonly retentionDays?: number } = {}) {
    this.#db = db;
    this.#clock = options.clock ?? (() => new Date());
    this.#retentionMs = (options.retentionDays ?? 400) * DAY_MS;
  }

  /** The funnel of each day, channel and category, counted now. */
  async funnel(request: FunnelRequest): Promise<readonly FunnelRow[]> {
    return runPipeline(this.#db, deliveryFunnelPipeline(this.#checked(request)));
  }

  /**
   * Counts whole days into the counters, which outlive the notifications. Days that were counted are counted anew.
   *
   * @throws {InvalidNotificationInputError} for a part of a day, which would replace the whole, and for days of which
   *   notifications may have expired already.
   */
  async count(request: FunnelRequest): Promise<void> {
    const { from, to, timeZone } = this.#checked(request);
    const problems: string[] = [];
    const isDayStart = (at: Date) =>
      digestPeriod({ every: 'daily', timeZone }, new Date(at.getTime() - 1)).endsAt.getTime() === at.getTime();
    for (const [field, at] of Object.entries({ from, to })) {
      if (!isDayStart(at)) {
        problems.push(`${field}: expected the beginning of a day in the time zone`);
      }
    }
    if (from.getTime() < this.#clock().getTime() - this.#retentionMs) {
      problems.push('from: expected a day of which no notification has expired');
    }
    if (problems.length > 0) {
      throw new InvalidNotificationInputError('counters', problems);
    }
    await runPipeline(this.#db, mergeDeliveryFunnelPipeline({ from, to, timeZone, now: this.#clock() }));
  }

  /** The counters of some days (`2026-03-04`, both included), oldest first. */
  async counters({
    timeZone,
    firstDay,
    lastDay,
  }: {
    readonly timeZone: string;
    readonly firstDay: string;
    readonly lastDay: string;
  }): Promise<readonly FunnelRow[]> {
    const documents = await typedCollection(this.#db, notificationCounters)
      .find(
        { timeZone, day: { $gte: firstDay, $lte: lastDay } },
        { sort: { timeZone: 1, day: 1, channel: 1, category: 1 } },
      )
      .toArray();
    return documents.map(({ countedAt: _, schemaVersion: __, ...row }) => row);
  }

  #checked(request: FunnelRequest): FunnelRequest {
    const problems = [
      ...(isTimeZone(request.timeZone) ? [] : ['timeZone: expected an IANA time zone']),
      ...(request.from < request.to ? [] : ['to: expected a moment after from']),
    ];
    if (problems.length > 0) {
      throw new InvalidNotificationInputError('counters', problems);
    }
    return request;
  }
}
