import { newId } from '@finova/db-kit';
import { typedCollection } from '@finova/db-kit/mongodb';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { explainPipeline } from '../../test/support/explained-plan.ts';
import { type NotificationsDatabase, openNotificationsDatabase } from '../../test/support/notifications-database.ts';
import { combineSettings, withDefaults } from '../effective-settings.ts';
import type { NewNotification, ScopeSettings } from '../input.ts';
import { NotificationRepository } from '../repositories/notification-repository.ts';
import { NotificationSettingsRepository } from '../repositories/notification-settings-repository.ts';
import { notificationSettings } from '../schema/notification-settings.ts';
import { notifications } from '../schema/notifications.ts';
import { CATEGORIES, CHANNELS, DIGESTS, SEVERITIES } from '../schema/vocabulary.ts';
import { deliveryFunnelPipeline } from './delivery-funnel.ts';
import { dueDigestsPipeline } from './due-digests.ts';
import { effectiveSettingsPipeline } from './effective-settings.ts';
import { type Pipeline, runPipeline } from './pipeline.ts';
import { quietHoursInForcePipeline } from './quiet-hours-in-force.ts';
import { unreadCountsPipeline } from './unread-counts.ts';

const SEED = Number(process.env['FINOVA_PROPERTY_SEED'] ?? Date.now() % 2 ** 31);
const NOW = new Date('2026-03-04T09:00:00Z');

describe(`pipelines (FINOVA_PROPERTY_SEED=${SEED})`, () => {
  let database: NotificationsDatabase;
  let queue: NotificationRepository;
  let settings: NotificationSettingsRepository;
  const userId = newId();
  const accountId = newId();

  beforeAll(async () => {
    database = await openNotificationsDatabase();
    queue = new NotificationRepository(database.db, { clock: () => NOW });
    settings = new NotificationSettingsRepository(database.db);
  });
  afterAll(() => database.close());
  beforeEach(() => database.empty());

  const input = (change: Partial<NewNotification> = {}): NewNotification => ({
    userId,
    eventId: newId(),
    channel: 'in_app',
    category: 'payments',
    severity: 'notice',
    title: 'Payment received',
    body: 'Jonas Weber sent you 12.50 EUR.',
    ...change,
  });
  const digest = { every: 'daily', timeZone: 'Europe/Vienna' } as const;

  describe('by their index', () => {
    /** 20 of the customer, and 180 of others that a scan would come across. */
    beforeEach(async () => {
      const others = Array.from({ length: 180 }, () => input({ userId: newId(), channel: 'sms' }));
      const own = Array.from({ length: 10 }, () => [input(), input({ channel: 'email', digest })]).flat();
      await queue.enqueueMany([...others, ...own]);
      await settings.put({ userId, scope: 'global' }, { channels: {} });
      await settings.put({ userId: newId(), scope: 'global' }, { channels: {} });
    });

    const later = new Date('2026-03-06T00:00:00Z');
    it.each<[Pipeline<object>, string, number]>([
      [unreadCountsPipeline(userId), 'unread_counts', 10],
      [effectiveSettingsPipeline({ userId, category: 'payments', accountId }), 'user_scope', 1],
      [dueDigestsPipeline({ channel: 'email', now: later, limit: 10 }), 'digests', 10],
      [deliveryFunnelPipeline({ from: later, to: new Date('2026-03-07'), timeZone: 'UTC' }), 'created_at', 0],
    ])('$name', async (pipeline, index, examined) => {
      const plan = await explainPipeline(database.db, pipeline);
      expect(plan.indexes).toEqual([index]);
      expect(plan.stages).not.toContain('COLLSCAN');
      expect(plan.documentsExamined).toBeLessThanOrEqual(examined);
    });

    it('quiet hours in force, and the settings that it looks up', async () => {
      const [first] = await typedCollection(database.db, notifications).find({ userId }).limit(1).toArray();
      const plan = await explainPipeline(database.db, quietHoursInForcePipeline([first?._id ?? '']));
      // Servers name the look-up of ids in their own ways.
      expect(plan.stages).not.toContain('COLLSCAN');
      expect(plan.documentsExamined).toBeLessThanOrEqual(1);
      const lookedUp: Pipeline<object> = {
        name: 'settings of a customer',
        collection: notificationSettings,
        index: 'user_scope',
        stages: [{ $match: { userId } }],
      };
      expect((await explainPipeline(database.db, lookedUp)).indexes).toEqual(['user_scope']);
    });
  });

  it('effective settings: the server combines as the model does', async () => {
    const rule = fc.record({
      enabled: fc.boolean(),
      minimumSeverity: fc.constantFrom(...SEVERITIES),
      digest: fc.constantFrom(...DIGESTS),
    });
    const said: fc.Arbitrary<ScopeSettings> = fc.record(
      {
        channels: fc.record(Object.fromEntries(CHANNELS.map((channel) => [channel, rule])), { requiredKeys: [] }),
        quietHours: fc.option(fc.constantFrom({ start: '22:00', end: '07:00', timeZone: 'Europe/Vienna' })),
        amountThresholds: fc.array(fc.constant({ currency: 'EUR', minimumMinor: 5n }), { maxLength: 1 }),
      },
      { requiredKeys: ['channels'] },
    );
    const scopes = fc.record({ global: said, category: said, account: said }, { requiredKeys: [] });
    await fc.assert(
      fc.asyncProperty(
        scopes,
        fc.constantFrom(...CATEGORIES),
        async ({ global, category: ofCategory, account }, category) => {
          const customer = newId();
          const collection = typedCollection(database.db, notificationSettings);
          const document = (scope: 'global' | 'category' | 'account', scopeId: string, said: ScopeSettings) => ({
            _id: newId(),
            userId: customer,
            scope,
            scopeId,
            ...said,
            revision: 1,
            schemaVersion: 1,
            createdAt: NOW,
            updatedAt: NOW,
          });
          const documents = [
            ...(global === undefined ? [] : [document('global', '', global)]),
            ...(ofCategory === undefined ? [] : [document('category', category, ofCategory)]),
            ...(account === undefined ? [] : [document('account', accountId, account)]),
          ];
          if (documents.length > 0) {
            await collection.insertMany(documents);
          }
          const target = { userId: customer, category, accountId };
          const [row] = await runPipeline(database.db, effectiveSettingsPipeline(target));
          const expected = combineSettings(documents, category);
          expect(withDefaults(row?.channels ?? {}, row?.others ?? {}, category)).toEqual(expected);
          expect(await settings.effective(target)).toEqual(expected);
          expect(await settings.effectiveMany([target, { userId: newId(), category }])).toEqual([
            expected,
            combineSettings([], category),
          ]);
        },
      ),
      { seed: SEED, numRuns: 60 },
    );
  });

  describe('quiet hours in force', () => {
    const night = { start: '22:00', end: '07:00', timeZone: 'Europe/Vienna' };
    const siesta = { start: '13:00', end: '15:00', timeZone: 'Europe/Madrid' };
    const enqueue = async (change: Partial<NewNotification> = {}) =>
      (await queue.enqueue(input({ channel: 'push', ...change }))).notification.id;
    const inForce = async (...ids: string[]) =>
      new Map((await runPipeline(database.db, quietHoursInForcePipeline(ids))).map((row) => [row._id, row.quietHours]));

    it('are those of the most specific scope that says something', async () => {
      await settings.put({ userId, scope: 'global' }, { channels: {}, quietHours: night });
      await settings.put({ userId, scope: 'category', category: 'cards' }, { channels: {}, quietHours: siesta });
      await settings.put({ userId, scope: 'category', category: 'balance' }, { channels: {} });
      await settings.put({ userId, scope: 'account', accountId }, { channels: {}, quietHours: null });
      const payments = await enqueue();
      const cards = await enqueue({ category: 'cards' });
      const balance = await enqueue({ category: 'balance' });
      const ofAccount = await enqueue({ category: 'cards', data: { accountId } });
      const ofOther = await enqueue({ userId: newId() });
      expect(await inForce(payments, cards, balance, ofAccount, ofOther)).toEqual(
        new Map([
          [payments, night],
          [cards, siesta],
          [balance, night],
          [ofAccount, null],
        ]),
      );
    });
  });
});
