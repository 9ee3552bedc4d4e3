import { consentsInForce } from './consents-in-force.ts';
import { userPreferences } from './user-preferences.ts';

/** Every collection and view of this domain. */
export const PREFERENCES_COLLECTIONS = [userPreferences, consentsInForce] as const;

export * from './consents-in-force.ts';
export * from './user-preferences.ts';
export * from './user-preferences-versions.ts';
