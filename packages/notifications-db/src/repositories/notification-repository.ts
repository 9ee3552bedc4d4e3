import { isMongoError, MongoErrorCode, newId } from '@finova/db-kit';
import { typedCollection } from '@finova/db-kit/mongodb';
import type { Collection, Db, UpdateFilter } from 'mongodb';
import { LeaseLostError } from '../errors.ts';
import { checkNotification, type NewNotification } from '../input.ts';
import { type Notification, toNotification } from '../notification.ts';
import { DEFAULT_RETRY_POLICY, type RetryPolicy, retryDelayMs } from '../retry-policy.ts';
import {
  DISPATCH_KEY,
  NOTIFICATION_SCHEMA_VERSION,
  type NotificationDocument,
  notifications,
} from '../schema/notifications.ts';
import type { Channel } from '../schema/vocabulary.ts';

const DAY_MS = 86_400_000;
const LEASE_LIMIT_MAX = 500;
const ERROR_LENGTH_MAX = 500;

/** A notification that one worker may deliver until `leasedUntil`. */
export type LeasedNotification = Notification & { readonly leaseOwner: string; readonly leasedUntil: Date };

export interface NotificationRepositoryOptions {
  readonly retry?: RetryPolicy;
  /** How long a notification is kept once it is sent, given up or cancelled. Default 400. */
  readonly retentionDays?: number;
  readonly clock?: () => Date;
  /** From 0 to 1, for the spread of retries. */
  readonly random?: () => number;
}

/**
 * The delivery queue of each channel: enqueue, lease, settle.
 *
 * Deliveries are at least once: a worker that dies between delivering and `markSent` leaves its notification to the
 * next one, which recognises it by `id`. Clocks of workers may differ; a lease should be long against that.
 *
 * @example
 * for (const leased of await repository.lease({ channel: 'email', owner: 'mailer-1', limit: 50, leaseMs: 60_000 })) {
 *   await mail(leased);
 *   await repository.markSent(leased);
 * }
 */
export class NotificationRepository {
  readonly #collection: Collection<NotificationDocument>;
  readonly #retry: RetryPolicy;
  readonly #retentionMs: number;
  readonly #clock: () => Date;
  readonly #random: () => number;

  constructor(db: Db, options: NotificationRepositoryOptions = {}) {
    this.#collection = typedCollection(db, notifications);
    this.#retry = options.retry ?? DEFAULT_RETRY_POLICY;
    this.#retentionMs = (options.retentionDays ?? 400) * DAY_MS;
    this.#clock = options.clock ?? (() => new Date());
    this.#random = options.random ?? Math.random;
  }

  /**
   * Queues a notification once per customer, event and channel; again does nothing.
   *
   * @returns the notification as it is stored, and whether this call stored it.
   * @throws {InvalidNotificationInputError}
   */
  async enqueue(input: NewNotification): Promise<{ readonly notification: Notification; readonly added: boolean }> {
    const { notBefore, data = {}, ...fields } = checkNotification(input);
    const now = this.#clock();
    const document: NotificationDocument = {
      ...fields,
      _id: newId(),
      data,
      status: 'queued',
      attempts: 0,
      nextAttemptAt: notBefore ?? now,
      ...(fields.channel === 'in_app' && { unread: true as const }),
      schemaVersion: NOTIFICATION_SCHEMA_VERSION,
      createdAt: now,
      updatedAt: now,
    };
    try {
      await this.#collection.insertOne(document);
      return { notification: toNotification(document), added: true };
    } catch (thrown) {
      const { userId, eventId, channel } = fields;
      const existing = isMongoError(thrown, [MongoErrorCode.duplicateKey])
        ? await this.#collection.findOne({ userId, eventId, channel })
        : null;
      if (existing === null) {
        throw thrown;
      }
      return { notification: toNotification(existing), added: false };
    }
  }

  /**
   * Takes due notifications of a channel for one worker, longest due first: queued, failed and to be tried again, or
   * leased by a worker that let its lease run out. No two workers ever hold the same one.
   *
   * What was begun `maxAttempts` times without an outcome (its workers died) is given up.
   *
   * @param limit - at most 500.
   */
  async lease({
    channel,
    owner,
    limit,
    leaseMs,
  }: {
    readonly channel: Channel;
    readonly owner: string;
    readonly limit: number;
    readonly leaseMs: number;
  }): Promise<readonly LeasedNotification[]> {
    const now = this.#clock();
    const leasedUntil = new Date(now.getTime() + leaseMs);
    const due = { channel, nextAttemptAt: { $lte: now } };
    await this.#collection.updateMany(
      { ...due, attempts: { $gte: this.#retry.maxAttempts } },
      this.#finish('dead', { lastError: 'No outcome was reported for the last delivery' }),
      { hint: DISPATCH_KEY },
    );
    const leased: LeasedNotification[] = [];
    while (leased.length < Math.min(limit, LEASE_LIMIT_MAX)) {
      // One at a time: finding and marking are one atomic command, so workers cannot take the same one.
      const document = await this.#collection.findOneAndUpdate(
        { ...due, attempts: { $lt: this.#retry.maxAttempts } },
        {
          $set: { status: 'leased', leaseOwner: owner, leasedUntil, nextAttemptAt: leasedUntil, updatedAt: now },
          $inc: { attempts: 1 },
        },
        { sort: { nextAttemptAt: 1 }, hint: DISPATCH_KEY, returnDocument: 'after' },
      );
      if (document === null) {
        break;
      }
      leased.push({ ...toNotification(document), leaseOwner: owner, leasedUntil });
    }
    return leased;
  }

  /**
   * Records that a leased notification was delivered.
   *
   * @throws {LeaseLostError} when the lease had passed on or the outcome is already recorded.
   */
  async markSent(leased: LeasedNotification): Promise<Notification> {
    return this.#settle(leased, this.#finish('sent', { sentAt: this.#clock() }));
  }

  /**
   * Records that a delivery failed: it is tried again later, or given up (`dead`) after the last attempt or when the
   * failure is `permanent`.
   *
   * @param reason - what went wrong, without addresses or other personal data; cut after 500 characters.
   * @throws {LeaseLostError} when the lease had passed on or the outcome is already recorded.
   */
  async markFailed(
    leased: LeasedNotification,
    { reason, permanent = false }: { readonly reason: string; readonly permanent?: boolean },
  ): Promise<Notification> {
    const lastError = [...(reason === '' ? 'No reason given' : reason)].slice(0, ERROR_LENGTH_MAX).join('');
    if (permanent || leased.attempts >= this.#retry.maxAttempts) {
      return this.#settle(leased, this.#finish('dead', { lastError }));
    }
    const now = this.#clock();
    const nextAttemptAt = new Date(now.getTime() + retryDelayMs(this.#retry, leased.attempts, this.#random()));
    return this.#settle(leased, {
      $set: { status: 'failed', lastError, nextAttemptAt, updatedAt: now },
      $unset: { leaseOwner: true, leasedUntil: true },
    });
  }

  /**
   * Takes back a notification that no worker is delivering; it also leaves the inbox.
   *
   * @returns whether it was still waiting.
   */
  async cancel(userId: string, notificationId: string): Promise<boolean> {
    const { modifiedCount } = await this.#collection.updateOne(
      { _id: notificationId, userId, status: { $in: ['queued', 'failed'] } },
      this.#finish('cancelled'),
    );
    return modifiedCount === 1;
  }

  /**
   * Erases a customer's notifications, sent or not.
   *
   * @returns how many there were.
   */
  async deleteOfUser(userId: string): Promise<number> {
    const { deletedCount } = await this.#collection.deleteMany({ userId });
    return deletedCount;
  }

  async #settle(leased: LeasedNotification, update: UpdateFilter<NotificationDocument>): Promise<Notification> {
    const { id, userId, leaseOwner, attempts } = leased;
    // Each lease counts an attempt, so owner and attempt together name this lease and no later one.
    const document = await this.#collection.findOneAndUpdate(
      { _id: id, userId, status: 'leased', leaseOwner, attempts },
      update,
      { returnDocument: 'after' },
    );
    if (document === null) {
      throw new LeaseLostError(id, leaseOwner);
    }
    return toNotification(document);
  }

  #finish(
    status: 'sent' | 'dead' | 'cancelled',
    fields: Partial<Pick<NotificationDocument, 'sentAt' | 'lastError'>> = {},
  ): UpdateFilter<NotificationDocument> {
    const now = this.#clock();
    return {
      $set: { ...fields, status, expiresAt: new Date(now.getTime() + this.#retentionMs), updatedAt: now },
      $unset: {
        nextAttemptAt: true,
        leaseOwner: true,
        leasedUntil: true,
        ...(status === 'cancelled' && { unread: true as const }),
      },
    };
  }
}
