import { isMongoError, MongoErrorCode } from '@finova/db-kit';
import { typedCollection } from '@finova/db-kit/mongodb';
import type { Collection, Db } from 'mongodb';
import { appendConsent } from '../consents.ts';
import { RevisionConflictError } from '../errors.ts';
import {
  type ConsentDecision,
  checkDecision,
  checkPatch,
  checkUserId,
  type PreferencesPatch,
} from '../preferences-input.ts';
import {
  CONSENTS_MAX,
  USER_PREFERENCES_SCHEMA_VERSION,
  type UserPreferencesDocument,
  userPreferences,
} from '../schema/user-preferences.ts';
import { defaultPreferences, type UserPreferences } from '../user-preferences.ts';

/** How often one decision is tried again when others write to the same document in the same moment. */
const SET_CONSENT_ATTEMPTS = 20;

/**
 * Reads and changes the preferences of customers.
 *
 * @example
 * const preferences = new PreferencesRepository(db);
 * const { revision } = await preferences.getOrDefault(userId);
 * await preferences.patch(userId, { theme: 'dark' }, { expectedRevision: revision });
 */
export class PreferencesRepository {
  readonly #collection: Collection<UserPreferencesDocument>;
  readonly #clock: () => Date;

  constructor(db: Db, options: { readonly clock?: () => Date } = {}) {
    this.#collection = typedCollection(db, userPreferences);
    this.#clock = options.clock ?? (() => new Date());
  }

  /** The stored preferences, or `undefined` for a customer who never changed any. */
  async get(userId: string): Promise<UserPreferences | undefined> {
    const document = await this.#collection.findOne({ _id: userId });
    return document === null ? undefined : toUserPreferences(document);
  }

  /** The stored preferences, or what holds for everybody, with revision 0. */
  async getOrDefault(userId: string): Promise<UserPreferences> {
    return (await this.get(userId)) ?? defaultPreferences(userId, this.#clock());
  }

  /**
   * Changes some preferences. Fields that are given replace the stored ones; `accessibility` is merged field by
   * field; what is left out stays.
   *
   * @param expectedRevision - the revision that the change was based on; 0 for nothing stored yet.
   * @returns the preferences as they are now.
   * @throws {InvalidPreferencesError} for an unknown field, time zone, language tag or currency.
   * @throws {RevisionConflictError} when the stored revision is another.
   */
  async patch(
    userId: string,
    changes: PreferencesPatch,
    { expectedRevision }: { readonly expectedRevision: number },
  ): Promise<UserPreferences> {
    const { accessibility = {}, ...fields } = checkPatch(changes);
    if (expectedRevision === 0) {
      const initial = defaultPreferences(userId, this.#clock());
      return this.#insert({
        ...initial,
        ...defined(fields),
        accessibility: { ...initial.accessibility, ...defined(accessibility) },
      });
    }
    const nested = Object.entries(accessibility).map(([name, value]) => [`accessibility.${name}`, value] as const);
    const updated = await this.#collection.findOneAndUpdate(
      { _id: userId, revision: expectedRevision },
      {
        $set: { ...defined(fields), ...Object.fromEntries(nested), updatedAt: this.#clock() },
        $inc: { revision: 1 },
      },
      { returnDocument: 'after' },
    );
    if (updated === null) {
      throw await this.#conflict(userId, expectedRevision);
    }
    return toUserPreferences(updated);
  }

  /**
   * Records a decision about a purpose after those made before; it is in force from now on. Decisions of one moment
   * do not conflict: each is appended.
   *
   * Beyond {@link CONSENTS_MAX} decisions the oldest one that a later one replaced is let go.
   *
   * @throws {InvalidPreferencesError}
   * @throws {RevisionConflictError} when others kept changing the document through every attempt.
   */
  async setConsent(userId: string, decision: ConsentDecision): Promise<UserPreferences> {
    const consent = { ...checkDecision(decision), decidedAt: this.#clock() };
    let conflict: unknown;
    for (let attempt = 0; attempt < SET_CONSENT_ATTEMPTS; attempt++) {
      const appended = await this.#collection.findOneAndUpdate(
        { _id: userId, [`consents.${CONSENTS_MAX - 1}`]: { $exists: false } },
        { $push: { consents: consent }, $set: { updatedAt: consent.decidedAt }, $inc: { revision: 1 } },
        { returnDocument: 'after' },
      );
      if (appended !== null) {
        return toUserPreferences(appended);
      }
      try {
        return await this.#replaceConsents(userId, (consents) => appendConsent(consents, consent));
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
   * Erases a customer's preferences and consents.
   *
   * @returns whether there were any.
   */
  async delete(userId: string): Promise<boolean> {
    const { deletedCount } = await this.#collection.deleteOne({ _id: userId });
    return deletedCount === 1;
  }

  async #replaceConsents(
    userId: string,
    change: (consents: UserPreferences['consents']) => UserPreferences['consents'],
  ): Promise<UserPreferences> {
    const current = await this.getOrDefault(userId);
    const consents = change(current.consents);
    if (current.revision === 0) {
      return this.#insert({ ...current, consents });
    }
    const updated = await this.#collection.findOneAndUpdate(
      { _id: userId, revision: current.revision },
      { $set: { consents: [...consents], updatedAt: this.#clock() }, $inc: { revision: 1 } },
      { returnDocument: 'after' },
    );
    if (updated === null) {
      throw await this.#conflict(userId, current.revision);
    }
    return toUserPreferences(updated);
  }

  async #insert({ userId, consents, ...fields }: UserPreferences): Promise<UserPreferences> {
    const document = {
      ...fields,
      _id: checkUserId(userId),
      consents: [...consents],
      revision: 1,
      schemaVersion: USER_PREFERENCES_SCHEMA_VERSION,
    };
    try {
      await this.#collection.insertOne(document);
    } catch (thrown) {
      if (isMongoError(thrown, [MongoErrorCode.duplicateKey])) {
        throw await this.#conflict(userId, 0);
      }
      throw thrown;
    }
    return toUserPreferences(document);
  }

  async #conflict(userId: string, expectedRevision: number): Promise<RevisionConflictError> {
    const found = await this.#collection.findOne({ _id: userId }, { projection: { revision: 1 } });
    return new RevisionConflictError(userId, expectedRevision, found?.revision ?? 0);
  }
}

function toUserPreferences({ _id, schemaVersion: _, ...fields }: UserPreferencesDocument): UserPreferences {
  return { userId: _id, ...fields };
}

function defined<Fields extends object>(fields: Fields): { [Name in keyof Fields]: NonNullable<Fields[Name]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Fields]: NonNullable<Fields[Name]>;
  };
}
