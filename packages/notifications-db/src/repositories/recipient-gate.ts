import { isMongoError, MongoErrorCode } from '@finova/db-kit';
import { typedCollection } from '@finova/db-kit/mongodb';
import type { ClientSession, Db } from 'mongodb';
import { RecipientErasedError } from '../errors.ts';
import { RECIPIENT_SCHEMA_VERSION, recipients } from '../schema/recipients.ts';

/** How often a transaction is begun again when gates moved under it in a way that the driver does not retry itself. */
const GATE_ATTEMPTS = 5;

const PASS = { $inc: { passes: 1n }, $setOnInsert: { schemaVersion: RECIPIENT_SCHEMA_VERSION } } as const;

/** Somebody made or closed a gate after this transaction had looked: it must look again. */
class GateMovedError extends Error {}

/**
 * Runs `use` in a transaction of its own. What it stores for a customer must pass their gate in the same transaction:
 * {@link passGate} or {@link passGates}.
 *
 * The gate is one document per customer, which the transaction writes. An erasure writes it too, so of the two one
 * comes first: either what was stored is there to be deleted, or the gate is closed. Reading a tombstone would not do:
 * a transaction that looks before the erasure and commits after it would leave what nobody deletes.
 *
 * `use` can run several times, and only the last one counts.
 */
export async function withGates<Result>(db: Db, use: (session: ClientSession) => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.client.withSession((session) => session.withTransaction(() => use(session)));
    } catch (thrown) {
      if (!(thrown instanceof GateMovedError) || attempt === GATE_ATTEMPTS) {
        throw thrown instanceof GateMovedError ? thrown.cause : thrown;
      }
    }
  }
}

/**
 * Passes the gate of one customer.
 *
 * @throws {RecipientErasedError} when it is closed; the transaction is then over.
 */
export async function passGate(db: Db, session: ClientSession, userId: string): Promise<void> {
  const gates = typedCollection(db, recipients);
  try {
    // A tombstone does not match, so that the upsert would insert a second document of its id.
    await gates.updateOne({ _id: userId, status: 'active' }, PASS, { session, upsert: true });
  } catch (cause) {
    if (!isMongoError(cause, [MongoErrorCode.duplicateKey])) {
      throw cause;
    }
    // Outside the transaction, which the refusal has ended: two first ones at once are refused alike.
    const isClosed = (await gates.countDocuments({ _id: userId, status: { $ne: 'active' } })) > 0;
    throw isClosed ? new RecipientErasedError(userId, cause) : new GateMovedError(undefined, { cause });
  }
}

/**
 * Passes the gates of many customers.
 *
 * @returns those whose gate is closed: nothing may be stored for them.
 */
export async function passGates(
  db: Db,
  session: ClientSession,
  userIds: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  const gates = typedCollection(db, recipients);
  // Looked at first, because a refusal would end the transaction for all of them.
  const known = await gates.find({ _id: { $in: [...userIds] } }, { session, projection: { status: 1 } }).toArray();
  const erased = new Set(known.filter(({ status }) => status !== 'active').map(({ _id }) => _id));
  const open = [...userIds].filter((userId) => !erased.has(userId));
  try {
    if (open.length > 0) {
      await gates.bulkWrite(
        // In one order, so that two batches do not wait for each other in a circle.
        open
          .toSorted()
          .map((_id) => ({ updateOne: { filter: { _id, status: 'active' }, update: PASS, upsert: true } })),
        { session, ordered: true },
      );
    }
  } catch (cause) {
    throw isMongoError(cause, [MongoErrorCode.duplicateKey]) ? new GateMovedError(undefined, { cause }) : cause;
  }
  return erased;
}
