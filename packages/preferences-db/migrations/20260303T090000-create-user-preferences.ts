import type { MongoMigration } from '@finova/db-kit/migrations';
import { collectionSteps } from './frozen/collection-steps.ts';

/** Choices and consents of each customer. */
export const migration: MongoMigration = {
  lossy: 'User preferences and consent decisions are dropped',
  steps: collectionSteps({
    name: 'user_preferences',
    validator: {
      $jsonSchema: {
        bsonType: 'object',
        properties: {
          _id: { bsonType: 'string', pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$(?!\\n)' },
          locale: { pattern: '^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$(?!\\n)', bsonType: 'string', maxLength: 35 },
          timeZone: {
            pattern: '^[A-Za-z][A-Za-z0-9_+-]*(?:\\/[A-Za-z0-9_+-]+)*$(?!\\n)',
            bsonType: 'string',
            maxLength: 50,
          },
          displayCurrency: { pattern: '^[A-Z]{3}$(?!\\n)', bsonType: 'string', maxLength: 3 },
          theme: { bsonType: 'string', enum: ['system', 'light', 'dark'] },
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
          schemaVersion: { minimum: 1, bsonType: 'int' },
          createdAt: { bsonType: 'date' },
          updatedAt: { bsonType: 'date' },
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
      },
    },
    indexes: [{ name: 'schema_version', key: { schemaVersion: 1, _id: 1 } }],
  }),
};
