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
  | { readonly outcome: 'added' | 'existing'; readonly notificationId: string }
  | { readonly outcome: 'erased' };

type NotificationKey = Pick<NewNotification, 'userId' | 'eventId' | 'channel'>;

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
  const collection = typedCollection(db, notifications);
  const erased = await passGates(db, session, new Set(batch.map(({ userId }) => userId)));
  const wanted = batch.filter(({ userId }) => !erased.has(userId));
  const known = await findExisting(db, session, wanted);
  // One that is refused would end the transaction, so what is there is left out before; what comes meanwhile conflicts.
  const missing = new Map<string, ReturnType<typeof newNotificationDocument>>();
  for (const input of wanted) {
    const key = keyOf(input);
    if (!known.has(key) && !missing.has(key)) {
      missing.set(key, newNotificationDocument(input, now));
    }
  }
  if (missing.size > 0) {
    await collection.insertMany([...missing.values()], { session, ordered: false });
  }
  return batch.map((input): EnqueueOutcome => {
    if (erased.has(input.userId)) {
      return { outcome: 'erased' };
    }
    const key = keyOf(input);
    const added = missing.get(key);
    if (added === undefined) {
      return { outcome: 'existing', notificationId: known.get(key) ?? '' };
    }
    const isFirst = !known.has(key);
    known.set(key, added._id);
    return { outcome: isFirst ? 'added' : 'existing', notificationId: added._id };
  });
}

/** The ids of those that are stored already, by key. */
async function findExisting(
  db: Db,
  session: ClientSession,
  wanted: readonly NotificationKey[],
): Promise<Map<string, string>> {
  if (wanted.length === 0) {
    return new Map();
  }
  // Also finds other events of these customers that are in the list: fewer than it has, and one scan of the index.
  const found = await typedCollection(db, notifications)
    .find(
      {
        userId: { $in: [...new Set(wanted.map(({ userId }) => userId))] },
        eventId: { $in: [...new Set(wanted.map(({ eventId }) => eventId))] },
      },
      { session, hint: 'user_event_channel', projection: { userId: 1, eventId: 1, channel: 1 } },
    )
    .toArray();
  return new Map(found.map((document) => [keyOf(document), document._id]));
}

function keyOf({ userId, eventId, channel }: NotificationKey): string {
  return JSON.stringify([userId, eventId, channel]);
}
