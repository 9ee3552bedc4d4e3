import { join } from 'node:path';
import { newId } from '@finova/db-kit';
import { readDomain } from '@finova/db-kit/migrations';
import { createMongoClient } from '@finova/db-kit/mongodb';
import { createMongoTestDatabase, type MongoTestDatabase, testMongoUrl } from '@finova/db-kit/testing';
import type { MongoClient } from 'mongodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { consentInForce } from '../consents.ts';
import { InvalidPreferencesError, RevisionConflictError } from '../errors.ts';
import { CONSENTS_MAX } from '../schema/user-preferences.ts';
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

  const decision = (granted: boolean) =>
    ({ purpose: 'marketing_email', granted, policyVersion: 'privacy-2026-01', source: 'web' }) as const;

  describe('reading', () => {
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
        { accessibility: { reduceMotion: true } },
        { expectedRevision: 1 },
      );
      expect(changed.accessibility).toEqual({
        textScalePercent: 150,
        reduceMotion: true,
        highContrast: false,
        screenReader: false,
      });
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

  describe('delete', () => {
    it('erases preferences and consents', async () => {
      await preferences.setConsent(userId, decision(true));
      expect(await preferences.delete(userId)).toBe(true);
      expect(await preferences.get(userId)).toBeUndefined();
      expect(await preferences.delete(userId)).toBe(false);
    });
  });
});
