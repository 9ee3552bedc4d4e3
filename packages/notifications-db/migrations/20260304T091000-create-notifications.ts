import type { MongoMigration } from '@finova/db-kit/migrations';
import { collectionSteps } from './frozen/collection-steps.ts';

/** The inbox of each customer and the delivery queue of each channel. */
export const migration: MongoMigration = {
  lossy: 'Notifications are dropped, sent or not',
  steps: collectionSteps({
    name: 'notifications',
    validator: {
      $jsonSchema: {
        bsonType: 'object',
        properties: {
          _id: { bsonType: 'string', pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$(?!\\n)' },
          userId: {
            bsonType: 'string',
            pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$(?!\\n)',
          },
          eventId: { bsonType: 'string', minLength: 1, maxLength: 100 },
          channel: { bsonType: 'string', enum: ['email', 'push', 'sms', 'in_app'] },
          category: {
            bsonType: 'string',
            enum: ['security', 'legal', 'payments', 'balance', 'cards', 'statements', 'product'],
          },
          severity: { bsonType: 'string', enum: ['info', 'notice', 'warning', 'critical'] },
          title: { bsonType: 'string', minLength: 1, maxLength: 200 },
          body: { bsonType: 'string', maxLength: 4000 },
          data: {
            bsonType: 'object',
            additionalProperties: false,
            maxProperties: 20,
            patternProperties: { '^[A-Za-z][A-Za-z0-9_]{0,63}$(?!\\n)': { bsonType: 'string', maxLength: 500 } },
          },
          amount: {
            bsonType: 'object',
            properties: {
              amountMinor: { bsonType: 'long' },
              currency: { pattern: '^[A-Z]{3}$(?!\\n)', bsonType: 'string', maxLength: 3 },
            },
            required: ['amountMinor', 'currency'],
            additionalProperties: false,
          },
          status: { bsonType: 'string', enum: ['queued', 'leased', 'failed', 'sent', 'dead', 'cancelled'] },
          attempts: { minimum: 0, bsonType: 'int' },
          nextAttemptAt: { bsonType: 'date' },
          leasedUntil: { bsonType: 'date' },
          leaseOwner: { bsonType: 'string', minLength: 1, maxLength: 100 },
          lastError: { bsonType: 'string', minLength: 1, maxLength: 500 },
          unread: { bsonType: 'bool', enum: [true] },
          readAt: { bsonType: 'date' },
          sentAt: { bsonType: 'date' },
          expiresAt: { bsonType: 'date' },
          schemaVersion: { minimum: 1, bsonType: 'int' },
          createdAt: { bsonType: 'date' },
          updatedAt: { bsonType: 'date' },
        },
        required: [
          '_id',
          'userId',
          'eventId',
          'channel',
          'category',
          'severity',
          'title',
          'body',
          'data',
          'status',
          'attempts',
          'schemaVersion',
          'createdAt',
          'updatedAt',
        ],
        additionalProperties: false,
        anyOf: [
          {
            properties: { status: { enum: ['queued'] } },
            required: ['nextAttemptAt'],
            not: {
              anyOf: [
                { required: ['leasedUntil'] },
                { required: ['leaseOwner'] },
                { required: ['sentAt'] },
                { required: ['expiresAt'] },
              ],
            },
          },
          {
            properties: { status: { enum: ['leased'] } },
            required: ['nextAttemptAt', 'leasedUntil', 'leaseOwner'],
            not: { anyOf: [{ required: ['sentAt'] }, { required: ['expiresAt'] }] },
          },
          {
            properties: { status: { enum: ['failed'] } },
            required: ['nextAttemptAt', 'lastError'],
            not: {
              anyOf: [
                { required: ['leasedUntil'] },
                { required: ['leaseOwner'] },
                { required: ['sentAt'] },
                { required: ['expiresAt'] },
              ],
            },
          },
          {
            properties: { status: { enum: ['sent'] } },
            required: ['sentAt', 'expiresAt'],
            not: {
              anyOf: [{ required: ['nextAttemptAt'] }, { required: ['leasedUntil'] }, { required: ['leaseOwner'] }],
            },
          },
          {
            properties: { status: { enum: ['dead'] } },
            required: ['lastError', 'expiresAt'],
            not: {
              anyOf: [
                { required: ['nextAttemptAt'] },
                { required: ['leasedUntil'] },
                { required: ['leaseOwner'] },
                { required: ['sentAt'] },
              ],
            },
          },
          {
            properties: { status: { enum: ['cancelled'] } },
            required: ['expiresAt'],
            not: {
              anyOf: [
                { required: ['nextAttemptAt'] },
                { required: ['leasedUntil'] },
                { required: ['leaseOwner'] },
                { required: ['sentAt'] },
              ],
            },
          },
        ],
      },
    },
    indexes: [
      { name: 'user_event_channel', key: { userId: 1, eventId: 1, channel: 1 }, unique: true },
      { name: 'inbox', key: { userId: 1, createdAt: -1, _id: -1 }, partialFilterExpression: { channel: 'in_app' } },
      { name: 'unread', key: { userId: 1, category: 1, severity: 1 }, partialFilterExpression: { unread: true } },
      {
        name: 'dispatch',
        key: { channel: 1, nextAttemptAt: 1 },
        partialFilterExpression: { nextAttemptAt: { $exists: true } },
      },
      { name: 'expiry', key: { expiresAt: 1 }, expireAfterSeconds: 0 },
      { name: 'schema_version', key: { schemaVersion: 1, _id: 1 } },
    ],
  }),
};
