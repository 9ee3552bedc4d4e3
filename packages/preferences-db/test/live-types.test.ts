import { join } from 'node:path';
import { readDomain } from '@finova/db-kit/migrations';
import { collectionDifferences, withMongoClient } from '@finova/db-kit/mongodb';
import { createMongoTestDatabase, describeValidatorAgreement, testMongoUrl } from '@finova/db-kit/testing';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  CONSENT_PURPOSES,
  CONSENT_SOURCES,
  CONTRASTS,
  MOTIONS,
  PREFERENCES_COLLECTIONS,
  THEMES,
  userPreferences,
} from '../src/index.ts';
import { validTombstone } from './valid-preferences.ts';

it('the migrated collections are what the definitions say', async () => {
  const database = await createMongoTestDatabase(testMongoUrl(), await readDomain(join(import.meta.dirname, '..')));
  try {
    await withMongoClient({ url: database.url, applicationName: 'finova tests' }, async (client) => {
      const db = client.db(database.databaseName);
      for (const definition of PREFERENCES_COLLECTIONS) {
        expect(await collectionDifferences(db, definition)).toEqual([]);
      }
    });
  } finally {
    await database.drop();
  }
});

const date = fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true });

const locale = fc.constantFrom('de-AT', 'en', 'zh-Hant-TW', 'sr-Latn');

const preferences = fc.record({
  _id: fc.uuid(),
  locale,
  fallbackLocales: fc.array(locale, { maxLength: 5 }),
  timeZone: fc.constantFrom('UTC', 'Europe/Vienna', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5'),
  displayCurrency: fc.stringMatching(/^[A-Z]{3}$/),
  theme: fc.constantFrom(...THEMES),
  accessibility: fc.record({
    textScalePercent: fc.integer({ min: 50, max: 300 }),
    motion: fc.constantFrom(...MOTIONS),
    contrast: fc.constantFrom(...CONTRASTS),
    screenReader: fc.boolean(),
  }),
  consents: fc.array(
    fc.record({
      purpose: fc.constantFrom(...CONSENT_PURPOSES),
      granted: fc.boolean(),
      decidedAt: date,
      policyVersion: fc
        .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
        .filter((text) => [...text].length <= 50),
      source: fc.constantFrom(...CONSENT_SOURCES),
    }),
    { maxLength: 5 },
  ),
  revision: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  schemaVersion: fc.constant(2),
  createdAt: date,
  updatedAt: date,
});

const tombstones = fc.record({ _id: fc.uuid(), erasedAt: date }).map((own) => ({ ...validTombstone(), ...own }));

describeValidatorAgreement(
  userPreferences,
  fc.oneof({ weight: 4, arbitrary: preferences }, { weight: 1, arbitrary: tombstones }),
);
