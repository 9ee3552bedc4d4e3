import { newId } from '@finova/db-kit';
import {
  type Channel,
  effectiveSettingsPipeline,
  type NewNotification,
  pipelineOptions,
  quietHoursInForcePipeline,
  unreadCountsPipeline,
} from '@finova/notifications-db';
import type { Collection, Db } from 'mongodb';

const OPTIONS = { useBigInt64: true, ignoreUndefined: true } as const;
const DISPATCH = { channel: 1, nextAttemptAt: 1 } as const;

/** The commands that the repositories send, sent by the driver alone: nothing is checked, and nothing is turned. */
export class BareDriver {
  readonly #db: Db;
  // biome-ignore lint/suspicious/noExplicitAny: that is what a driver without types works with.
  readonly #notifications: Collection<any>;
  // biome-ignore lint/suspicious/noExplicitAny: it is sent documents as they are, of no type.
  readonly #recipients: Collection<any>;

  constructor(db: Db) {
    this.#db = db;
    this.#notifications = db.collection('notifications', OPTIONS);
    this.#recipients = db.collection('recipients', OPTIONS);
  }

  async enqueue(input: NewNotification): Promise<void> {
    await this.#db.client.withSession((session) =>
      session.withTransaction(async () => {
        await this.#recipients.updateOne(
          { _id: input.userId, status: 'active' },
          { $inc: { passes: 1n }, $setOnInsert: { schemaVersion: 1 } },
          { session, upsert: true },
        );
        await this.#notifications.insertOne(documentOf(input), { session });
      }),
    );
  }

  async enqueueMany(inputs: readonly NewNotification[]): Promise<void> {
    const userIds = inputs.map(({ userId }) => userId);
    await this.#db.client.withSession((session) =>
      session.withTransaction(async () => {
        await this.#recipients.find({ _id: { $in: userIds } }, { session, projection: { status: 1 } }).toArray();
        await this.#recipients.bulkWrite(
          userIds.toSorted().map((_id) => ({
            updateOne: {
              filter: { _id, status: 'active' },
              update: { $inc: { passes: 1n }, $setOnInsert: { schemaVersion: 1 } },
              upsert: true,
            },
          })),
          { session, ordered: true },
        );
        await this.#notifications.bulkWrite(
          inputs.map((input) => {
            const { userId, eventId, channel, ...fields } = documentOf(input);
            return {
              updateOne: { filter: { userId, eventId, channel }, update: { $setOnInsert: fields }, upsert: true },
            };
          }),
          { session, ordered: false },
        );
      }),
    );
  }

  async inboxPage(userId: string, limit: number): Promise<void> {
    await this.#notifications.find({ userId, channel: 'in_app' }, { sort: { _id: -1 }, limit: limit + 1 }).toArray();
  }

  async unreadCounts(userId: string): Promise<void> {
    const pipeline = unreadCountsPipeline(userId);
    await this.#notifications.aggregate([...pipeline.stages], pipelineOptions(pipeline)).toArray();
  }

  async settings(userId: string): Promise<void> {
    const pipeline = effectiveSettingsPipeline({ userId, category: 'payments' });
    await this.#db
      .collection(pipeline.collection.name)
      .aggregate([...pipeline.stages], pipelineOptions(pipeline))
      .toArray();
  }

  /** Leases and settles, one command for each as the repository does. */
  async deliver(channel: Channel, owner: string, limit: number): Promise<void> {
    const now = new Date();
    const leasedUntil = new Date(now.getTime() + 60_000);
    const due = { channel, nextAttemptAt: { $lte: now } };
    await this.#notifications.updateMany(
      { ...due, attempts: { $gte: 8 } },
      { $set: { status: 'dead' } },
      { hint: DISPATCH },
    );
    const leased = [];
    for (let count = 0; count < limit; count++) {
      leased.push(
        await this.#notifications.findOneAndUpdate(
          { ...due, attempts: { $lt: 8 } },
          {
            $set: { status: 'leased', leaseOwner: owner, leasedUntil, nextAttemptAt: leasedUntil, updatedAt: now },
            $inc: { attempts: 1 },
          },
          { sort: { nextAttemptAt: 1 }, hint: DISPATCH, returnDocument: 'after' },
        ),
      );
    }
    const pipeline = quietHoursInForcePipeline(leased.map((document) => document?._id));
    await this.#notifications.aggregate([...pipeline.stages], pipelineOptions(pipeline)).toArray();
    for (const document of leased) {
      const { _id, userId, attempts } = document ?? {};
      await this.#notifications.findOneAndUpdate(
        { _id, userId, status: 'leased', leaseOwner: owner, attempts },
        {
          $set: { status: 'sent', sentAt: now, expiresAt: new Date('2099-01-01T00:00:00Z'), updatedAt: now },
          $unset: { nextAttemptAt: true, leaseOwner: true, leasedUntil: true, deferredFrom: true, digestAt: true },
        },
        { returnDocument: 'after' },
      );
    }
  }
}

function documentOf(input: NewNotification) {
  const now = new Date();
  return {
    ...input,
    _id: newId(),
    data: {},
    attempts: 0,
    status: 'queued',
    nextAttemptAt: now,
    schemaVersion: 1,
    createdAt: now,
    updatedAt: now,
  };
}
