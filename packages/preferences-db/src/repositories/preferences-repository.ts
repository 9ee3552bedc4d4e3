import { isMongoError, MongoErrorCode } from '@finova/db-kit';
import { typedCollection, typedView } from '@finova/db-kit/mongodb';
import type { Collection, Db, Filter } from 'mongodb';
import { appendConsent } from '../consents.ts';
import { RevisionConflictError, UserErasedError } from '../errors.ts';
import {
  type ConsentDecision,
  checkDecision,
  checkPatch,
  checkUserId,
  type PreferencesPatch,
} from '../preferences-input.ts';
import { consentsInForce } from '../schema/consents-in-force.ts';
import {
  CONSENTS_MAX,
  type ConsentPurpose,
  DEFAULT_CHOICES,
  USER_PREFERENCES_SCHEMA_VERSION,
  type UserPreferencesDocument,
  userPreferences,
} from '../schema/user-preferences.ts';
import { userPreferencesVersions } from '../schema/user-preferences-versions.ts';
import { defaultPreferences, type UserPreferences } from '../user-preferences.ts';

/** How often one change is tried again when others write to the same document in the same moment. */
const ATTEMPTS = 20;

/** What a change of fields may be made to: a document in the newest shape that is no tombstone. */
const CHANGEABLE = {
  schemaVersion: USER_PREFERENCES_SCHEMA_VERSION,
  erasedAt: { $exists: false },
} satisfies Filter<UserPreferencesDocument>;

/**
 * Reads and changes the preferences of customers. Documents of an older version are read as if they were of the newest,
 * and become so with their next change.
 *
 * @example
 * const preferences = new PreferencesRepository(db);
 * const { revision } = await preferences.getOrDefault(userId);
 * await preferences.patch(userId, { theme: 'dark' }, { expectedRevision: revision });
 */
export class PreferencesRepository {
  readonly #db: Db;
  readonly #collection: Collection<UserPreferencesDocument>;
  readonly #clock: () => Date;

  constructor(db: Db, options: { readonly clock?: () => Date } = {}) {
    this.#db = db;
    this.#collection = typedCollection(db, userPreferences);
    this.#clock = options.clock ?? (() => new Date());
  }

  /** The stored preferences, or `undefined` for a customer who never changed any, or was erased. */
  async get(userId: string): Promise<UserPreferences | undefined> {
    const document = await this.#read(userId);
    return document === undefined || document.erasedAt !== undefined ? undefined : toUserPreferences(document);
  }

  /** The stored preferences, or what holds for everybody, with revision 0. */
  async getOrDefault(userId: string): Promise<UserPreferences> {
    return (await this.get(userId)) ?? defaultPreferences(userId, this.#clock());
  }

  /**
   * The same for many customers at once: stored preferences, or what holds for everybody.
   *
   * @returns by customer id, one for each.
   */
  async getManyOrDefault(userIds: readonly string[]): Promise<ReadonlyMap<string, UserPreferences>> {
    const now = this.#clock();
    const found = new Map(userIds.map((userId) => [userId, defaultPreferences(userId, now)]));
    for (const document of await this.#collection.find({ _id: { $in: [...found.keys()] } }).toArray()) {
      const newest = userPreferencesVersions.toNewest(document);
      if (newest.erasedAt === undefined) {
        found.set(newest._id, toUserPreferences(newest));
      }
    }
    return found;
  }

  /**
   * Changes some preferences. What is left out stays; `null` brings a default back; anything else takes the place of what
   * is stored. `accessibility` is merged field by field; a list is replaced as a whole.
   *
   * @param expectedRevision - the revision that the change was based on; 0 for nothing stored yet.
   * @returns the preferences as they are now.
   * @throws {InvalidPreferencesError} for an unknown field, time zone, language tag or currency.
   * @throws {RevisionConflictError} when the stored revision is another.
   * @throws {UserErasedError}
   */
  async patch(
    userId: string,
    changes: PreferencesPatch,
    { expectedRevision }: { readonly expectedRevision: number },
  ): Promise<UserPreferences> {
    const { accessibility, fallbackLocales, ...fields } = checkPatch(changes);
    const lists = fallbackLocales === undefined ? {} : { fallbackLocales: [...fallbackLocales] };
    if (expectedRevision === 0) {
      const initial = defaultPreferences(userId, this.#clock());
      return this.#insert({
        ...initial,
        ...fields,
        ...lists,
        accessibility: { ...initial.accessibility, ...accessibility },
      });
    }
    const nested = Object.entries(accessibility).map(([name, value]) => [`accessibility.${name}`, value] as const);
    return this.#change(userId, expectedRevision, { ...fields, ...lists, ...Object.fromEntries(nested) });
  }

  /**
   * Records a decision about a purpose after those made before; it is in force from now on. Decisions of one moment
   * do not conflict: each is appended.
   *
   * Beyond {@link CONSENTS_MAX} decisions the oldest one that a later one replaced is let go.
   *
   * @throws {InvalidPreferencesError}
   * @throws {UserErasedError}
   * @throws {RevisionConflictError} when others kept changing the document through every attempt.
   */
  async setConsent(userId: string, decision: ConsentDecision): Promise<UserPreferences> {
    const consent = { ...checkDecision(decision), decidedAt: this.#clock() };
    let conflict: unknown;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const appended = await this.#collection.findOneAndUpdate(
        { _id: userId, ...CHANGEABLE, [`consents.${CONSENTS_MAX - 1}`]: { $exists: false } },
        { $push: { consents: consent }, $set: { updatedAt: consent.decidedAt }, $inc: { revision: 1 } },
        { returnDocument: 'after' },
      );
      if (appended !== null) {
        return toUserPreferences(appended);
      }
      try {
        const current = await this.getOrDefault(userId);
        const consents = [...appendConsent(current.consents, consent)];
        return current.revision === 0
          ? await this.#insert({ ...current, consents })
          : await this.#change(userId, current.revision, { consents });
      } catch (thrown) {
        if (!(thrown instanceof RevisionConflictError)) {
          throw thrown;
        }
        conflict = thrown;
      }
    }
    throw conflict;
  }

  /**
   * Erases a customer: preferences and consents are replaced by a tombstone that holds the id and the moment. It stays, so
   * that no change that was under way, or comes late, brings the customer back.
   *
   * @returns whether this did it: `false` for one who was erased before.
   * @throws {InvalidPreferencesError} when it is not a customer's id.
   */
  async erase(userId: string): Promise<boolean> {
    const now = this.#clock();
    const nothing = { ...DEFAULT_CHOICES, fallbackLocales: [], consents: [] };
    const tombstone = {
      ...nothing,
      erasedAt: now,
      createdAt: now,
      updatedAt: now,
      schemaVersion: USER_PREFERENCES_SCHEMA_VERSION,
    };
    for (;;) {
      try {
        const { matchedCount, upsertedCount } = await this.#collection.updateOne(
          { _id: checkUserId(userId), erasedAt: { $exists: false } },
          { $set: tombstone, $inc: { revision: 1 } },
          { upsert: true },
        );
        return matchedCount + upsertedCount === 1;
      } catch (thrown) {
        if (!isMongoError(thrown, [MongoErrorCode.duplicateKey])) {
          throw thrown;
        }
        // There is a document with this id that the filter did not find: a tombstone, or one that was just added.
        if ((await this.#read(userId))?.erasedAt !== undefined) {
          return false;
        }
      }
    }
  }

  /** Ids of the customers whose decision in force about a purpose is "yes". Goes over all customers. */
  async *usersWhoConsentTo(purpose: ConsentPurpose): AsyncGenerator<string, void, undefined> {
    for await (const { userId } of typedView(this.#db, consentsInForce).find({ purpose, granted: true })) {
      yield userId;
    }
  }

  /** A document as the newest version has it; what is stored stays as it is. */
  async #read(userId: string): Promise<UserPreferencesDocument | undefined> {
    const document = await this.#collection.findOne({ _id: userId });
    return document === null ? undefined : userPreferencesVersions.toNewest(document);
  }

  /** Sets fields of the document of this revision, after it was brought to the newest version. */
  async #change(userId: string, revision: number, fields: object): Promise<UserPreferences> {
    const change = () =>
      this.#collection.findOneAndUpdate(
        { _id: userId, revision, ...CHANGEABLE },
        { $set: { ...fields, updatedAt: this.#clock() }, $inc: { revision: 1 } },
        { returnDocument: 'after' },
      );
    const changed = (await change()) ?? ((await this.#upgrade(userId, revision)) ? await change() : null);
    if (changed === null) {
      throw await this.#refusal(userId, revision);
    }
    return toUserPreferences(changed);
  }

  /** @returns whether the document of this revision is one of the newest version now. */
  async #upgrade(userId: string, revision: number): Promise<boolean> {
    const document = await this.#collection.findOne({ _id: userId, revision });
    if (document === null) {
      return false;
    }
    const { _id, ...newest } = userPreferencesVersions.toNewest(document);
    // A backfill may have been faster, with the same result.
    await this.#collection.replaceOne({ _id, revision, schemaVersion: document.schemaVersion }, newest);
    return true;
  }

  async #insert({ userId, consents, fallbackLocales, ...fields }: UserPreferences): Promise<UserPreferences> {
    const document = {
      ...fields,
      _id: checkUserId(userId),
      fallbackLocales: [...fallbackLocales],
      consents: [...consents],
      revision: 1,
      schemaVersion: USER_PREFERENCES_SCHEMA_VERSION,
    };
    try {
      await this.#collection.insertOne(document);
    } catch (thrown) {
      if (isMongoError(thrown, [MongoErrorCode.duplicateKey])) {
        throw await this.#refusal(userId, 0);
      }
      throw thrown;
    }
    return toUserPreferences(document);
  }

  /** Why a change of this revision found nothing to change. */
  async #refusal(userId: string, expectedRevision: number): Promise<RevisionConflictError | UserErasedError> {
    const found = await this.#collection.findOne({ _id: userId }, { projection: { revision: 1, erasedAt: 1 } });
    return found?.erasedAt === undefined
      ? new RevisionConflictError(userId, expectedRevision, found?.revision ?? 0)
      : new UserErasedError(userId, found.erasedAt);
  }
}

function toUserPreferences(document: UserPreferencesDocument): UserPreferences {
  const { _id, schemaVersion: _, erasedAt: __, ...fields } = document;
  return { userId: _id, ...fields };
}
