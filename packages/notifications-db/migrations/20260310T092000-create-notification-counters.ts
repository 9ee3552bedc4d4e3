import type { MongoMigration } from '@finova/db-kit/migrations';
import { collectionSteps } from './frozen/collection-steps.ts';

/** How far the notifications of each day, channel and category came. */
export const migration: MongoMigration = {
  lossy: 'The counters of days whose notifications have expired are dropped',
  steps: collectionSteps({
    name: 'notification_counters',
    validator: {
      $jsonSchema: {
        bsonType: 'object',
        properties: {
          _id: {
            bsonType: 'string',
            maxLength: 100,
            pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}\\/[a-z_]+\\/[a-z]+\\/[A-Za-z0-9_+/-]+$(?!\\n)',
          },
          day: { pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$(?!\\n)', bsonType: 'string', maxLength: 10 },
          timeZone: { bsonType: 'string', maxLength: 50 },
          channel: { bsonType: 'string', enum: ['email', 'push', 'sms', 'in_app'] },
          category: {
            bsonType: 'string',
            enum: ['security', 'legal', 'payments', 'balance', 'cards', 'statements', 'product'],
          },
          enqueued: { bsonType: 'long', minimum: 0n },
          waiting: { bsonType: 'long', minimum: 0n },
          sent: { bsonType: 'long', minimum: 0n },
          digested: { bsonType: 'long', minimum: 0n },
          dead: { bsonType: 'long', minimum: 0n },
          cancelled: { bsonType: 'long', minimum: 0n },
          read: { bsonType: 'long', minimum: 0n },
          attempts: { bsonType: 'long', minimum: 0n },
          countedAt: { bsonType: 'date' },
          schemaVersion: { minimum: 1, bsonType: 'int' },
        },
        required: [
          '_id',
          'day',
          'timeZone',
          'channel',
          'category',
          'enqueued',
          'waiting',
          'sent',
          'digested',
          'dead',
          'cancelled',
          'read',
          'attempts',
          'countedAt',
          'schemaVersion',
        ],
        additionalProperties: false,
      },
    },
    indexes: [
      { name: 'day', key: { timeZone: 1, day: 1, channel: 1, category: 1 } },
      { name: 'schema_version', key: { schemaVersion: 1, _id: 1 } },
    ],
  }),
};
