import type { MongoMigration } from '@finova/db-kit/migrations';
import { collectionSteps } from './frozen/collection-steps.ts';

/** The gate of every write for a customer, and the tombstone of an erasure. */
export const migration: MongoMigration = {
  lossy: 'Who was erased is forgotten: nothing keeps late events of theirs out any more',
  steps: collectionSteps({
    name: 'recipients',
    validator: {
      $jsonSchema: {
        bsonType: 'object',
        properties: {
          _id: {
            bsonType: 'string',
            pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$(?!\\n)',
          },
          status: { bsonType: 'string', enum: ['active', 'erasing', 'erased'] },
          passes: { bsonType: 'long', minimum: 0n },
          erasedAt: { bsonType: 'date' },
          schemaVersion: { minimum: 1, bsonType: 'int' },
        },
        required: ['_id', 'status', 'schemaVersion'],
        additionalProperties: false,
        anyOf: [
          {
            properties: { status: { enum: ['active'] } },
            required: ['passes'],
            not: { required: ['erasedAt'] },
          },
          {
            properties: { status: { enum: ['erasing', 'erased'] } },
            required: ['erasedAt'],
            not: { required: ['passes'] },
          },
        ],
      },
    },
    indexes: [
      { name: 'erasing', key: { status: 1 }, partialFilterExpression: { status: 'erasing' } },
      { name: 'schema_version', key: { schemaVersion: 1, _id: 1 } },
    ],
  }),
};
