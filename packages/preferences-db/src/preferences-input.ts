import { z } from 'zod';
import { InvalidPreferencesError } from './errors.ts';
import { canonicalLocale, isCurrency, isTimeZone } from './intl.ts';
import { type Accessibility, type Choices, DEFAULT_CHOICES, userPreferences } from './schema/user-preferences.ts';

const { timeZone, displayCurrency, theme, accessibility, consents, fallbackLocales, ...shape } =
  userPreferences.schema.shape;

const locale = shape.locale.refine((tag) => canonicalLocale(tag) !== undefined, 'expected a BCP 47 language tag');

const patch = z
  .strictObject({
    locale: locale.nullable(),
    fallbackLocales: z
      .array(locale)
      .pipe(fallbackLocales)
      .refine((tags) => new Set(tags.map(canonicalLocale)).size === tags.length, 'expected each language once')
      .nullable(),
    timeZone: timeZone.refine(isTimeZone, 'expected an IANA time zone').nullable(),
    displayCurrency: displayCurrency.refine(isCurrency, 'expected an ISO 4217 currency').nullable(),
    theme: theme.nullable(),
    accessibility: z
      .strictObject({
        textScalePercent: accessibility.shape.textScalePercent.nullable(),
        motion: accessibility.shape.motion.nullable(),
        contrast: accessibility.shape.contrast.nullable(),
        screenReader: accessibility.shape.screenReader.nullable(),
      })
      .partial()
      .nullable(),
  })
  .partial();

const decision = consents.element.omit({ decidedAt: true });

/**
 * A change of preferences. A field left out (or `undefined`) stays as it is; `null` brings its default back; anything
 * else takes its place. `accessibility` is merged field by field by the same rules; a list is replaced as a whole.
 */
export type PreferencesPatch = Readonly<z.infer<typeof patch>>;

/** What a change sets: checked, canonical, with the defaults in place of `null`. */
export type CheckedPatch = Partial<Omit<Choices, 'accessibility'>> & { readonly accessibility: Partial<Accessibility> };

/** A customer's decision about one purpose. */
export type ConsentDecision = Readonly<z.infer<typeof decision>>;

/**
 * Checks a change at the edge, makes language tags canonical, and looks up the defaults.
 *
 * @throws {InvalidPreferencesError}
 */
export function checkPatch(input: PreferencesPatch): CheckedPatch {
  const { accessibility: access = {}, ...fields } = check(patch, input);
  const { accessibility: usual, ...defaults } = DEFAULT_CHOICES;
  const changes = settled(fields, defaults) as Partial<Omit<Choices, 'accessibility'>>;
  return {
    ...changes,
    ...(changes.locale === undefined ? {} : { locale: canonical(changes.locale) }),
    ...(changes.fallbackLocales === undefined ? {} : { fallbackLocales: changes.fallbackLocales.map(canonical) }),
    accessibility: access === null ? usual : (settled(access, usual) as Partial<Accessibility>),
  };
}

/** @throws {InvalidPreferencesError} */
export function checkDecision(input: ConsentDecision): ConsentDecision {
  return check(decision, input);
}

/** @throws {InvalidPreferencesError} when it is not a customer's id. */
export function checkUserId(userId: string): string {
  return check(z.strictObject({ userId: shape._id }), { userId }).userId;
}

/** Without what is `undefined`, and with the default in place of `null`. */
function settled(fields: object, defaults: object): object {
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, value ?? (defaults as Record<string, unknown>)[name]]),
  );
}

function canonical(tag: string): string {
  return canonicalLocale(tag) ?? tag;
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
