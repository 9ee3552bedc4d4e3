import { join } from 'node:path';
import { newId } from '@finova/db-kit';
import { readDomain } from '@finova/db-kit/migrations';
import { createMongoClient } from '@finova/db-kit/mongodb';
import { createMongoTestDatabase, type MongoTestDatabase, testMongoUrl } from '@finova/db-kit/testing';
import fc from 'fast-check';
import type { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConsentDecision, PreferencesPatch } from '../preferences-input.ts';
import {
  type Accessibility,
  type Choices,
  CONSENT_PURPOSES,
  CONTRASTS,
  DEFAULT_CHOICES,
  MOTIONS,
  THEMES,
} from '../schema/user-preferences.ts';
import { PreferencesRepository } from './preferences-repository.ts';

const seed = Number(process.env['FINOVA_PROPERTY_SEED'] ?? Date.now() % 2 ** 31);
const runs = Number(process.env['FINOVA_PROPERTY_RUNS'] ?? 60);
const now = new Date('2026-03-10T09:00:00Z');

const orNull = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: null });
const accessibility = fc.record(
  {
    textScalePercent: orNull(fc.integer({ min: 50, max: 300 })),
    motion: orNull(fc.constantFrom(...MOTIONS)),
    contrast: orNull(fc.constantFrom(...CONTRASTS)),
    screenReader: orNull(fc.boolean()),
  },
  { requiredKeys: [] },
);
const changes = fc.record(
  {
    locale: orNull(fc.constantFrom('de-AT', 'fr', 'en-GB')),
    fallbackLocales: orNull(fc.uniqueArray(fc.constantFrom('de', 'fr', 'it', 'en'), { maxLength: 3 })),
    timeZone: orNull(fc.constantFrom('UTC', 'Europe/Vienna')),
    displayCurrency: orNull(fc.constantFrom('EUR', 'USD')),
    theme: orNull(fc.constantFrom(...THEMES)),
    accessibility: orNull(accessibility),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<PreferencesPatch>;
const decisions = fc.record({
  purpose: fc.constantFrom(...CONSENT_PURPOSES),
  granted: fc.boolean(),
  policyVersion: fc.constant('privacy-2026-01'),
  source: fc.constant('web' as const),
});

/** What is done, and for a patch how far its revision is from the one that is stored. */
type Action =
  | { readonly kind: 'patch'; readonly changes: PreferencesPatch; readonly offset: number }
  | { readonly kind: 'decide'; readonly decision: ConsentDecision }
  | { readonly kind: 'erase' };

const actions: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('patch' as const), changes, offset: fc.constantFrom(0, 0, 0, -1, 1) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('decide' as const), decision: decisions }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'erase' as const }) },
);

/** All there is to know of one customer, in a few lines. */
class Model {
  choices: Choices = DEFAULT_CHOICES;
  consents: readonly ConsentDecision[] = [];
  revision = 0;
  isErased = false;

  /** @returns the name of the error that is expected, if any. */
  apply(action: Action): string | undefined {
    if (action.kind === 'erase') {
      Object.assign(this, { choices: DEFAULT_CHOICES, consents: [], isErased: true });
      return undefined;
    }
    if (this.isErased) {
      return 'UserErasedError';
    }
    if (action.kind === 'patch' && action.offset !== 0) {
      return 'RevisionConflictError';
    }
    this.revision += 1;
    if (action.kind === 'decide') {
      this.consents = [...this.consents, action.decision];
      return undefined;
    }
    const { accessibility: access, ...fields } = action.changes;
    const merged =
      access === null
        ? DEFAULT_CHOICES.accessibility
        : merge(this.choices.accessibility, access ?? {}, DEFAULT_CHOICES.accessibility);
    this.choices = { ...merge<Choices>(this.choices, fields, DEFAULT_CHOICES), accessibility: merged as Accessibility };
    return undefined;
  }
}

/** As JSON Merge Patch has it, with a default in place of nothing. */
function merge<Value extends object>(value: Value, patch: object, defaults: object): Value {
  const settled = Object.entries(patch).map(([name, given]) => [
    name,
    given ?? defaults[name as keyof typeof defaults],
  ]);
  return { ...value, ...Object.fromEntries(settled) };
}

describe(`the repository and a model of it (FINOVA_PROPERTY_SEED=${seed})`, () => {
  let database: MongoTestDatabase;
  let client: MongoClient;
  let preferences: PreferencesRepository;

  beforeAll(async () => {
    database = await createMongoTestDatabase(testMongoUrl(), await readDomain(join(import.meta.dirname, '../..')));
    client = createMongoClient({ url: database.url, applicationName: 'finova tests' });
    preferences = new PreferencesRepository(client.db(database.databaseName), { clock: () => now });
  });
  afterAll(async () => {
    await client?.close();
    await database?.drop();
  });

  const perform = async (userId: string, action: Action, revision: number): Promise<string | undefined> => {
    try {
      switch (action.kind) {
        case 'patch':
          await preferences.patch(userId, action.changes, { expectedRevision: Math.max(0, revision + action.offset) });
          break;
        case 'decide':
          await preferences.setConsent(userId, action.decision);
          break;
        default:
          await preferences.erase(userId);
      }
      return undefined;
    } catch (thrown) {
      return (thrown as Error).name;
    }
  };

  it('agree after every change, and about every refusal', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(actions, { minLength: 1, maxLength: 8 }), async (done) => {
        const userId = newId();
        const model = new Model();
        for (const action of done) {
          const isBelowNothing = action.kind === 'patch' && model.revision + action.offset < 0;
          const revision = model.revision;
          const expected = model.apply(isBelowNothing ? { ...action, offset: 0 } : action);
          expect(await perform(userId, action, revision)).toBe(expected);
          const { choices, consents, isErased } = model;
          const {
            userId: _,
            createdAt: __,
            updatedAt: ___,
            revision: found,
            ...stored
          } = await preferences.getOrDefault(userId);
          expect(stored).toEqual({ ...choices, consents: consents.map((each) => ({ ...each, decidedAt: now })) });
          expect(found).toBe(isErased ? 0 : model.revision);
        }
      }),
      { seed, numRuns: runs },
    );
  });
});
