import { typedCollection } from '@finova/db-kit/mongodb';
import type { ClientSession, Db } from 'mongodb';
import type { NewNotification } from '../input.ts';
import { newNotificationDocument } from '../new-notification.ts';
import { notifications } from '../schema/notifications.ts';
import { passGates, withGates } from './recipient-gate.ts';

/** Small enough for a transaction to be over before others have waited long for its gates. */
const BATCH_SIZE = 200;

/**
 * What became of one notification:
 * - `added`: this call stored it;
 * - `existing`: it was there already, or is earlier in the same list;
 * - `erased`: its customer was erased, and nothing is stored.
 */
export type EnqueueOutcome =
  | { readonly outcome: 'added'; readonly notificationId: string }
  | { readonly outcome: 'existing' | 'erased' };

/** See {@link NotificationRepository.enqueueMany}; the inputs are checked. */
export async function enqueueMany(
  db: Db,
  inputs: readonly NewNotification[],
  clock: () => Date,
): Promise<readonly EnqueueOutcome[]> {
  const outcomes: EnqueueOutcome[] = [];
  for (let start = 0; start < inputs.length; start += BATCH_SIZE) {
    const batch = inputs.slice(start, start + BATCH_SIZE);
    outcomes.push(...(await withGates(db, (session) => enqueueBatch(db, session, batch, clock()))));
  }
  return outcomes;
}

async function enqueueBatch(
  db: Db,
  session: ClientSession,
  batch: readonly NewNotification[],
  now: Date,
): Promise<readonly EnqueueOutcome[]> {
  const erased = await passGates(db, session, new Set(batch.map(({ userId }) => userId)));
  const wanted = batch.filter(({ userId }) => !erased.has(userId));
  // Not inserts: the first that is there already would end the transaction for all of them.
  const operations = wanted.map((input) => {
    const { userId, eventId, channel, ...fields } = newNotificationDocument(input, now);
    return { updateOne: { filter: { userId, eventId, channel }, update: { $setOnInsert: fields }, upsert: true } };
  });
  const upserted: Readonly<Record<number, string>> =
    operations.length === 0
      ? {}
      : (await typedCollection(db, notifications).bulkWrite(operations, { session, ordered: false })).upsertedIds;
  let position = 0;
  return batch.map(({ userId }): EnqueueOutcome => {
    if (erased.has(userId)) {
      return { outcome: 'erased' };
    }
    const notificationId = upserted[position++];
    return notificationId === undefined ? { outcome: 'existing' } : { outcome: 'added', notificationId };
  });
}
