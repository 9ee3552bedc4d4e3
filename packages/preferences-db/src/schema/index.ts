import { userPreferences } from './user-preferences.ts';

/** Every collection of this domain. */
export const PREFERENCES_COLLECTIONS = [userPreferences] as const;

export * from './user-preferences.ts';
