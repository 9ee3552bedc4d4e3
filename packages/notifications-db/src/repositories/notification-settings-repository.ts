import { isMongoError, MongoErrorCode, newId } from '@finova/db-kit';
import { typedCollection } from '@finova/db-kit/mongodb';
import type { Collection, Db } from 'mongodb';
import { combineSettings, type EffectiveSettings, mutedRequiredChannel } from '../effective-settings.ts';
import { RequiredNoticeError } from '../errors.ts';
import { checkSettings, checkTarget, type ScopeSettings, type SettingsTarget } from '../input.ts';
import {
  NOTIFICATION_SETTINGS_SCHEMA_VERSION,
  type NotificationSettingsDocument,
  notificationSettings,
} from '../schema/notification-settings.ts';
import type { Category, Scope } from '../schema/vocabulary.ts';

/** How often a put is tried when others insert and remove the same settings in the same moment. */
const PUT_ATTEMPTS = 5;

/** What a customer set for one scope. */
export interface NotificationSettings extends ScopeSettings {
  readonly userId: string;
  readonly scope: Scope;
  /** Empty for global; the category; or the account's id. */
  readonly scopeId: string;
  /** Grows by one with each change. */
  readonly revision: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/**
 * Reads and changes what customers want to hear of.
 *
 * @example
 * const settings = new NotificationSettingsRepository(db);
 * await settings.put({ userId, scope: 'category', category: 'product' }, { channels: { email: off } });
 * const { channels } = await settings.effective({ userId, category: 'payments', accountId });
 */
export class NotificationSettingsRepository {
  readonly #collection: Collection<NotificationSettingsDocument>;
  readonly #clock: () => Date;

  constructor(db: Db, options: { readonly clock?: () => Date } = {}) {
    this.#collection = typedCollection(db, notificationSettings);
    this.#clock = options.clock ?? (() => new Date());
  }

  /**
   * Sets what one scope says, replacing all that it said before. Of two at once, the later one stays.
   *
   * @throws {InvalidNotificationInputError}
   * @throws {RequiredNoticeError} when it would mute, weaken or delay a required category on a required channel.
   */
  async put(target: SettingsTarget, settings: ScopeSettings): Promise<NotificationSettings> {
    const key = keyOf(checkTarget(target));
    const { channels, quietHours, amountThresholds } = checkSettings(settings);
    if (target.scope === 'category') {
      const channel = mutedRequiredChannel(target.category, channels);
      if (channel !== undefined) {
        throw new RequiredNoticeError(target.category, channel);
      }
    }
    const now = this.#clock();
    const said = {
      channels,
      ...(quietHours !== undefined && { quietHours }),
      ...(amountThresholds !== undefined && { amountThresholds }),
      updatedAt: now,
    };
    let refused: unknown;
    // Change or insert, not an upsert: of two first ones at once, one would have to be repeated all the same.
    for (let attempt = 0; attempt < PUT_ATTEMPTS; attempt++) {
      const changed = await this.#collection.findOneAndUpdate(
        key,
        {
          $set: said,
          $unset: {
            ...(quietHours === undefined && { quietHours: true as const }),
            ...(amountThresholds === undefined && { amountThresholds: true as const }),
          },
          $inc: { revision: 1 },
        },
        { returnDocument: 'after' },
      );
      if (changed !== null) {
        return toSettings(changed);
      }
      const first: NotificationSettingsDocument = {
        ...key,
        ...said,
        _id: newId(),
        revision: 1,
        schemaVersion: NOTIFICATION_SETTINGS_SCHEMA_VERSION,
        createdAt: now,
      };
      try {
        await this.#collection.insertOne(first);
        return toSettings(first);
      } catch (thrown) {
        if (!isMongoError(thrown, [MongoErrorCode.duplicateKey])) {
          throw thrown;
        }
        refused = thrown;
      }
    }
    throw refused;
  }

  /** Everything a customer set, least specific scope first. */
  async list(userId: string): Promise<readonly NotificationSettings[]> {
    const documents = await this.#collection.find({ userId }).toArray();
    const rank: Readonly<Record<Scope, number>> = { global: 0, category: 1, account: 2 };
    return documents
      .sort((left, right) => rank[left.scope] - rank[right.scope] || left.scopeId.localeCompare(right.scopeId))
      .map(toSettings);
  }

  /**
   * Forgets what one scope says: the less specific scopes decide again.
   *
   * @returns whether it said anything.
   */
  async remove(target: SettingsTarget): Promise<boolean> {
    const { deletedCount } = await this.#collection.deleteOne(keyOf(checkTarget(target)));
    return deletedCount === 1;
  }

  /**
   * What holds for a customer's notifications of a category, and of an account where they are about one: the most
   * specific scope wins, and required notices cannot be muted.
   */
  async effective({
    userId,
    category,
    accountId,
  }: {
    readonly userId: string;
    readonly category: Category;
    readonly accountId?: string;
  }): Promise<EffectiveSettings> {
    const scopes: Pick<NotificationSettingsDocument, 'scope' | 'scopeId'>[] = [
      { scope: 'global', scopeId: '' },
      { scope: 'category', scopeId: category },
    ];
    if (accountId !== undefined) {
      scopes.push({ scope: 'account', scopeId: accountId });
    }
    // Each branch repeats the user, so that each is a look-up of one key in the unique index.
    const documents = await this.#collection.find({ $or: scopes.map((scope) => ({ userId, ...scope })) }).toArray();
    return combineSettings(documents, category);
  }
}

function keyOf(target: SettingsTarget): Pick<NotificationSettingsDocument, 'userId' | 'scope' | 'scopeId'> {
  const { userId, scope } = target;
  switch (target.scope) {
    case 'global':
      return { userId, scope, scopeId: '' };
    case 'category':
      return { userId, scope, scopeId: target.category };
    case 'account':
      return { userId, scope, scopeId: target.accountId };
  }
}

function toSettings({ _id: _, schemaVersion: __, ...fields }: NotificationSettingsDocument): NotificationSettings {
  return fields;
}
