import { isMongoError, MongoErrorCode } from '@finova/db-kit';
import { typedCollection } from '@finova/db-kit/mongodb';
import type { Collection, Db, UpdateFilter } from 'mongodb';
import { LeaseLostError } from '../errors.ts';
import { checkNotification, checkNotifications, type NewNotification } from '../input.ts';
import { newNotificationDocument } from '../new-notification.ts';
import { type Notification, toNotification } from '../notification.ts';
import { DEFAULT_RETRY_POLICY, type RetryPolicy, retryDelayMs } from '../retry-policy.ts';
import { DISPATCH_KEY, type NotificationDocument, notifications } from '../schema/notifications.ts';
import type { Channel } from '../schema/vocabulary.ts';
import { type EnqueueOutcome, enqueueMany } from './enqueue-many.ts';
import { heldBack } from './held-back.ts';
import { passGate, withGates } from './recipient-gate.ts';

const DAY_MS = 86_400_000;
const LEASE_LIMIT_MAX = 500;
const ERROR_LENGTH_MAX = 500;

/** A notification that one worker may deliver until `leasedUntil`. */
export type LeasedNotification = Notification & { readonly leaseOwner: string; readonly leasedUntil: Date };

/** What a worker asks for. */
export interface LeaseRequest {
  readonly channel: Channel;
  /** The worker's name. */
  readonly owner: string;
  readonly limit: number;
  /** How long it may take to deliver one. */
  readonly leaseMs: number;
}

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
  readonly #db: Db;
  readonly #collection: Collection<NotificationDocument>;
  readonly #retry: RetryPolicy;
  readonly #retentionMs: number;
  readonly #clock: () => Date;
  readonly #random: () => number;

  constructor(db: Db, options: NotificationRepositoryOptions = {}) {
    this.#db = db;
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
   * @throws {RecipientErasedError}
   */
  async enqueue(input: NewNotification): Promise<{ readonly notification: Notification; readonly added: boolean }> {
    const checked = checkNotification(input);
    const { userId, eventId, channel } = checked;
    const document = newNotificationDocument(checked, this.#clock());
    let isInserting = false;
    try {
      await withGates(this.#db, async (session) => {
        isInserting = false;
        await passGate(this.#db, session, userId);
        isInserting = true;
        await this.#collection.insertOne(document, { session });
      });
      return { notification: toNotification(document), added: true };
    } catch (thrown) {
      const existing =
        isInserting && isMongoError(thrown, [MongoErrorCode.duplicateKey])
          ? await this.#collection.findOne({ userId, eventId, channel })
          : null;
      if (existing === null) {
        throw thrown;
      }
      return { notification: toNotification(existing), added: false };
    }
  }

  /**
   * Queues many notifications, each once per customer, event and channel; again does nothing. Several may be of one
   * customer, and one may come twice.
   *
   * Up to 200 are stored together or not at all. When it throws, those before them may be stored: call it again with
   * the same list.
   *
   * @returns what became of each, in the order of the list.
   * @throws {InvalidNotificationInputError} before anything is stored.
   * @example
   * const outcomes = await repository.enqueueMany(notifications);
   * const added = outcomes.filter(({ outcome }) => outcome === 'added').length;
   */
  async enqueueMany(inputs: readonly NewNotification[]): Promise<readonly EnqueueOutcome[]> {
    return enqueueMany(this.#db, checkNotifications(inputs), this.#clock);
  }

  /**
   * Takes due notifications of a channel for one worker, longest due first: queued, failed and to be tried again, or
   * leased by a worker that let its lease run out. No two workers ever hold the same one.
   *
   * What falls into quiet hours of its customer is put off until they end, and not counted as an attempt; required
   * notices and the inbox know no quiet hours. What was begun `maxAttempts` times without an outcome (its workers died)
   * is given up.
   *
   * @param limit - at most 500.
   * @returns fewer than there are, and possibly fewer than `limit`, but none only when nothing is to be delivered now.
   */
  async lease(request: LeaseRequest): Promise<readonly LeasedNotification[]> {
    const { channel, limit } = request;
    const due = { channel, nextAttemptAt: { $lte: this.#clock() } };
    await this.#collection.updateMany(
      { ...due, attempts: { $gte: this.#retry.maxAttempts } },
      this.#finish('dead', { lastError: 'No outcome was reported for the last delivery' }),
      { hint: DISPATCH_KEY },
    );
    for (;;) {
      const taken = await this.#take(request, Math.min(limit, LEASE_LIMIT_MAX));
      const putOff = await heldBack(this.#db, taken, this.#clock());
      await this.#putOff(taken, putOff);
      const ready = taken.filter(({ id }) => !putOff.has(id));
      // All of them in quiet hours says nothing about those behind them.
      if (ready.length > 0 || taken.length === 0) {
        return ready;
      }
    }
  }

  async #take({ channel, owner, leaseMs }: LeaseRequest, limit: number): Promise<readonly LeasedNotification[]> {
    const now = this.#clock();
    const leasedUntil = new Date(now.getTime() + leaseMs);
    const leased: LeasedNotification[] = [];
    while (leased.length < limit) {
      // One at a time: finding and marking are one atomic command, so workers cannot take the same one.
      const document = await this.#collection.findOneAndUpdate(
        { channel, nextAttemptAt: { $lte: now }, attempts: { $lt: this.#retry.maxAttempts } },
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

  /** Gives back what is not to be delivered before a moment, as if it had not been taken. */
  async #putOff(taken: readonly LeasedNotification[], until: ReadonlyMap<string, Date>): Promise<void> {
    const now = this.#clock();
    const operations = taken.flatMap(({ id, userId, leaseOwner, attempts, lastError, deferredFrom = now }) => {
      const nextAttemptAt = until.get(id);
      return nextAttemptAt === undefined
        ? []
        : {
            updateOne: {
              filter: { _id: id, userId, status: 'leased' as const, leaseOwner, attempts },
              update: {
                $set: {
                  status: lastError === undefined ? ('queued' as const) : ('failed' as const),
                  nextAttemptAt,
                  deferredFrom,
                  updatedAt: now,
                },
                $inc: { attempts: -1 },
                $unset: { leaseOwner: true as const, leasedUntil: true as const },
              },
            },
          };
    });
    if (operations.length > 0) {
      await this.#collection.bulkWrite(operations, { ordered: false });
    }
  }

  /**
   * Brings back what quiet hours of a customer hold back, to be looked at anew: after they changed them, or moved to
   * another time zone.
   *
   * @returns how many there were.
   */
  async reconsiderDeferred(userId: string): Promise<number> {
    const { modifiedCount } = await this.#collection.updateMany(
      { userId, status: { $in: ['queued', 'failed'] }, deferredFrom: { $exists: true } },
      [{ $set: { nextAttemptAt: '$deferredFrom', updatedAt: this.#clock() } }, { $unset: 'deferredFrom' }],
    );
    return modifiedCount;
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
      $unset: { leaseOwner: true, leasedUntil: true, deferredFrom: true },
    });
  }

  /**
   * Takes back a notification that no worker is delivering; it also leaves the inbox.
   *
   * @returns whether it was still waiting.
   */
  async cancel(userId: string, notificationId: string): Promise<boolean> {
    const { modifiedCount } = await this.#collection.updateOne(
      { _id: notificationId, userId, status: { $in: ['queued', 'failed', 'gathered'] } },
      this.#finish('cancelled'),
    );
    return modifiedCount === 1;
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
        deferredFrom: true,
        digestAt: true,
        ...(status === 'cancelled' && { unread: true as const }),
      },
    };
  }
}
