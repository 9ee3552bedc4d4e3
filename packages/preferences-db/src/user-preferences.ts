import type { Accessibility, Consent, Theme } from './schema/user-preferences.ts';

/** The preferences of one customer. */
export interface UserPreferences {
  /** The customer's id in accounts-db. */
  readonly userId: string;
  /** BCP 47: `de-AT`. */
  readonly locale: string;
  /** IANA: `Europe/Vienna`. */
  readonly timeZone: string;
  /** ISO 4217: `EUR`. */
  readonly displayCurrency: string;
  readonly theme: Theme;
  readonly accessibility: Accessibility;
  /** In the order they were decided; the last one of a purpose is in force. */
  readonly consents: readonly Consent[];
  /** 0 for preferences that are not stored. */
  readonly revision: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** What holds for a customer who never chose anything: nothing is consented to. */
export function defaultPreferences(userId: string, now: Date): UserPreferences {
  return {
    userId,
    locale: 'en',
    timeZone: 'UTC',
    displayCurrency: 'EUR',
    theme: 'system',
    accessibility: { textScalePercent: 100, reduceMotion: false, highContrast: false, screenReader: false },
    consents: [],
    revision: 0,
    createdAt: now,
    updatedAt: now,
  };
}
