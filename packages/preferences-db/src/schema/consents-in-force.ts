import { defineView, type ViewDocumentOf } from '@finova/db-kit/mongodb';
import { z } from 'zod';
import { consentSchema, userPreferences } from './user-preferences.ts';

const { purpose, granted, decidedAt, policyVersion } = consentSchema.shape;

/** The decision in force of each customer and purpose, for those who look at all customers; it goes over all of them. */
export const consentsInForce = defineView({
  name: 'consents_in_force',
  description: 'The last decision of each customer about each purpose',
  viewOn: userPreferences.name,
  pipeline: [
    { $unwind: '$consents' },
    // In the order of the list: a customer is one document, so no other one comes between.
    { $group: { _id: { userId: '$_id', purpose: '$consents.purpose' }, consent: { $last: '$consents' } } },
    {
      $project: {
        _id: 0,
        userId: '$_id.userId',
        purpose: '$_id.purpose',
        granted: '$consent.granted',
        decidedAt: '$consent.decidedAt',
        policyVersion: '$consent.policyVersion',
      },
    },
  ],
  schema: z.strictObject({
    userId: userPreferences.schema.shape._id,
    purpose,
    granted,
    decidedAt,
    policyVersion,
  }),
});

/** One decision in force. */
export type ConsentInForce = ViewDocumentOf<typeof consentsInForce>;
