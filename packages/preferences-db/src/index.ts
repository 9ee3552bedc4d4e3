export { consentInForce } from './consents.ts';
export { InvalidPreferencesError, RevisionConflictError } from './errors.ts';
export { canonicalLocale, isCurrency, isTimeZone } from './intl.ts';
export type { ConsentDecision, PreferencesPatch } from './preferences-input.ts';
export { PreferencesRepository } from './repositories/preferences-repository.ts';
export {
  type Accessibility,
  CONSENT_PURPOSES,
  CONSENT_SOURCES,
  type Consent,
  type ConsentPurpose,
  PREFERENCES_COLLECTIONS,
  THEMES,
  type Theme,
  type UserPreferencesDocument,
  userPreferences,
} from './schema/index.ts';
export { defaultPreferences, type UserPreferences } from './user-preferences.ts';
