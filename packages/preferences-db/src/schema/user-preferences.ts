import { isDeepStrictEqual } from 'node:util';
import { bson, type DocumentOf, defineCollection } from '@finova/db-kit/mongodb';
import { z } from 'zod';

/** What a customer can consent to. Each purpose is decided on its own (GDPR, article 7). */
export const CONSENT_PURPOSES = [
  'marketing_email',
  'marketing_push',
  'marketing_phone',
  'product_analytics',
  'personalised_offers',
  'partner_data_sharing',
] as const;

/** Where a consent was given or withdrawn. */
export const CONSENT_SOURCES = ['web', 'mobile_app', 'branch', 'phone', 'import'] as const;

export const THEMES = ['system', 'light', 'dark'] as const;

/** How much moves on the screen; `system` follows the device (CSS: `prefers-reduced-motion`). */
export const MOTIONS = ['system', 'reduced', 'full'] as const;

/** How far colours are apart; `system` follows the device (CSS: `prefers-contrast`). */
export const CONTRASTS = ['system', 'more', 'less'] as const;

/** Decisions kept of one customer; the newest of every purpose is always among them. */
export const CONSENTS_MAX = 200;

const FALLBACK_LOCALES_MAX = 5;

/** The shape of a document as this version of the code writes it; older ones are in `user-preferences-versions.ts`. */
export const USER_PREFERENCES_SCHEMA_VERSION = 2;

const locale = () => bson.text({ maxLength: 35, pattern: /^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$/ });

export const consentSchema = z.strictObject({
  purpose: z.enum(CONSENT_PURPOSES),
  granted: z.boolean(),
  decidedAt: bson.date(),
  /** The text that the customer saw: `privacy-2026-01`. */
  policyVersion: bson.text({ minLength: 1, maxLength: 50 }),
  source: z.enum(CONSENT_SOURCES),
});

const accessibility = z.strictObject({
  textScalePercent: bson.int({ min: 50, max: 300 }),
  motion: z.enum(MOTIONS),
  contrast: z.enum(CONTRASTS),
  screenReader: z.boolean(),
});

/** What holds for a customer who never chose anything, and what is left of one who was erased. */
export const DEFAULT_CHOICES = {
  locale: 'en',
  fallbackLocales: [],
  timeZone: 'UTC',
  displayCurrency: 'EUR',
  theme: 'system',
  accessibility: { textScalePercent: 100, motion: 'system', contrast: 'system', screenReader: false },
} as const satisfies Choices;

const schema = z
  .strictObject({
    /** The customer's id in accounts-db. */
    _id: bson.uuid(),
    /** BCP 47: `de-AT`. The server checks its shape, the repository that it is a real one. */
    locale: locale(),
    /** Languages for what is not there in `locale`, the best first. */
    fallbackLocales: z.array(locale()).max(FALLBACK_LOCALES_MAX),
    /** IANA: `Europe/Vienna`. The server checks its shape, the repository that it is a real one. */
    timeZone: bson.text({ maxLength: 50, pattern: /^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*$/ }),
    /** ISO 4217: the currency that totals are shown in. */
    displayCurrency: bson.text({ maxLength: 3, pattern: /^[A-Z]{3}$/ }),
    theme: z.enum(THEMES),
    accessibility,
    /** Every decision in the order it was made; the last one of a purpose is in force. */
    consents: z.array(consentSchema).max(CONSENTS_MAX),
    /** When the customer was erased: the document is then a tombstone, which holds nothing of them but the id. */
    erasedAt: bson.date().optional(),
    /** Grows by one with each change; whoever changes a document names the revision they saw. */
    revision: bson.int({ min: 1 }),
    schemaVersion: bson.int({ min: USER_PREFERENCES_SCHEMA_VERSION, max: USER_PREFERENCES_SCHEMA_VERSION }),
    createdAt: bson.date(),
    updatedAt: bson.date(),
  })
  .refine(({ erasedAt, ...preferences }) => erasedAt === undefined || holdsNothing(preferences), {
    path: ['erasedAt'],
    error: 'Invalid input: expected nothing but defaults in a tombstone',
  })
  // The same rule for the server.
  .meta({
    anyOf: [
      { not: { required: ['erasedAt'] } },
      {
        properties: {
          locale: { enum: [DEFAULT_CHOICES.locale] },
          fallbackLocales: { maxItems: 0 },
          timeZone: { enum: [DEFAULT_CHOICES.timeZone] },
          displayCurrency: { enum: [DEFAULT_CHOICES.displayCurrency] },
          theme: { enum: [DEFAULT_CHOICES.theme] },
          accessibility: {
            properties: {
              textScalePercent: { enum: [DEFAULT_CHOICES.accessibility.textScalePercent] },
              motion: { enum: [DEFAULT_CHOICES.accessibility.motion] },
              contrast: { enum: [DEFAULT_CHOICES.accessibility.contrast] },
              screenReader: { enum: [DEFAULT_CHOICES.accessibility.screenReader] },
            },
          },
          consents: { maxItems: 0 },
        },
      },
    ],
  });

/** One document per customer who ever changed a preference or decided about a consent, or was erased. */
export const userPreferences = defineCollection({
  name: 'user_preferences',
  description: 'Language, time zone, display and accessibility choices and consents of each customer',
  schema,
  indexes: [
    // Documents of an older shape, for the batch that rewrites them; _id makes it resumable.
    { name: 'schema_version', key: { schemaVersion: 1, _id: 1 } },
  ],
  shardKey: { _id: 'hashed' },
});

/** A stored document of `user_preferences`. */
export type UserPreferencesDocument = DocumentOf<typeof userPreferences>;

export type ConsentPurpose = (typeof CONSENT_PURPOSES)[number];
export type Theme = (typeof THEMES)[number];
export type Motion = (typeof MOTIONS)[number];
export type Contrast = (typeof CONTRASTS)[number];
/** One decision about one purpose. */
export type Consent = Readonly<z.infer<typeof consentSchema>>;
export type Accessibility = Readonly<z.infer<typeof accessibility>>;

/** What customers choose, consents aside. */
export interface Choices {
  readonly locale: string;
  readonly fallbackLocales: readonly string[];
  readonly timeZone: string;
  readonly displayCurrency: string;
  readonly theme: Theme;
  readonly accessibility: Accessibility;
}

/** Runs on whatever is checked, also where members are missing or of another type. */
function holdsNothing(preferences: Readonly<Record<string, unknown>>): boolean {
  return Object.entries({ ...DEFAULT_CHOICES, consents: [] }).every(([name, nothing]) =>
    isDeepStrictEqual(preferences[name], nothing),
  );
}
