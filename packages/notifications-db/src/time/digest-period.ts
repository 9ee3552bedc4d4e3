import type { GatheringDigest } from '../schema/vocabulary.ts';
import { firstMomentWhen, localMs } from './local-clock.ts';

const HOUR_MS = 3_600_000;
const LENGTH_MS = { hourly: HOUR_MS, daily: 24 * HOUR_MS } as const satisfies Record<GatheringDigest, number>;
/** `2026-03-04T09`, of which a day is the first part. */
const LABEL_LENGTH = { hourly: 13, daily: 10 } as const satisfies Record<GatheringDigest, number>;

/** A local hour or day, with what gathers in it. */
export interface DigestPeriod {
  /** `2026-03-04T09` or `2026-03-04` */
  readonly period: string;
  /** The first moment after it. */
  readonly endsAt: Date;
}

/**
 * The local hour or day of a time zone that a moment lies in. Days are as long as the clocks make them: 23 to 25 hours
 * where they change, and an hour that they show twice is one period.
 *
 * @example
 * digestPeriod({ every: 'daily', timeZone: 'Europe/Vienna' }, new Date('2026-03-29T10:00:00Z'));
 * // { period: '2026-03-29', endsAt: 2026-03-29T22:00:00Z }
 */
export function digestPeriod(
  { every, timeZone }: { readonly every: GatheringDigest; readonly timeZone: string },
  at: Date,
): DigestPeriod {
  const lengthMs = LENGTH_MS[every];
  const period = Math.floor(localMs(timeZone, at.getTime()) / lengthMs);
  const endsAt = firstMomentWhen(timeZone, at.getTime(), (local) => Math.max(0, (period + 1) * lengthMs - local));
  return { period: new Date(period * lengthMs).toISOString().slice(0, LABEL_LENGTH[every]), endsAt: new Date(endsAt) };
}
