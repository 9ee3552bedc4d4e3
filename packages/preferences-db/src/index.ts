export { consentInForce } from './consents.ts';
export { InvalidPreferencesError, RevisionConflictError, UserErasedError } from './errors.ts';
export { canonicalLocale, isCurrency, isTimeZone } from './intl.ts';
export type { ConsentDecision, PreferencesPatch } from './preferences-input.ts';
export { PreferencesRepository } from './repositories/preferences-repository.ts';
export {
  type Accessibility,
  type Choices,
  CONSENT_PURPOSES,
  CONSENT_SOURCES,
  CONTRASTS,
  type Consent,
  type ConsentInForce,
  type ConsentPurpose,
  type Contrast,
  consentsInForce,
  DEFAULT_CHOICES,
  MOTIONS,
  type Motion,
  PREFERENCES_COLLECTIONS,
  THEMES,
  type Theme,
  type UserPreferencesDocument,
  userPreferences,
} from './schema/index.ts';
export { defaultPreferences, type UserPreferences } from './user-preferences.ts';
