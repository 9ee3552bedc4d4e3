import { DocumentVersions } from '@finova/db-kit/mongodb';
import type { UserPreferencesDocument } from './user-preferences.ts';

/** Documents as they were written until March 2026. */
export interface UserPreferencesVersion1
  extends Omit<UserPreferencesDocument, 'accessibility' | 'erasedAt' | 'fallbackLocales'> {
  readonly accessibility: {
    readonly textScalePercent: number;
    readonly reduceMotion: boolean;
    readonly highContrast: boolean;
    readonly screenReader: boolean;
  };
}

/**
 * Version 2: motion and contrast follow the device unless the customer chose, which yes and no could not say; languages
 * to fall back on. "No" was what everybody had who had not chosen, so it becomes `system`.
 */
export const userPreferencesVersions = DocumentVersions.first<UserPreferencesVersion1>().next<UserPreferencesDocument>(
  ({ accessibility: { reduceMotion, highContrast, ...kept }, ...preferences }) => ({
    ...preferences,
    fallbackLocales: [],
    accessibility: {
      ...kept,
      motion: reduceMotion ? 'reduced' : 'system',
      contrast: highContrast ? 'more' : 'system',
    },
  }),
);
