import { newId } from '@finova/db-kit';
import { DEFAULT_CHOICES, type UserPreferencesDocument } from '../src/index.ts';
import type { UserPreferencesVersion1 } from '../src/schema/user-preferences-versions.ts';

/** A document that the server takes, of a new customer. */
export function validPreferences(): UserPreferencesDocument {
  const createdAt = new Date('2026-03-03T09:00:00Z');
  return {
    _id: newId(),
    locale: 'de-AT',
    fallbackLocales: ['en'],
    timeZone: 'Europe/Vienna',
    displayCurrency: 'EUR',
    theme: 'system',
    accessibility: { textScalePercent: 100, motion: 'system', contrast: 'system', screenReader: false },
    consents: [
      {
        purpose: 'marketing_email',
        granted: true,
        decidedAt: createdAt,
        policyVersion: 'privacy-2026-01',
        source: 'web',
      },
    ],
    revision: 1,
    schemaVersion: 2,
    createdAt,
    updatedAt: createdAt,
  };
}

/** The same as version 1 wrote it. */
export function validVersion1(): UserPreferencesVersion1 {
  const { accessibility: _, fallbackLocales: __, ...preferences } = validPreferences();
  return {
    ...preferences,
    accessibility: { textScalePercent: 130, reduceMotion: true, highContrast: false, screenReader: false },
    schemaVersion: 1,
  };
}

/** What is left of an erased customer. */
export function validTombstone(): UserPreferencesDocument {
  const erasedAt = new Date('2026-03-10T09:00:00Z');
  return { ...validPreferences(), ...DEFAULT_CHOICES, fallbackLocales: [], consents: [], erasedAt };
}
