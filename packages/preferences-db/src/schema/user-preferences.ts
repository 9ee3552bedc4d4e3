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

/** Decisions kept of one customer; the newest of every purpose is always among them. */
export const CONSENTS_MAX = 200;

/** The shape of a document as this version of the code writes it. */
export const USER_PREFERENCES_SCHEMA_VERSION = 1;

const consent = z.strictObject({
  purpose: z.enum(CONSENT_PURPOSES),
  granted: z.boolean(),
  decidedAt: bson.date(),
  /** The text that the customer saw: `privacy-2026-01`. */
  policyVersion: bson.text({ minLength: 1, maxLength: 50 }),
  source: z.enum(CONSENT_SOURCES),
});

const accessibility = z.strictObject({
  textScalePercent: bson.int({ min: 50, max: 300 }),
  reduceMotion: z.boolean(),
  highContrast: z.boolean(),
  screenReader: z.boolean(),
});

const schema = z.strictObject({
  /** The customer's id in accounts-db. */
  _id: bson.uuid(),
  /** BCP 47: `de-AT`. The server checks its shape, the repository that it is a real one. */
  locale: bson.text({ maxLength: 35, pattern: /^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$/ }),
  /** IANA: `Europe/Vienna`. The server checks its shape, the repository that it is a real one. */
  timeZone: bson.text({ maxLength: 50, pattern: /^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*$/ }),
  /** ISO 4217: the currency that totals are shown in. */
  displayCurrency: bson.text({ maxLength: 3, pattern: /^[A-Z]{3}$/ }),
  theme: z.enum(THEMES),
  accessibility,
  /** Every decision in the order it was made; the last one of a purpose is in force. */
  consents: z.array(consent).max(CONSENTS_MAX),
  /** Grows by one with each change; whoever changes a document names the revision they saw. */
  revision: bson.int({ min: 1 }),
  schemaVersion: bson.int({ min: 1 }),
  createdAt: bson.date(),
  updatedAt: bson.date(),
});

/** One document per customer who ever changed a preference or decided about a consent. */
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
/** One decision about one purpose. */
export type Consent = Readonly<z.infer<typeof consent>>;
export type Accessibility = Readonly<z.infer<typeof accessibility>>;
