import { newId } from '@finova/db-kit';
import { typedCollection } from '@finova/db-kit/mongodb';
import type { Collection, Db } from 'mongodb';
import { combineSettings, type EffectiveSettings, mutedRequiredChannel, withDefaults } from '../effective-settings.ts';
import { RequiredNoticeError } from '../errors.ts';
import { checkSettings, checkTarget, type ScopeSettings, type SettingsTarget } from '../input.ts';
import { type EffectiveTarget, effectiveSettingsPipeline } from '../pipelines/effective-settings.ts';
import { runPipeline } from '../pipelines/pipeline.ts';
import {
  NOTIFICATION_SETTINGS_SCHEMA_VERSION,
  type NotificationSettingsDocument,
  notificationSettings,
} from '../schema/notification-settings.ts';
import type { Scope } from '../schema/vocabulary.ts';
import { passGate, withGates } from './recipient-gate.ts';

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
  readonly #db: Db;
  readonly #collection: Collection<NotificationSettingsDocument>;
  readonly #clock: () => Date;

  constructor(db: Db, options: { readonly clock?: () => Date } = {}) {
    this.#db = db;
    this.#collection = typedCollection(db, notificationSettings);
    this.#clock = options.clock ?? (() => new Date());
  }

  /**
   * Sets what one scope says, replacing all that it said before. Of two at once, the later one stays.
   *
   * @throws {InvalidNotificationInputError}
   * @throws {RecipientErasedError}
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
    return withGates(this.#db, async (session) => {
      // Of two at once for one customer, one waits here for the other: neither can insert what the other has.
      await passGate(this.#db, session, key.userId);
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
        { session, returnDocument: 'after' },
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
      await this.#collection.insertOne(first, { session });
      return toSettings(first);
    });
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
  async effective(target: EffectiveTarget): Promise<EffectiveSettings> {
    const [said] = await runPipeline(this.#db, effectiveSettingsPipeline(target));
    return withDefaults(said?.channels ?? {}, said?.others ?? {}, target.category);
  }

  /**
   * The same for many targets at once, in their order: for whoever notifies in batches.
   *
   * @returns one for each target.
   */
  async effectiveMany(targets: readonly EffectiveTarget[]): Promise<readonly EffectiveSettings[]> {
    const userIds = [...new Set(targets.map(({ userId }) => userId))];
    const documents = await this.#collection.find({ userId: { $in: userIds } }).toArray();
    const byUser = new Map<string, NotificationSettingsDocument[]>(userIds.map((userId) => [userId, []]));
    for (const document of documents) {
      byUser.get(document.userId)?.push(document);
    }
    return targets.map(({ userId, category, accountId = '' }) => {
      const covering = (byUser.get(userId) ?? []).filter(({ scopeId }) => ['', category, accountId].includes(scopeId));
      return combineSettings(covering, category);
    });
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
