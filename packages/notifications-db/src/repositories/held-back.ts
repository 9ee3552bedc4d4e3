import { isTimeZone } from '@finova/preferences-db';
import type { Db } from 'mongodb';
import type { Notification } from '../notification.ts';
import { runPipeline } from '../pipelines/pipeline.ts';
import { quietHoursInForcePipeline } from '../pipelines/quiet-hours-in-force.ts';
import { REQUIRED_NOTICES } from '../schema/vocabulary.ts';
import { endOfQuietHours } from '../time/quiet-hours.ts';

/**
 * Which of some notifications fall into quiet hours now, and until when. Required notices do not, and neither does the
 * inbox: nobody is woken by it.
 *
 * @returns the moment at which each may go, by id.
 */
export async function heldBack(
  db: Db,
  notifications: readonly Notification[],
  now: Date,
): Promise<ReadonlyMap<string, Date>> {
  const holdable = notifications.filter(
    ({ category, channel }) => channel !== 'in_app' && !(REQUIRED_NOTICES[category] ?? []).includes(channel),
  );
  if (holdable.length === 0) {
    return new Map();
  }
  const rows = await runPipeline(db, quietHoursInForcePipeline(holdable.map(({ id }) => id)));
  return new Map(
    rows.flatMap(({ _id, quietHours }) => {
      // A zone that this runtime does not know must not stop the queue of everybody else.
      if (quietHours === null || !isTimeZone(quietHours.timeZone)) {
        return [];
      }
      const end = endOfQuietHours(quietHours, now);
      return end > now ? [[_id, end] as const] : [];
    }),
  );
}
