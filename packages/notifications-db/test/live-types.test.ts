import { join } from 'node:path';
import { readDomain } from '@finova/db-kit/migrations';
import { collectionDifferences, withMongoClient } from '@finova/db-kit/mongodb';
import { createMongoTestDatabase, describeValidatorAgreement, testMongoUrl } from '@finova/db-kit/testing';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  CATEGORIES,
  CHANNELS,
  DIGESTS,
  NOTIFICATIONS_COLLECTIONS,
  notificationCounters,
  notificationSettings,
  notifications,
  recipients,
  SEVERITIES,
} from '../src/index.ts';

it('the migrated collections are what the definitions say', async () => {
  const database = await createMongoTestDatabase(testMongoUrl(), await readDomain(join(import.meta.dirname, '..')));
  try {
    await withMongoClient({ url: database.url, applicationName: 'finova tests' }, async (client) => {
      const db = client.db(database.databaseName);
      for (const definition of NOTIFICATIONS_COLLECTIONS) {
        expect(await collectionDifferences(db, definition)).toEqual([]);
      }
    });
  } finally {
    await database.drop();
  }
});

const date = fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true });
const currency = fc.stringMatching(/^[A-Z]{3}$/);
const text = (maxLength: number) => fc.string({ unit: 'binary', minLength: 1, maxLength });
const long = (min: bigint) => fc.bigInt({ min, max: 2n ** 63n - 1n });
const positiveInt = fc.integer({ min: 1, max: 2 ** 31 - 1 });
const versions = { schemaVersion: positiveInt, createdAt: date, updatedAt: date };

const rule = fc.record({
  enabled: fc.boolean(),
  minimumSeverity: fc.constantFrom(...SEVERITIES),
  digest: fc.constantFrom(...DIGESTS),
});
const timeOfDay = fc.stringMatching(/^(?:[01][0-9]|2[0-3]):[0-5][0-9]$/);
const scope = fc.oneof(
  fc.constant({ scope: 'global', scopeId: '' }),
  fc.record({ scope: fc.constant('category'), scopeId: fc.constantFrom(...CATEGORIES) }),
  fc.record({ scope: fc.constant('account'), scopeId: fc.uuid() }),
);

describeValidatorAgreement(
  notificationSettings,
  fc
    .tuple(
      scope,
      fc.record(
        {
          _id: fc.uuid(),
          userId: fc.uuid(),
          channels: fc.record({ email: rule, push: rule, sms: rule, in_app: rule }, { requiredKeys: [] }),
          quietHours: fc.option(
            fc.record({ start: timeOfDay, end: timeOfDay, timeZone: fc.constantFrom('UTC', 'Europe/Vienna') }),
          ),
          amountThresholds: fc.array(fc.record({ currency, minimumMinor: long(0n) }), { maxLength: 4 }),
          revision: positiveInt,
          ...versions,
        },
        { requiredKeys: ['_id', 'userId', 'channels', 'revision', 'schemaVersion', 'createdAt', 'updatedAt'] },
      ),
    )
    .map(([ids, rest]) => ({ ...rest, ...ids })),
);

const digest = fc.record({
  every: fc.constantFrom('hourly', 'daily'),
  timeZone: fc.constantFrom('UTC', 'America/Argentina/Buenos_Aires'),
  period: fc.constantFrom('2026-03-04', '2026-03-04T09'),
});
const waiting = fc.record({ nextAttemptAt: date, deferredFrom: date }, { requiredKeys: ['nextAttemptAt'] });
const inStatus = (status: string, fields: Record<string, fc.Arbitrary<unknown>>) =>
  fc.record({ status: fc.constant(status), ...fields });
const state = fc.oneof(
  fc.tuple(waiting, inStatus('queued', {})).map(([times, rest]) => ({ ...times, ...rest })),
  fc
    .tuple(waiting, inStatus('leased', { leasedUntil: date, leaseOwner: text(50) }))
    .map(([times, rest]) => ({ ...times, ...rest })),
  fc.tuple(waiting, inStatus('failed', { lastError: text(50) })).map(([times, rest]) => ({ ...times, ...rest })),
  inStatus('sent', { sentAt: date, expiresAt: date }),
  inStatus('dead', { lastError: text(50), expiresAt: date }),
  inStatus('cancelled', { expiresAt: date }),
  inStatus('gathered', { digest, digestAt: date }),
  inStatus('digested', { digest, digestId: fc.uuid(), expiresAt: date }),
);

describeValidatorAgreement(
  recipients,
  fc.oneof(
    fc.record({ _id: fc.uuid(), status: fc.constant('active'), passes: long(0n), schemaVersion: positiveInt }),
    fc.record({
      _id: fc.uuid(),
      status: fc.constantFrom('erasing', 'erased'),
      erasedAt: date,
      schemaVersion: positiveInt,
    }),
  ),
);

describeValidatorAgreement(
  notificationCounters,
  fc.record({
    _id: fc.uuid().map((unique) => `2026-03-04/in_app/payments/America/${unique}`),
    day: fc.constantFrom('2026-03-04', '2024-02-29'),
    timeZone: text(30),
    channel: fc.constantFrom(...CHANNELS),
    category: fc.constantFrom(...CATEGORIES),
    enqueued: long(0n),
    waiting: long(0n),
    sent: long(0n),
    digested: long(0n),
    dead: long(0n),
    cancelled: long(0n),
    read: long(0n),
    attempts: long(0n),
    countedAt: date,
    schemaVersion: positiveInt,
  }),
);

describeValidatorAgreement(
  notifications,
  fc
    .tuple(
      state,
      fc.record(
        {
          _id: fc.uuid(),
          userId: fc.uuid(),
          eventId: text(40),
          channel: fc.constantFrom(...CHANNELS),
          category: fc.constantFrom(...CATEGORIES),
          severity: fc.constantFrom(...SEVERITIES),
          title: text(80),
          body: text(200),
          data: fc.dictionary(fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]{0,20}$/), text(40), { maxKeys: 5 }),
          amount: fc.record({ amountMinor: long(-(2n ** 63n)), currency }),
          attempts: fc.nat(),
          unread: fc.constant(true),
          readAt: date,
          ...versions,
        },
        {
          requiredKeys: [
            '_id',
            'userId',
            'eventId',
            'channel',
            'category',
            'severity',
            'title',
            'body',
            'data',
            'attempts',
            'schemaVersion',
            'createdAt',
            'updatedAt',
          ],
        },
      ),
    )
    .map(([ofStatus, rest]) => ({ ...rest, ...ofStatus })),
);
