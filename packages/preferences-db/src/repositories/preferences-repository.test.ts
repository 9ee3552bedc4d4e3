import { join } from 'node:path';
import { newId } from '@finova/db-kit';
import { readDomain } from '@finova/db-kit/migrations';
import { createMongoClient } from '@finova/db-kit/mongodb';
import { createMongoTestDatabase, type MongoTestDatabase, testMongoUrl } from '@finova/db-kit/testing';
import type { MongoClient } from 'mongodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { consentInForce } from '../consents.ts';
import { InvalidPreferencesError, RevisionConflictError, UserErasedError } from '../errors.ts';
import { CONSENTS_MAX, type ConsentPurpose, DEFAULT_CHOICES } from '../schema/user-preferences.ts';
import { PreferencesRepository } from './preferences-repository.ts';

describe('PreferencesRepository', () => {
  let database: MongoTestDatabase;
  let client: MongoClient;
  let preferences: PreferencesRepository;
  let userId: string;
  const now = new Date('2026-03-03T09:00:00Z');

  beforeAll(async () => {
    database = await createMongoTestDatabase(testMongoUrl(), await readDomain(join(import.meta.dirname, '../..')));
    client = createMongoClient({ url: database.url, applicationName: 'finova tests' });
    preferences = new PreferencesRepository(client.db(database.databaseName), { clock: () => now });
  });
  afterAll(async () => {
    await client.close();
    await database.drop();
  });
  beforeEach(() => {
    userId = newId();
  });

  const collection = () => client.db(database.databaseName).collection<{ _id: string }>('user_preferences');
  const idsThatConsent = async (purpose: ConsentPurpose = 'marketing_email') => {
    const ids: string[] = [];
    for await (const id of preferences.usersWhoConsentTo(purpose)) {
      ids.push(id);
    }
    return ids;
  };
  const decision = (granted: boolean) =>
    ({ purpose: 'marketing_email', granted, policyVersion: 'privacy-2026-01', source: 'web' }) as const;

  describe('reading', () => {
    it('finds many at once, each with what they chose or what holds for everybody', async () => {
      const [chose, never] = [newId(), newId()];
      const stored = await preferences.patch(chose, { locale: 'de-AT' }, { expectedRevision: 0 });
      const found = await preferences.getManyOrDefault([never, chose, never]);
      expect([...found.keys()].sort()).toEqual([chose, never].sort());
      expect(found.get(chose)).toEqual(stored);
      expect(found.get(never)).toEqual(await preferences.getOrDefault(never));
    });

    it('finds nothing for a customer who never chose anything', async () => {
      expect(await preferences.get(userId)).toBeUndefined();
    });

    it('offers the defaults with revision 0, and stores nothing', async () => {
      expect(await preferences.getOrDefault(userId)).toMatchObject({ userId, theme: 'system', revision: 0 });
      expect(await preferences.get(userId)).toBeUndefined();
    });
  });

  describe('patch', () => {
    it('stores the defaults with the first change', async () => {
      const changed = await preferences.patch(userId, { theme: 'dark' }, { expectedRevision: 0 });
      expect(changed).toMatchObject({ theme: 'dark', locale: 'en', revision: 1, createdAt: now });
      expect(await preferences.get(userId)).toEqual(changed);
    });

    it('replaces what is given and keeps what is left out', async () => {
      await preferences.patch(userId, { theme: 'dark', locale: 'de-AT' }, { expectedRevision: 0 });
      const changed = await preferences.patch(userId, { locale: 'fr-FR' }, { expectedRevision: 1 });
      expect(changed).toMatchObject({ theme: 'dark', locale: 'fr-FR', revision: 2 });
    });

    it('takes a field that is undefined as left out', async () => {
      await preferences.patch(userId, { theme: 'dark' }, { expectedRevision: 0 });
      const changed = await preferences.patch(userId, { theme: undefined, locale: 'fr' }, { expectedRevision: 1 });
      expect(changed).toMatchObject({ theme: 'dark', locale: 'fr' });
    });

    it('merges accessibility field by field', async () => {
      await preferences.patch(userId, { accessibility: { textScalePercent: 150 } }, { expectedRevision: 0 });
      const changed = await preferences.patch(
        userId,
        { accessibility: { motion: 'reduced' } },
        { expectedRevision: 1 },
      );
      expect(changed.accessibility).toEqual({
        textScalePercent: 150,
        motion: 'reduced',
        contrast: 'system',
        screenReader: false,
      });
    });

    it('brings defaults back for null, and those of accessibility one by one or all', async () => {
      const accessibility = { textScalePercent: 150, motion: 'full', screenReader: true } as const;
      await preferences.patch(userId, { theme: 'dark', locale: 'fr', accessibility }, { expectedRevision: 0 });
      const one = await preferences.patch(
        userId,
        { theme: null, accessibility: { motion: null } },
        { expectedRevision: 1 },
      );
      expect(one).toMatchObject({
        theme: 'system',
        locale: 'fr',
        accessibility: { ...accessibility, motion: 'system' },
      });
      const all = await preferences.patch(userId, { accessibility: null }, { expectedRevision: 2 });
      expect(all).toMatchObject({ locale: 'fr', accessibility: DEFAULT_CHOICES.accessibility });
    });

    it('replaces a list as a whole', async () => {
      await preferences.patch(userId, { fallbackLocales: ['EN-us', 'fr'] }, { expectedRevision: 0 });
      expect(await preferences.get(userId)).toMatchObject({ fallbackLocales: ['en-US', 'fr'] });
      const changed = await preferences.patch(userId, { fallbackLocales: ['it'] }, { expectedRevision: 1 });
      expect(changed.fallbackLocales).toEqual(['it']);
      expect(
        (await preferences.patch(userId, { fallbackLocales: null }, { expectedRevision: 2 })).fallbackLocales,
      ).toEqual([]);
    });

    it('makes language tags canonical', async () => {
      expect(await preferences.patch(userId, { locale: 'EN-us' }, { expectedRevision: 0 })).toMatchObject({
        locale: 'en-US',
      });
    });

    it.each([
      ['an unknown time zone', { timeZone: 'Europe/Atlantis' }, 'timeZone: expected an IANA time zone'],
      ['a language tag that is none', { locale: 'x' }, 'locale'],
      ['an unknown currency', { displayCurrency: 'XQZ' }, 'displayCurrency: expected an ISO 4217 currency'],
      ['an unknown field', { nickname: 'x' }, 'nickname'],
      ['a language twice', { fallbackLocales: ['de-at', 'de-AT'] }, 'fallbackLocales: expected each language once'],
      ['too many languages', { fallbackLocales: ['de', 'en', 'fr', 'it', 'es', 'pt'] }, 'fallbackLocales'],
      ['a fraction', { accessibility: { textScalePercent: 99.5 } }, 'accessibility.textScalePercent'],
    ])('refuses %s and names the field', async (_, changes, problem) => {
      const patching = preferences.patch(userId, changes as object, { expectedRevision: 0 });
      await expect(patching).rejects.toThrow(InvalidPreferencesError);
      await expect(patching).rejects.toThrow(problem);
      expect(await preferences.get(userId)).toBeUndefined();
    });

    it('refuses a customer id that is none', async () => {
      await expect(preferences.patch('me', {}, { expectedRevision: 0 })).rejects.toThrow(InvalidPreferencesError);
    });

    it('refuses a change based on an older revision, naming both', async () => {
      await preferences.patch(userId, { theme: 'dark' }, { expectedRevision: 0 });
      await preferences.patch(userId, { theme: 'light' }, { expectedRevision: 1 });
      await expect(preferences.patch(userId, { theme: 'dark' }, { expectedRevision: 1 })).rejects.toMatchObject({
        name: 'RevisionConflictError',
        expectedRevision: 1,
        foundRevision: 2,
      });
      await expect(preferences.patch(userId, { theme: 'dark' }, { expectedRevision: 0 })).rejects.toMatchObject({
        expectedRevision: 0,
        foundRevision: 2,
      });
      expect(await preferences.get(userId)).toMatchObject({ theme: 'light', revision: 2 });
    });

    it('says that nothing is stored when it was erased meanwhile', async () => {
      await expect(preferences.patch(userId, { theme: 'dark' }, { expectedRevision: 3 })).rejects.toMatchObject({
        foundRevision: 0,
      });
    });

    it('lets exactly one of many changes of one revision through', async () => {
      for (const expectedRevision of [0, 1]) {
        const outcomes = await Promise.allSettled(
          Array.from({ length: 10 }, () => preferences.patch(userId, { theme: 'dark' }, { expectedRevision })),
        );
        const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
        expect(refused).toHaveLength(9);
        expect(refused.every(({ reason }) => reason instanceof RevisionConflictError)).toBe(true);
      }
      expect(await preferences.get(userId)).toMatchObject({ revision: 2 });
    });
  });

  describe('setConsent', () => {
    it('records the first decision of a customer who chose nothing else', async () => {
      const { consents, revision } = await preferences.setConsent(userId, decision(true));
      expect(consents).toEqual([{ ...decision(true), decidedAt: now }]);
      expect(revision).toBe(1);
    });

    it('keeps decisions in their order; the last one is in force', async () => {
      await preferences.setConsent(userId, decision(true));
      const { consents } = await preferences.setConsent(userId, decision(false));
      expect(consents.map(({ granted }) => granted)).toEqual([true, false]);
      expect(consentInForce(consents, 'marketing_email')?.granted).toBe(false);
      expect(consentInForce(consents, 'marketing_push')).toBeUndefined();
    });

    it('loses none of many decisions made at once', async () => {
      await Promise.all(
        Array.from({ length: 15 }, (_, index) => preferences.setConsent(userId, decision(index % 2 === 0))),
      );
      expect(await preferences.get(userId)).toMatchObject({ revision: 15 });
      expect((await preferences.get(userId))?.consents).toHaveLength(15);
    });

    it('lets the oldest replaced decision go when the list is full, never one in force', async () => {
      await preferences.setConsent(userId, { ...decision(true), purpose: 'product_analytics' });
      await client
        .db(database.databaseName)
        .collection<{ _id: string; consents: object[] }>('user_preferences')
        .updateOne(
          { _id: userId },
          {
            $push: {
              consents: {
                $each: Array.from({ length: CONSENTS_MAX - 1 }, () => ({ ...decision(true), decidedAt: now })),
              },
            },
          },
        );
      const { consents } = await preferences.setConsent(userId, decision(false));
      expect(consents).toHaveLength(CONSENTS_MAX);
      expect(consentInForce(consents, 'product_analytics')?.granted).toBe(true);
      expect(consentInForce(consents, 'marketing_email')?.granted).toBe(false);
    });

    it('refuses a purpose it does not know', async () => {
      await expect(preferences.setConsent(userId, { ...decision(true), purpose: 'anything' as never })).rejects.toThrow(
        'purpose',
      );
    });
  });

  describe('usersWhoConsentTo', () => {
    it('names those whose last decision is yes', async () => {
      const [yes, no, other] = [newId(), newId(), newId()];
      await preferences.setConsent(yes, decision(false));
      await preferences.setConsent(yes, decision(true));
      await preferences.setConsent(no, decision(true));
      await preferences.setConsent(no, decision(false));
      await preferences.setConsent(other, { ...decision(true), purpose: 'marketing_push' });
      const found = await idsThatConsent();
      expect([yes, no, other].map((id) => found.includes(id))).toEqual([true, false, false]);
    });
  });

  describe('erase', () => {
    it('leaves nothing but the id and the moment', async () => {
      await preferences.patch(userId, { locale: 'de-AT', theme: 'dark' }, { expectedRevision: 0 });
      await preferences.setConsent(userId, decision(true));
      expect(await preferences.erase(userId)).toBe(true);
      expect(await preferences.get(userId)).toBeUndefined();
      expect(await preferences.getOrDefault(userId)).toMatchObject({ theme: 'system', revision: 0, consents: [] });
      const stored = await collection().findOne({ _id: userId });
      expect(stored).toMatchObject({ _id: userId, locale: 'en', consents: [], erasedAt: now, createdAt: now });
      expect(await idsThatConsent()).not.toContain(userId);
    });

    it('says "no" the second time', async () => {
      await preferences.setConsent(userId, decision(true));
      expect(await preferences.erase(userId)).toBe(true);
      expect(await preferences.erase(userId)).toBe(false);
    });

    it('is final: no change brings the customer back, of whatever revision', async () => {
      await preferences.patch(userId, { theme: 'dark' }, { expectedRevision: 0 });
      await preferences.erase(userId);
      for (const expectedRevision of [0, 1, 2]) {
        await expect(preferences.patch(userId, { theme: 'light' }, { expectedRevision })).rejects.toThrow(
          UserErasedError,
        );
      }
      await expect(preferences.setConsent(userId, decision(true))).rejects.toMatchObject({ userId, erasedAt: now });
    });

    it('holds for a customer of whom nothing was stored yet', async () => {
      expect(await preferences.erase(userId)).toBe(true);
      await expect(preferences.patch(userId, { theme: 'dark' }, { expectedRevision: 0 })).rejects.toThrow(
        UserErasedError,
      );
    });

    it('wins against changes of the same moment, and is done once', async () => {
      const outcomes = await Promise.allSettled([
        ...Array.from({ length: 8 }, () => preferences.setConsent(userId, decision(true))),
        ...Array.from({ length: 4 }, () => preferences.erase(userId)),
        ...Array.from({ length: 4 }, () => preferences.patch(userId, { theme: 'dark' }, { expectedRevision: 0 })),
      ]);
      const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.name] : []));
      expect(failures.filter((name) => !['UserErasedError', 'RevisionConflictError'].includes(name))).toEqual([]);
      expect(outcomes.filter((outcome) => outcome.status === 'fulfilled' && outcome.value === true)).toHaveLength(1);
      expect(await collection().findOne({ _id: userId })).toMatchObject({ erasedAt: now, consents: [] });
    });

    it('refuses an id that is none', async () => {
      await expect(preferences.erase('me')).rejects.toThrow(InvalidPreferencesError);
    });
  });
});
