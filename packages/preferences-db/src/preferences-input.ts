import { z } from 'zod';
import { InvalidPreferencesError } from './errors.ts';
import { canonicalLocale, isCurrency, isTimeZone } from './intl.ts';
import { userPreferences } from './schema/user-preferences.ts';

const { locale, timeZone, displayCurrency, theme, accessibility, consents } = userPreferences.schema.shape;

const patch = z
  .strictObject({
    locale: locale.refine((tag) => canonicalLocale(tag) !== undefined, 'expected a BCP 47 language tag'),
    timeZone: timeZone.refine(isTimeZone, 'expected an IANA time zone'),
    displayCurrency: displayCurrency.refine(isCurrency, 'expected an ISO 4217 currency'),
    theme,
    accessibility: accessibility.partial(),
  })
  .partial();

const decision = consents.element.omit({ decidedAt: true });

/** A change of preferences: fields left out (or `undefined`) stay as they are. */
export type PreferencesPatch = z.infer<typeof patch>;

/** A customer's decision about one purpose. */
export type ConsentDecision = Readonly<z.infer<typeof decision>>;

/**
 * Checks a change at the edge, and makes the locale canonical.
 *
 * @throws {InvalidPreferencesError}
 */
export function checkPatch(input: PreferencesPatch): PreferencesPatch {
  const checked = check(patch, input);
  return checked.locale === undefined
    ? checked
    : { ...checked, locale: canonicalLocale(checked.locale) ?? checked.locale };
}

/** @throws {InvalidPreferencesError} */
export function checkDecision(input: ConsentDecision): ConsentDecision {
  return check(decision, input);
}

/** @throws {InvalidPreferencesError} when it is not a customer's id. */
export function checkUserId(userId: string): string {
  return check(z.strictObject({ userId: userPreferences.schema.shape._id }), { userId }).userId;
}

function check<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const result = schema.safeParse(input);
  if (!result.success) {
    throw new InvalidPreferencesError(
      result.error.issues.map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`)),
    );
  }
  return result.data;
}
