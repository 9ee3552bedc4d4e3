import { typedCollection } from '@finova/db-kit/mongodb';
import type { ClientSession, Db } from 'mongodb';
import { RecipientErasedError } from '../errors.ts';
import { checkNotification, type NewNotification } from '../input.ts';
import { newNotificationDocument } from '../new-notification.ts';
import { type Notification, toNotification } from '../notification.ts';
import { type DueDigestRow, dueDigestsPipeline } from '../pipelines/due-digests.ts';
import { runPipeline } from '../pipelines/pipeline.ts';
import { type NotificationDocument, notifications } from '../schema/notifications.ts';
import { type Channel, SEVERITIES } from '../schema/vocabulary.ts';
import { passGate, withGates } from './recipient-gate.ts';

const DAY_MS = 86_400_000;

/** What a digest says. */
export type DigestText = Pick<NewNotification, 'title' | 'body' | 'data'>;

/** A digest that is due, with how many notifications it tells. */
export type DueDigest = Omit<DueDigestRow, 'count'> & { readonly count: number };

/**
 * Turns what was gathered into digests: one notification of its own for each customer, channel and local hour or day,
 * which is delivered like any other.
 */
export class DigestRepository {
  readonly #db: Db;
  readonly #clock: () => Date;
  readonly #retentionMs: number;

  /** @param options - `retentionDays`: how long what a digest told is kept; default 400. */
  constructor(db: Db, options: { readonly clock?: () => Date; readonly retentionDays?: number } = {}) {
    this.#db = db;
    this.#clock = options.clock ?? (() => new Date());
    this.#retentionMs = (options.retentionDays ?? 400) * DAY_MS;
  }

  /** The digests of a channel whose local hour or day is over, longest due first. */
  async due({ channel, limit }: { readonly channel: Channel; readonly limit: number }): Promise<readonly DueDigest[]> {
    const rows = await runPipeline(this.#db, dueDigestsPipeline({ channel, now: this.#clock(), limit }));
    return rows.map((row) => ({ ...row, count: Number(row.count) }));
  }

  /**
   * Queues the digest of what is due, and settles what it tells: both or neither. Of two workers at once, one does it.
   *
   * The digest has the category and severity of the most severe notification that it tells.
   *
   * @param compose - says it, given what it tells, oldest first; it can be called several times.
   * @returns the digest, or `undefined` when nothing of it is due any more.
   * @throws {InvalidNotificationInputError} when `compose` gives what cannot be stored.
   * @example
   * for (const digest of await digests.due({ channel: 'email', limit: 100 })) {
   *   await digests.queue(digest, (told) => ({ title: `${told.length} things happened`, body: '…' }));
   * }
   */
  async queue(
    { userId, channel, every, period }: Pick<DueDigest, 'userId' | 'channel' | 'every' | 'period'>,
    compose: (told: readonly Notification[]) => DigestText,
  ): Promise<Notification | undefined> {
    const now = this.#clock();
    const due = {
      userId,
      channel,
      digestAt: { $lte: now },
      'digest.every': every,
      'digest.period': period,
    };
    try {
      return await withGates(this.#db, async (session) => {
        await passGate(this.#db, session, userId);
        const collection = typedCollection(this.#db, notifications);
        const told = await collection.find(due, { session }).toArray();
        return told.length === 0 ? undefined : await this.#settle(session, told, compose, now);
      });
    } catch (thrown) {
      if (thrown instanceof RecipientErasedError) {
        return undefined;
      }
      throw thrown;
    }
  }

  async #settle(
    session: ClientSession,
    found: readonly NotificationDocument[],
    compose: (told: readonly Notification[]) => DigestText,
    now: Date,
  ): Promise<Notification | undefined> {
    const told = found.toSorted((left, right) => left.createdAt.getTime() - right.createdAt.getTime());
    const rank = ({ severity }: NotificationDocument) => SEVERITIES.indexOf(severity);
    const [first] = told.toSorted((left, right) => rank(right) - rank(left));
    if (first === undefined) {
      return undefined;
    }
    const { userId, channel, category, severity } = first;
    const text = compose(told.map(toNotification));
    // The first notification that it tells names the event: a digest tells each once.
    const eventId = `digest:${told[0]?._id ?? first._id}`;
    const input = checkNotification({ ...text, userId, channel, category, severity, eventId });
    const digest = newNotificationDocument(input, now);
    const collection = typedCollection(this.#db, notifications);
    await collection.insertOne(digest, { session });
    await collection.updateMany(
      { _id: { $in: told.map(({ _id }) => _id) }, userId },
      {
        $set: {
          status: 'digested',
          digestId: digest._id,
          expiresAt: new Date(now.getTime() + this.#retentionMs),
          updatedAt: now,
        },
        $unset: { digestAt: true },
      },
      { session },
    );
    return toNotification(digest);
  }
}
