import { bson, type DocumentOf, defineCollection } from '@finova/db-kit/mongodb';
import { z } from 'zod';

export const RECIPIENT_SCHEMA_VERSION = 1;

/**
 * - `active`: notifications and settings may be stored;
 * - `erasing`: nothing may be stored any more, and what there was is being deleted;
 * - `erased`: nothing is left.
 */
const RECIPIENT_STATUSES = ['active', 'erasing', 'erased'] as const;

const schema = z
  .strictObject({
    /** The customer's id in accounts-db. */
    _id: bson.uuid(),
    status: z.enum(RECIPIENT_STATUSES),
    /**
     * Grows with each transaction that stores something for an active customer. Writing it is what makes that transaction
     * and an erasure exclude each other.
     */
    passes: bson.long({ min: 0n }).optional(),
    erasedAt: bson.date().optional(),
    schemaVersion: bson.int({ min: 1 }),
  })
  .refine(
    ({ status, passes, erasedAt }) => {
      const isTombstone = status === 'erasing' || status === 'erased';
      return isTombstone
        ? passes === undefined && erasedAt !== undefined
        : passes !== undefined && erasedAt === undefined;
    },
    { path: ['status'], error: 'Invalid input: expected exactly the fields of this status' },
  )
  // The same rule for the server.
  .meta({
    anyOf: [
      { properties: { status: { enum: ['active'] } }, required: ['passes'], not: { required: ['erasedAt'] } },
      {
        properties: { status: { enum: ['erasing', 'erased'] } },
        required: ['erasedAt'],
        not: { required: ['passes'] },
      },
    ],
  });

/** One document per customer that something was ever stored for: the gate of every write, and later the tombstone. */
export const recipients = defineCollection({
  name: 'recipients',
  description:
    'Whether something may be stored for a customer: the gate of every write, and the tombstone of an erasure',
  schema,
  indexes: [
    // For what an erasure left undone.
    { name: 'erasing', key: { status: 1 }, options: { partialFilterExpression: { status: 'erasing' } } },
    { name: 'schema_version', key: { schemaVersion: 1, _id: 1 } },
  ],
  shardKey: { _id: 'hashed' },
});

/** A stored document of `recipients`. */
export type RecipientDocument = DocumentOf<typeof recipients>;
