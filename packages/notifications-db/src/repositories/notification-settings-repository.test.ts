import { join } from 'node:path';
import { newId } from '@finova/db-kit';
import { readDomain } from '@finova/db-kit/migrations';
import { createMongoClient } from '@finova/db-kit/mongodb';
import { createMongoTestDatabase, type MongoTestDatabase, testMongoUrl } from '@finova/db-kit/testing';
import type { MongoClient } from 'mongodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_CHANNELS } from '../effective-settings.ts';
import { InvalidNotificationInputError, RequiredNoticeError } from '../errors.ts';
import type { ChannelRule } from '../schema/notification-settings.ts';
import { NotificationSettingsRepository } from './notification-settings-repository.ts';

describe('NotificationSettingsRepository', () => {
  let database: MongoTestDatabase;
  let client: MongoClient;
  let settings: NotificationSettingsRepository;
  let userId: string;

  beforeAll(async () => {
    database = await createMongoTestDatabase(testMongoUrl(), await readDomain(join(import.meta.dirname, '../..')));
    client = createMongoClient({ url: database.url, applicationName: 'finova tests' });
    settings = new NotificationSettingsRepository(client.db(database.databaseName));
  });
  afterAll(async () => {
    await client.close();
    await database.drop();
  });
  beforeEach(() => {
    userId = newId();
  });

  const off: ChannelRule = { enabled: false, minimumSeverity: 'info', digest: 'immediate' };
  const daily: ChannelRule = { enabled: true, minimumSeverity: 'info', digest: 'daily' };
  const night = { start: '22:00', end: '07:00', timeZone: 'Europe/Vienna' };
  const thresholds = [{ currency: 'EUR', minimumMinor: 5_000n }];
  const global = () => ({ userId, scope: 'global' }) as const;
  const category = (name: 'payments' | 'security' | 'product') =>
    ({ userId, scope: 'category', category: name }) as const;
  const account = (accountId: string) => ({ userId, scope: 'account', accountId }) as const;

  describe('put', () => {
    it('stores what a scope says', async () => {
      const stored = await settings.put(global(), {
        channels: { email: daily },
        quietHours: night,
        amountThresholds: thresholds,
      });
      expect(stored).toMatchObject({ scope: 'global', scopeId: '', amountThresholds: thresholds, revision: 1 });
      expect(await settings.list(userId)).toEqual([stored]);
    });

    it('replaces all that the scope said before', async () => {
      const first = await settings.put(global(), { channels: { email: daily }, quietHours: night });
      const second = await settings.put(global(), { channels: { push: off }, amountThresholds: thresholds });
      expect(second).toEqual({
        userId,
        scope: 'global',
        scopeId: '',
        channels: { push: off },
        amountThresholds: thresholds,
        revision: 2,
        createdAt: first.createdAt,
        updatedAt: second.updatedAt,
      });
    });

    it('keeps one document per scope when many write at once', async () => {
      await Promise.all(Array.from({ length: 10 }, () => settings.put(global(), { channels: { email: daily } })));
      expect(await settings.list(userId)).toMatchObject([{ revision: 10 }]);
    });

    it.each([
      ['an unknown time zone', { quietHours: { ...night, timeZone: 'Europe/Atlantis' } }, 'quietHours.timeZone'],
      ['quiet hours without an end', { quietHours: { ...night, end: night.start } }, 'quietHours'],
      ['two thresholds of one currency', { amountThresholds: [...thresholds, ...thresholds] }, 'amountThresholds'],
      ['a number for money', { amountThresholds: [{ currency: 'EUR', minimumMinor: 50 }] }, 'minimumMinor'],
      ['an unknown channel', { channels: { pigeon: off } }, 'pigeon'],
    ])('refuses %s and names the field', async (_, change, field) => {
      const putting = settings.put(global(), { channels: {}, ...(change as object) });
      await expect(putting).rejects.toThrow(InvalidNotificationInputError);
      await expect(putting).rejects.toThrow(field);
    });

    it.each([
      ['muted', off],
      ['weakened', { ...daily, digest: 'immediate', minimumSeverity: 'critical' }],
      ['delayed', daily],
    ] as const)('refuses a required notice to be %s', async (_, rule) => {
      const putting = settings.put(category('security'), { channels: { email: rule } });
      await expect(putting).rejects.toThrow(RequiredNoticeError);
      await expect(putting).rejects.toMatchObject({ category: 'security', channel: 'email' });
      expect(await settings.list(userId)).toEqual([]);
    });

    it('lets a required category be muted on a channel where it is not required', async () => {
      await expect(settings.put(category('security'), { channels: { push: off } })).resolves.toMatchObject({
        channels: { push: off },
      });
    });
  });

  describe('effective', () => {
    it('falls back on the defaults', async () => {
      expect(await settings.effective({ userId, category: 'payments' })).toEqual({
        channels: DEFAULT_CHANNELS,
        quietHours: null,
        amountThresholds: [],
        requiredChannels: [],
      });
    });

    it('lets the most specific scope win, part by part', async () => {
      const accountId = newId();
      await settings.put(global(), { channels: { email: off, push: off }, quietHours: night });
      await settings.put(category('payments'), { channels: { email: daily }, amountThresholds: thresholds });
      await settings.put(account(accountId), { channels: { sms: daily }, quietHours: null });

      const general = await settings.effective({ userId, category: 'payments' });
      expect(general.channels).toEqual({ ...DEFAULT_CHANNELS, email: daily, push: off });
      expect(general).toMatchObject({ quietHours: night, amountThresholds: thresholds });

      const ofAccount = await settings.effective({ userId, category: 'payments', accountId });
      expect(ofAccount.channels).toEqual({ ...DEFAULT_CHANNELS, email: daily, push: off, sms: daily });
      expect(ofAccount).toMatchObject({ quietHours: null, amountThresholds: thresholds });

      const ofOther = await settings.effective({ userId, category: 'product', accountId: newId() });
      expect(ofOther.channels).toEqual({ ...DEFAULT_CHANNELS, email: off, push: off });
      expect(ofOther.amountThresholds).toEqual([]);
    });

    it('lets an empty list of thresholds win over a less specific one', async () => {
      await settings.put(global(), { channels: {}, amountThresholds: thresholds });
      await settings.put(category('payments'), { channels: {}, amountThresholds: [] });
      expect(await settings.effective({ userId, category: 'payments' })).toMatchObject({ amountThresholds: [] });
    });

    it('ignores muting of required notices, whatever scope it comes from', async () => {
      const accountId = newId();
      await settings.put(global(), { channels: { email: off, in_app: off, push: off } });
      await settings.put(account(accountId), { channels: { email: daily } });
      const effective = await settings.effective({ userId, category: 'security', accountId });
      const required = { enabled: true, minimumSeverity: 'info', digest: 'immediate' };
      expect(effective.channels).toMatchObject({ email: required, in_app: required, push: off });
      expect(effective.requiredChannels).toEqual(['email', 'in_app']);
    });

    it('knows nothing of what other customers set', async () => {
      await settings.put({ userId: newId(), scope: 'global' }, { channels: { email: off } });
      expect((await settings.effective({ userId, category: 'payments' })).channels).toEqual(DEFAULT_CHANNELS);
    });
  });

  it('lists the least specific scope first, and forgets a removed one', async () => {
    await settings.put(account(newId()), { channels: {} });
    await settings.put(category('payments'), { channels: { email: off } });
    await settings.put(global(), { channels: {} });
    expect((await settings.list(userId)).map(({ scope }) => scope)).toEqual(['global', 'category', 'account']);
    expect(await settings.remove(category('payments'))).toBe(true);
    expect(await settings.remove(category('payments'))).toBe(false);
    expect((await settings.effective({ userId, category: 'payments' })).channels).toEqual(DEFAULT_CHANNELS);
  });
});
