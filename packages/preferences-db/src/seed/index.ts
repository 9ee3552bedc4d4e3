import { type SeedCustomer, seedCustomers } from '@finova/accounts-db/seed';
import { typedCollection, withMongoClient } from '@finova/db-kit/mongodb';
import { type DomainSeed, type SeedContext, SeedRefusedError } from '@finova/db-kit/seeding';
import type { Db } from 'mongodb';
import { consentInForce } from '../consents.ts';
import {
  CONSENT_PURPOSES,
  type Consent,
  THEMES,
  USER_PREFERENCES_SCHEMA_VERSION,
  type UserPreferencesDocument,
  userPreferences,
} from '../schema/index.ts';

const DAY_MS = 86_400_000;
const FIRST_DAY_MS = Date.UTC(2026, 0, 5, 9);

/** Preferences of every seeded customer: each in their own language and time zone, with consents given and withdrawn. */
export const seed: DomainSeed = {
  run: (context) =>
    withDatabase(context, async (db) => {
      const collection = typedCollection(db, userPreferences);
      const documents = seedCustomers.map(preferencesOf);
      const ids = documents.map(({ _id }) => _id);
      if ((await collection.countDocuments({ _id: { $nin: ids } }, { limit: 1 })) > 0) {
        throw new SeedRefusedError('preferences-db', `database ${context.namespace}`);
      }
      const { upsertedCount } = await collection.bulkWrite(
        documents.map(({ _id, ...fields }) => ({
          updateOne: { filter: { _id }, update: { $setOnInsert: fields }, upsert: true },
        })),
        { ordered: false },
      );
      return [{ name: userPreferences.name, added: upsertedCount, total: await collection.countDocuments() }];
    }),

  sample: (context) =>
    withDatabase(context, async (db) => {
      const documents = await typedCollection(db, userPreferences).find().sort({ _id: 1 }).limit(5).toArray();
      return [
        {
          name: userPreferences.name,
          columns: ['user', 'locale', 'time zone', 'currency', 'theme', 'consents in force'],
          rows: documents.map(({ _id, locale, timeZone, displayCurrency, theme, consents }) => [
            _id,
            locale,
            timeZone,
            displayCurrency,
            theme,
            CONSENT_PURPOSES.filter((purpose) => consentInForce(consents, purpose)?.granted).join(', '),
          ]),
        },
      ];
    }),
};

function withDatabase<T>({ url, namespace }: SeedContext, use: (db: Db) => Promise<T>): Promise<T> {
  return withMongoClient({ url, applicationName: 'finova seed' }, (client) => use(client.db(namespace)));
}

function preferencesOf(customer: SeedCustomer, index: number): UserPreferencesDocument {
  const createdAt = new Date(FIRST_DAY_MS + index * DAY_MS);
  const consents = consentsOf(index, createdAt);
  return {
    _id: customer.id,
    locale: customer.locale,
    fallbackLocales: index % 6 === 0 ? ['en'] : [],
    timeZone: customer.timeZone,
    displayCurrency: customer.currency,
    theme: THEMES[index % THEMES.length] ?? 'system',
    accessibility: {
      textScalePercent: index % 5 === 0 ? 130 : 100,
      motion: index % 4 === 3 ? 'reduced' : 'system',
      contrast: index % 7 === 0 ? 'more' : 'system',
      screenReader: index % 11 === 10,
    },
    consents,
    revision: 1 + consents.length,
    schemaVersion: USER_PREFERENCES_SCHEMA_VERSION,
    createdAt,
    updatedAt: consents.at(-1)?.decidedAt ?? createdAt,
  };
}

/** Everybody decides about two purposes when they join; every third customer withdraws the first a month later. */
function consentsOf(index: number, joinedAt: Date): Consent[] {
  const about = (position: number) => CONSENT_PURPOSES[position % CONSENT_PURPOSES.length] ?? 'marketing_email';
  const given = { decidedAt: joinedAt, policyVersion: 'privacy-2026-01', source: 'mobile_app' } as const;
  const joined: Consent[] = [
    { purpose: about(index), granted: true, ...given },
    { purpose: about(index + 1), granted: index % 2 === 0, ...given },
  ];
  const withdrawn: Consent = {
    purpose: about(index),
    granted: false,
    decidedAt: new Date(joinedAt.getTime() + 30 * DAY_MS),
    policyVersion: 'privacy-2026-02',
    source: 'web',
  };
  return index % 3 === 0 ? [...joined, withdrawn] : joined;
}
