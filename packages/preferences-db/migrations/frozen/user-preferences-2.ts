import type { Document } from 'mongodb';

/** Documents of version 1 and 2 as they were in March 2026, and how one becomes the other. */

const UUID = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$(?!\\n)';
const LOCALE = {
  pattern: '^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$(?!\\n)',
  bsonType: 'string',
  maxLength: 35,
};

const COMMON = {
  _id: { bsonType: 'string', pattern: UUID },
  locale: LOCALE,
  timeZone: {
    pattern: '^[A-Za-z][A-Za-z0-9_+-]*(?:\\/[A-Za-z0-9_+-]+)*$(?!\\n)',
    bsonType: 'string',
    maxLength: 50,
  },
  displayCurrency: { pattern: '^[A-Z]{3}$(?!\\n)', bsonType: 'string', maxLength: 3 },
  theme: { bsonType: 'string', enum: ['system', 'light', 'dark'] },
  consents: {
    maxItems: 200,
    bsonType: 'array',
    items: {
      bsonType: 'object',
      properties: {
        purpose: {
          bsonType: 'string',
          enum: [
            'marketing_email',
            'marketing_push',
            'marketing_phone',
            'product_analytics',
            'personalised_offers',
            'partner_data_sharing',
          ],
        },
        granted: { bsonType: 'bool' },
        decidedAt: { bsonType: 'date' },
        policyVersion: { bsonType: 'string', minLength: 1, maxLength: 50 },
        source: { bsonType: 'string', enum: ['web', 'mobile_app', 'branch', 'phone', 'import'] },
      },
      required: ['purpose', 'granted', 'decidedAt', 'policyVersion', 'source'],
      additionalProperties: false,
    },
  },
  revision: { minimum: 1, bsonType: 'int' },
  createdAt: { bsonType: 'date' },
  updatedAt: { bsonType: 'date' },
};

export const SCHEMA_1 = {
  bsonType: 'object',
  properties: {
    ...COMMON,
    accessibility: {
      bsonType: 'object',
      properties: {
        textScalePercent: { minimum: 50, maximum: 300, bsonType: 'int' },
        reduceMotion: { bsonType: 'bool' },
        highContrast: { bsonType: 'bool' },
        screenReader: { bsonType: 'bool' },
      },
      required: ['textScalePercent', 'reduceMotion', 'highContrast', 'screenReader'],
      additionalProperties: false,
    },
    schemaVersion: { minimum: 1, bsonType: 'int' },
  },
  required: [
    '_id',
    'locale',
    'timeZone',
    'displayCurrency',
    'theme',
    'accessibility',
    'consents',
    'revision',
    'schemaVersion',
    'createdAt',
    'updatedAt',
  ],
  additionalProperties: false,
};

export const SCHEMA_2 = {
  bsonType: 'object',
  properties: {
    ...COMMON,
    fallbackLocales: { maxItems: 5, bsonType: 'array', items: LOCALE },
    accessibility: {
      bsonType: 'object',
      properties: {
        textScalePercent: { minimum: 50, maximum: 300, bsonType: 'int' },
        motion: { bsonType: 'string', enum: ['system', 'reduced', 'full'] },
        contrast: { bsonType: 'string', enum: ['system', 'more', 'less'] },
        screenReader: { bsonType: 'bool' },
      },
      required: ['textScalePercent', 'motion', 'contrast', 'screenReader'],
      additionalProperties: false,
    },
    erasedAt: { bsonType: 'date' },
    schemaVersion: { minimum: 2, maximum: 2, bsonType: 'int' },
  },
  required: [
    '_id',
    'locale',
    'fallbackLocales',
    'timeZone',
    'displayCurrency',
    'theme',
    'accessibility',
    'consents',
    'revision',
    'schemaVersion',
    'createdAt',
    'updatedAt',
  ],
  additionalProperties: false,
  // A tombstone holds nothing of the customer but the id.
  anyOf: [
    { not: { required: ['erasedAt'] } },
    {
      properties: {
        locale: { enum: ['en'] },
        fallbackLocales: { maxItems: 0 },
        timeZone: { enum: ['UTC'] },
        displayCurrency: { enum: ['EUR'] },
        theme: { enum: ['system'] },
        accessibility: {
          properties: {
            textScalePercent: { enum: [100] },
            motion: { enum: ['system'] },
            contrast: { enum: ['system'] },
            screenReader: { enum: [false] },
          },
        },
        consents: { maxItems: 0 },
      },
    },
  ],
};

/** What holds while documents of both versions are there. */
export const EITHER = {
  $jsonSchema: {
    anyOf: [
      { ...SCHEMA_1, properties: { ...SCHEMA_1.properties, schemaVersion: { enum: [1], bsonType: 'int' } } },
      SCHEMA_2,
    ],
  },
};

/** Nobody chose "no", which was the default. */
export function toVersion2({ accessibility, ...document }: Document): Document {
  const { reduceMotion, highContrast, ...kept } = accessibility;
  return {
    ...document,
    fallbackLocales: [],
    accessibility: {
      ...kept,
      motion: reduceMotion ? 'reduced' : 'system',
      contrast: highContrast ? 'more' : 'system',
    },
    schemaVersion: 2,
  };
}

/** Loses what version 1 could not say: a tombstone becomes defaults. */
export function toVersion1({ accessibility, fallbackLocales: _, erasedAt: __, ...document }: Document): Document {
  const { motion, contrast, ...kept } = accessibility;
  return {
    ...document,
    accessibility: { ...kept, reduceMotion: motion === 'reduced', highContrast: contrast === 'more' },
    schemaVersion: 1,
  };
}
