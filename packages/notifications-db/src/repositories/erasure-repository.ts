import { isMongoError, MongoErrorCode } from '@finova/db-kit';
import { typedCollection } from '@finova/db-kit/mongodb';
import type { Db } from 'mongodb';
import { notificationSettings } from '../schema/notification-settings.ts';
import { notifications } from '../schema/notifications.ts';
import { RECIPIENT_SCHEMA_VERSION, recipients } from '../schema/recipients.ts';

const CLOSE_ATTEMPTS = 5;

/** What an erasure deleted. */
export interface Erasure {
  readonly notifications: number;
  readonly settings: number;
}

/**
 * Erases customers (GDPR, article 17): deletes what is stored for them and keeps out what would come later.
 *
 * The gate of the customer is closed first. What was stored before that is there to be deleted; what comes after it is
 * refused. The tombstone that stays holds the customer's id and when it happened, and nothing else: a random id, which
 * points at nobody once accounts-db has erased them too.
 */
export class ErasureRepository {
  readonly #db: Db;
  readonly #clock: () => Date;

  constructor(db: Db, options: { readonly clock?: () => Date } = {}) {
    this.#db = db;
    this.#clock = options.clock ?? (() => new Date());
  }

  /** Erases a customer, known here or not. Again, or after a crash, it completes what is left to do. */
  async erase(userId: string): Promise<Erasure> {
    await this.#close(userId);
    const ofUser = { userId };
    const deletedNotifications = await typedCollection(this.#db, notifications).deleteMany(ofUser);
    const deletedSettings = await typedCollection(this.#db, notificationSettings).deleteMany(ofUser);
    await typedCollection(this.#db, recipients).updateOne(
      { _id: userId, status: 'erasing' },
      { $set: { status: 'erased' } },
    );
    return { notifications: deletedNotifications.deletedCount, settings: deletedSettings.deletedCount };
  }

  /**
   * Completes erasures that a crash cut short; run it now and then.
   *
   * @returns whose they were.
   */
  async resume(): Promise<readonly string[]> {
    const unfinished = await typedCollection(this.#db, recipients)
      .find({ status: 'erasing' }, { projection: { _id: 1 } })
      .toArray();
    for (const { _id } of unfinished) {
      await this.erase(_id);
    }
    return unfinished.map(({ _id }) => _id);
  }

  /** Whether nothing may be stored for a customer any more. */
  async isErased(userId: string): Promise<boolean> {
    const closed = { _id: userId, status: { $ne: 'active' } } as const;
    return (await typedCollection(this.#db, recipients).countDocuments(closed, { limit: 1 })) > 0;
  }

  /** Waits for transactions that have passed the gate, and lets none pass after. */
  async #close(userId: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await typedCollection(this.#db, recipients).updateOne(
          { _id: userId },
          {
            $set: { status: 'erasing', schemaVersion: RECIPIENT_SCHEMA_VERSION },
            // The first time stays.
            $min: { erasedAt: this.#clock() },
            $unset: { passes: true },
          },
          { upsert: true },
        );
        return;
      } catch (thrown) {
        // The gate was made in the same moment: it is there to be closed now.
        if (
          !isMongoError(thrown, [MongoErrorCode.duplicateKey, MongoErrorCode.writeConflict]) ||
          attempt === CLOSE_ATTEMPTS
        ) {
          throw thrown;
        }
      }
    }
  }
}
