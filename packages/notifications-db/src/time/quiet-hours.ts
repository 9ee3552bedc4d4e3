import type { QuietHours } from '../schema/notification-settings.ts';
import { firstMomentWhen, localMs } from './local-clock.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/**
 * Whether a moment lies in somebody's quiet hours: whether the clocks of their zone show a time from `start` on and
 * before `end`. It is the clock that counts: an hour that the clocks show twice is quiet both times.
 */
export function isQuiet(quietHours: QuietHours, at: Date): boolean {
  return quietMsLeft(quietHours, localMs(quietHours.timeZone, at.getTime())) > 0;
}

/**
 * The first moment from `from` on that is not in the quiet hours: `from` itself where it is not.
 *
 * Where the clocks jump over the end, it is the moment they jump.
 *
 * @param quietHours - with an end other than the start, as settings have.
 * @example
 * // 23:10 in Vienna
 * endOfQuietHours({ start: '22:00', end: '07:00', timeZone: 'Europe/Vienna' }, new Date('2026-03-28T22:10:00Z'));
 * // 2026-03-29T05:00:00Z: 07:00 in Vienna, where summer time began in between
 */
export function endOfQuietHours(quietHours: QuietHours, from: Date): Date {
  return new Date(firstMomentWhen(quietHours.timeZone, from.getTime(), (local) => quietMsLeft(quietHours, local)));
}

/** How long quiet hours go on from a local time if nobody changes the clocks; 0 outside of them. */
function quietMsLeft({ start, end }: QuietHours, local: number): number {
  const timeOfDay = modulo(local, DAY_MS);
  const sinceStart = modulo(timeOfDay - msOf(start), DAY_MS);
  const length = modulo(msOf(end) - msOf(start), DAY_MS);
  return Math.max(0, length - sinceStart);
}

function msOf(timeOfDay: string): number {
  const [hours, minutes] = timeOfDay.split(':').map(Number);
  return ((hours ?? 0) * 60 + (minutes ?? 0)) * MINUTE_MS;
}

function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}
