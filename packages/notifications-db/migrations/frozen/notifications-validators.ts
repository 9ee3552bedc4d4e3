import type { Document } from 'mongodb';

const PROPERTIES: Document = {
  _id: {
    bsonType: 'string',
    pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$(?!\\n)',
  },
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
};

const REQUIRED: readonly string[] = [
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
];

/** As the collection was created. */
export const VALIDATOR_WITHOUT_DIGESTS: Document = {
  $jsonSchema: {
    bsonType: 'object',
    properties: {
      ...PROPERTIES,
      status: { bsonType: 'string', enum: ['queued', 'leased', 'failed', 'sent', 'dead', 'cancelled'] },
    },
    required: REQUIRED,
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
        not: {
          anyOf: [{ required: ['sentAt'] }, { required: ['expiresAt'] }],
        },
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
};

/** With quiet hours that hold back, and digests that gather. */
export const VALIDATOR_WITH_DIGESTS: Document = {
  $jsonSchema: {
    bsonType: 'object',
    properties: {
      ...PROPERTIES,
      ...{
        deferredFrom: { bsonType: 'date' },
        digest: {
          bsonType: 'object',
          properties: {
            every: { bsonType: 'string', enum: ['hourly', 'daily'] },
            timeZone: {
              pattern: '^[A-Za-z][A-Za-z0-9_+-]*(?:\\/[A-Za-z0-9_+-]+)*$(?!\\n)',
              bsonType: 'string',
              maxLength: 50,
            },
            period: {
              pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2})?$(?!\\n)',
              bsonType: 'string',
              maxLength: 13,
            },
          },
          required: ['every', 'timeZone', 'period'],
          additionalProperties: false,
        },
        digestAt: { bsonType: 'date' },
        digestId: {
          bsonType: 'string',
          pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$(?!\\n)',
        },
      },
      status: {
        bsonType: 'string',
        enum: ['queued', 'leased', 'failed', 'sent', 'dead', 'cancelled', 'gathered', 'digested'],
      },
    },
    required: REQUIRED,
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
            { required: ['digest'] },
            { required: ['digestAt'] },
            { required: ['digestId'] },
          ],
        },
      },
      {
        properties: { status: { enum: ['leased'] } },
        required: ['nextAttemptAt', 'leasedUntil', 'leaseOwner'],
        not: {
          anyOf: [
            { required: ['sentAt'] },
            { required: ['expiresAt'] },
            { required: ['digest'] },
            { required: ['digestAt'] },
            { required: ['digestId'] },
          ],
        },
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
            { required: ['digest'] },
            { required: ['digestAt'] },
            { required: ['digestId'] },
          ],
        },
      },
      {
        properties: { status: { enum: ['sent'] } },
        required: ['sentAt', 'expiresAt'],
        not: {
          anyOf: [
            { required: ['nextAttemptAt'] },
            { required: ['leasedUntil'] },
            { required: ['leaseOwner'] },
            { required: ['deferredFrom'] },
            { required: ['digest'] },
            { required: ['digestAt'] },
            { required: ['digestId'] },
          ],
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
            { required: ['deferredFrom'] },
            { required: ['digest'] },
            { required: ['digestAt'] },
            { required: ['digestId'] },
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
            { required: ['deferredFrom'] },
            { required: ['digestAt'] },
            { required: ['digestId'] },
          ],
        },
      },
      {
        properties: { status: { enum: ['gathered'] } },
        required: ['digest', 'digestAt'],
        not: {
          anyOf: [
            { required: ['nextAttemptAt'] },
            { required: ['leasedUntil'] },
            { required: ['leaseOwner'] },
            { required: ['sentAt'] },
            { required: ['expiresAt'] },
            { required: ['deferredFrom'] },
            { required: ['digestId'] },
          ],
        },
      },
      {
        properties: { status: { enum: ['digested'] } },
        required: ['digest', 'digestId', 'expiresAt'],
        not: {
          anyOf: [
            { required: ['nextAttemptAt'] },
            { required: ['leasedUntil'] },
            { required: ['leaseOwner'] },
            { required: ['sentAt'] },
            { required: ['deferredFrom'] },
            { required: ['digestAt'] },
          ],
        },
      },
    ],
  },
};
