import type { MongoMigration } from '@finova/db-kit/migrations';
import { collectionSteps } from './frozen/collection-steps.ts';

/** What each customer wants to hear of, where and when. */
export const migration: MongoMigration = {
  lossy: 'Notification settings are dropped',
  steps: collectionSteps({
    name: 'notification_settings',
    validator: {
      $jsonSchema: {
        bsonType: 'object',
        properties: {
          _id: { bsonType: 'string', pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$(?!\\n)' },
          userId: {
            bsonType: 'string',
            pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$(?!\\n)',
          },
          scope: { bsonType: 'string', enum: ['global', 'category', 'account'] },
          scopeId: { bsonType: 'string', maxLength: 36 },
          channels: {
            bsonType: 'object',
            properties: {
              email: {
                bsonType: 'object',
                properties: {
                  enabled: { bsonType: 'bool' },
                  minimumSeverity: { bsonType: 'string', enum: ['info', 'notice', 'warning', 'critical'] },
                  digest: { bsonType: 'string', enum: ['immediate', 'hourly', 'daily'] },
                },
                required: ['enabled', 'minimumSeverity', 'digest'],
                additionalProperties: false,
              },
              push: {
                bsonType: 'object',
                properties: {
                  enabled: { bsonType: 'bool' },
                  minimumSeverity: { bsonType: 'string', enum: ['info', 'notice', 'warning', 'critical'] },
                  digest: { bsonType: 'string', enum: ['immediate', 'hourly', 'daily'] },
                },
                required: ['enabled', 'minimumSeverity', 'digest'],
                additionalProperties: false,
              },
              sms: {
                bsonType: 'object',
                properties: {
                  enabled: { bsonType: 'bool' },
                  minimumSeverity: { bsonType: 'string', enum: ['info', 'notice', 'warning', 'critical'] },
                  digest: { bsonType: 'string', enum: ['immediate', 'hourly', 'daily'] },
                },
                required: ['enabled', 'minimumSeverity', 'digest'],
                additionalProperties: false,
              },
              in_app: {
                bsonType: 'object',
                properties: {
                  enabled: { bsonType: 'bool' },
                  minimumSeverity: { bsonType: 'string', enum: ['info', 'notice', 'warning', 'critical'] },
                  digest: { bsonType: 'string', enum: ['immediate', 'hourly', 'daily'] },
                },
                required: ['enabled', 'minimumSeverity', 'digest'],
                additionalProperties: false,
              },
            },
            additionalProperties: false,
          },
          quietHours: {
            anyOf: [
              {
                bsonType: 'object',
                properties: {
                  start: { pattern: '^(?:[01][0-9]|2[0-3]):[0-5][0-9]$(?!\\n)', bsonType: 'string', maxLength: 5 },
                  end: { pattern: '^(?:[01][0-9]|2[0-3]):[0-5][0-9]$(?!\\n)', bsonType: 'string', maxLength: 5 },
                  timeZone: {
                    pattern: '^[A-Za-z][A-Za-z0-9_+-]*(?:\\/[A-Za-z0-9_+-]+)*$(?!\\n)',
                    bsonType: 'string',
                    maxLength: 50,
                  },
                },
                required: ['start', 'end', 'timeZone'],
                additionalProperties: false,
              },
              { bsonType: 'null' },
            ],
          },
          amountThresholds: {
            maxItems: 20,
            bsonType: 'array',
            items: {
              bsonType: 'object',
              properties: {
                currency: { pattern: '^[A-Z]{3}$(?!\\n)', bsonType: 'string', maxLength: 3 },
                minimumMinor: { bsonType: 'long', minimum: 0n },
              },
              required: ['currency', 'minimumMinor'],
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
          'userId',
          'scope',
          'scopeId',
          'channels',
          'revision',
          'schemaVersion',
          'createdAt',
          'updatedAt',
        ],
        additionalProperties: false,
        anyOf: [
          { properties: { scope: { enum: ['global'] }, scopeId: { enum: [''] } } },
          {
            properties: {
              scope: { enum: ['category'] },
              scopeId: { enum: ['security', 'legal', 'payments', 'balance', 'cards', 'statements', 'product'] },
            },
          },
          {
            properties: {
              scope: { enum: ['account'] },
              scopeId: { pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$(?!\\n)' },
            },
          },
        ],
      },
    },
    indexes: [
      { name: 'user_scope', key: { userId: 1, scope: 1, scopeId: 1 }, unique: true },
      { name: 'schema_version', key: { schemaVersion: 1, _id: 1 } },
    ],
  }),
};
