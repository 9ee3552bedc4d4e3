import { newId } from '@finova/db-kit';
import type { UserPreferencesDocument } from '../src/index.ts';

/** A document that the server takes, of a new customer. */
export function validPreferences(): UserPreferencesDocument {
  const createdAt = new Date('2026-03-03T09:00:00Z');
  return {
    _id: newId(),
    locale: 'de-AT',
    timeZone: 'Europe/Vienna',
    displayCurrency: 'EUR',
    theme: 'system',
    accessibility: { textScalePercent: 100, reduceMotion: false, highContrast: false, screenReader: false },
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
    schemaVersion: 1,
    createdAt,
    updatedAt: createdAt,
  };
}
