import { typedCollection } from '@finova/db-kit/mongodb';
import type { Collection, Db, Filter } from 'mongodb';
import { type Notification, toNotification } from '../notification.ts';
import { runPipeline } from '../pipelines/pipeline.ts';
import { unreadCountsPipeline } from '../pipelines/unread-counts.ts';
import { type NotificationDocument, notifications } from '../schema/notifications.ts';
import type { Category, Severity } from '../schema/vocabulary.ts';

const PAGE_LIMIT_MAX = 200;

/** Where a page ended: give it back for the next one. */
export interface InboxPosition {
  /** Of the last notification. Ids are made in the order of time, so that they are the order of the inbox. */
  readonly id: string;
}

export interface InboxPage {
  /** Newest first. */
  readonly notifications: readonly Notification[];
  /** `undefined` after the last page. */
  readonly next: InboxPosition | undefined;
}

/** How many unread notifications wait; what there is none of is left out. */
export interface UnreadCounts {
  readonly total: number;
  readonly byCategory: Readonly<Partial<Record<Category, number>>>;
  readonly bySeverity: Readonly<Partial<Record<Severity, number>>>;
  /** Of each category and severity, in no order. */
  readonly groups: readonly { readonly category: Category; readonly severity: Severity; readonly count: number }[];
}

/** What a customer sees: their `in_app` notifications, from the moment they are enqueued unless cancelled. */
export class InboxRepository {
  readonly #db: Db;
  readonly #collection: Collection<NotificationDocument>;
  readonly #clock: () => Date;

  constructor(db: Db, options: { readonly clock?: () => Date } = {}) {
    this.#db = db;
    this.#collection = typedCollection(db, notifications);
    this.#clock = options.clock ?? (() => new Date());
  }

  /**
   * One page of the inbox, newest first. It continues after a position and not after a count, so notifications that
   * arrive meanwhile neither repeat nor hide others.
   *
   * @param limit - at most 200.
   */
  async page(
    userId: string,
    { limit, after }: { readonly limit: number; readonly after?: InboxPosition | undefined },
  ): Promise<InboxPage> {
    const size = Math.min(limit, PAGE_LIMIT_MAX);
    const shown: NotificationDocument[] = [];
    let position = after;
    for (;;) {
      const wanted = size + 1 - shown.length;
      const found = await this.#collection
        .find(
          { userId, channel: 'in_app', ...(position === undefined ? {} : { _id: { $lt: position.id } }) },
          { sort: { _id: -1 }, limit: wanted },
        )
        .toArray();
      // Left out here and not by the server: there are few, and so the index alone gives the page.
      shown.push(...found.filter(({ status }) => status !== 'cancelled'));
      const last = found.at(-1);
      if (found.length < wanted || shown.length > size || last === undefined) {
        break;
      }
      position = { id: last._id };
    }
    const page = shown.slice(0, size);
    const last = page.at(-1);
    return {
      notifications: page.map(toNotification),
      next: shown.length > size && last !== undefined ? { id: last._id } : undefined,
    };
  }

  /** Counts what is unread, by category and severity: from the index of unread notifications alone. */
  async unreadCounts(userId: string): Promise<UnreadCounts> {
    const rows = await runPipeline(this.#db, unreadCountsPipeline(userId));
    const byCategory: Partial<Record<Category, number>> = {};
    const bySeverity: Partial<Record<Severity, number>> = {};
    const groups = rows.map(({ _id, count }) => ({ ..._id, count: Number(count) }));
    for (const { category, severity, count } of groups) {
      byCategory[category] = (byCategory[category] ?? 0) + count;
      bySeverity[severity] = (bySeverity[severity] ?? 0) + count;
    }
    return { total: groups.reduce((sum, { count }) => sum + count, 0), byCategory, bySeverity, groups };
  }

  /**
   * Marks notifications of a customer as read; those that are read, or somebody else's, stay as they are.
   *
   * @returns how many were unread before.
   */
  async markRead(userId: string, notificationIds: readonly string[]): Promise<number> {
    return this.#markRead({ userId, unread: true, _id: { $in: [...notificationIds] } });
  }

  /**
   * Marks everything as read that a customer has received up to a moment (that of the page they look at).
   *
   * @returns how many were unread before.
   */
  async markAllRead(userId: string, receivedUntil: Date): Promise<number> {
    return this.#markRead({ userId, unread: true, createdAt: { $lte: receivedUntil } });
  }

  /**
   * Marks everything of one category as read that a customer has received up to a moment.
   *
   * @returns how many were unread before.
   */
  async markCategoryRead(userId: string, category: Category, receivedUntil: Date): Promise<number> {
    return this.#markRead({ userId, unread: true, category, createdAt: { $lte: receivedUntil } });
  }

  async #markRead(filter: Filter<NotificationDocument>): Promise<number> {
    const now = this.#clock();
    const { modifiedCount } = await this.#collection.updateMany(filter, {
      $set: { readAt: now, updatedAt: now },
      $unset: { unread: true },
    });
    return modifiedCount;
  }
}
