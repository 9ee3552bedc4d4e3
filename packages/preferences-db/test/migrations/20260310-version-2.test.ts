import { join } from 'node:path';
import { newId } from '@finova/db-kit';
import { ValidatorViolatedError } from '@finova/db-kit/migrations';
import { withMongoClient } from '@finova/db-kit/mongodb';
import { describeMigration, type MigrationTest } from '@finova/db-kit/testing';
import fc from 'fast-check';
import type { Db } from 'mongodb';
import { expect } from 'vitest';
import { toVersion1, toVersion2 } from '../../migrations/frozen/user-preferences-2.ts';
import { PreferencesRepository } from '../../src/index.ts';
import { userPreferencesVersions } from '../../src/schema/user-preferences-versions.ts';
import { validPreferences, validTombstone, validVersion1 } from '../valid-preferences.ts';

const PACKAGE = join(import.meta.dirname, '..', '..');

type Stored = { readonly _id: string; readonly [name: string]: unknown };

/** Runs `use` on the database that the migration is tested in. */
async function withDb<T>(test: Awaited<ReturnType<MigrationTest['before']>>, use: (db: Db) => Promise<T>): Promise<T> {
  return withMongoClient({ url: test.url, applicationName: 'finova tests' }, (client) =>
    use(client.db(test.domain.namespace)),
  );
}
const documents = (db: Db) => db.collection<Stored>('user_preferences');
const add = (db: Db, ...added: readonly object[]) => documents(db).insertMany(added as Stored[]);

describeMigration(PACKAGE, '20260310T090000-widen-user-preferences', [], (migration) => {
  migration.it('lets services of both versions write, and those of version 2 read both', async () => {
    const database = await migration.before();
    const old = validVersion1();
    await withDb(database, (db) => add(db, old));
    await migration.up();
    await withDb(database, async (db) => {
      await add(db, validVersion1(), validPreferences(), validTombstone());
      const preferences = new PreferencesRepository(db);
      const read = await preferences.get(old._id);
      expect(read).toMatchObject({
        accessibility: { textScalePercent: 130, motion: 'reduced', contrast: 'system' },
        fallbackLocales: [],
        revision: 1,
      });
      // Reading changes nothing; the next change does.
      expect(await documents(db).findOne({ _id: old._id })).toEqual(old);
      const changed = await preferences.patch(
        old._id,
        { accessibility: { contrast: 'more' } },
        { expectedRevision: 1 },
      );
      expect(changed.accessibility).toEqual({
        textScalePercent: 130,
        motion: 'reduced',
        contrast: 'more',
        screenReader: false,
      });
      expect(await documents(db).findOne({ _id: old._id })).toMatchObject({ schemaVersion: 2, revision: 2 });
    });
  });

  migration.it('lets an old document take a decision and be erased', async () => {
    const database = await migration.before();
    const [deciding, erased] = [validVersion1(), validVersion1()];
    await withDb(database, (db) => add(db, deciding, erased));
    await migration.up();
    await withDb(database, async (db) => {
      const preferences = new PreferencesRepository(db);
      const decision = { purpose: 'marketing_push', granted: true, policyVersion: 'x', source: 'web' } as const;
      const { consents } = await preferences.setConsent(deciding._id, decision);
      expect(consents.map(({ purpose }) => purpose)).toEqual(['marketing_email', 'marketing_push']);
      expect(await preferences.erase(erased._id)).toBe(true);
      expect(await preferences.get(erased._id)).toBeUndefined();
    });
  });

  migration.it('brings documents of version 2 back on its way down', async () => {
    const database = await migration.before();
    await migration.up();
    const [first, second] = [validPreferences(), validTombstone()];
    await withDb(database, (db) => add(db, first, second));
    await migration.down();
    await withDb(database, async (db) => {
      const [kept, tombstone] = await documents(db).find().sort({ _id: 1 }).toArray();
      expect(kept).toEqual(toVersion1(first));
      expect(tombstone).toEqual(toVersion1(second));
      await add(db, validVersion1());
    });
  });
});

describeMigration(PACKAGE, '20260310T091000-upgrade-user-preferences', [], (migration) => {
  migration.it('brings every document to version 2, as the code would', async () => {
    const database = await migration.before();
    const old = Array.from({ length: 700 }, validVersion1);
    const already = validPreferences();
    await withDb(database, (db) => add(db, ...old, already));
    await migration.up();
    await withDb(database, async (db) => {
      expect(await documents(db).countDocuments({ schemaVersion: { $ne: 2 } })).toBe(0);
      const stored = await documents(db).find().sort({ _id: 1 }).toArray();
      const expected = [...old.map((each) => userPreferencesVersions.toNewest(each)), already];
      expect(stored).toEqual(expected.toSorted((left, right) => (left._id < right._id ? -1 : 1)));
    });
  });

  migration.it('refuses while a document is there that version 2 does not allow, and says how many', async () => {
    const database = await migration.before();
    await withDb(database, (db) =>
      documents(db).insertOne({ _id: newId(), schemaVersion: 7 }, { bypassDocumentValidation: true }),
    );
    const refused = await migration.up().catch((thrown) => thrown);
    expect(refused).toBeInstanceOf(ValidatorViolatedError);
    expect(refused).toMatchObject({ collection: 'user_preferences', violators: 1 });
    await withDb(database, async (db) => {
      // What was allowed before is allowed still.
      await add(db, validVersion1());
      await documents(db).deleteOne({ schemaVersion: 7 });
    });
    await migration.up();
    await withDb(database, (db) => expect(add(db, validVersion1())).rejects.toThrow('Document failed validation'));
  });

  migration.it('changes documents as the code does, whatever is in them', async () => {
    fc.assert(
      fc.property(fc.boolean(), fc.boolean(), fc.boolean(), (reduceMotion, highContrast, screenReader) => {
        const old = {
          ...validVersion1(),
          accessibility: { textScalePercent: 90, reduceMotion, highContrast, screenReader },
        };
        expect(toVersion2(old)).toEqual(userPreferencesVersions.toNewest(old));
        expect(toVersion1(toVersion2(old))).toEqual(old);
      }),
    );
  });
});

describeMigration(PACKAGE, '20260310T092000-scale-out-user-preferences', [], (migration) => {
  migration.it('shows the consents in force of everybody', async () => {
    const database = await migration.before();
    await withDb(database, (db) => add(db, validPreferences(), validTombstone()));
    await migration.up();
    await withDb(database, async (db) => {
      expect(await db.collection('consents_in_force').find().toArray()).toEqual([
        expect.objectContaining({ purpose: 'marketing_email', granted: true, policyVersion: 'privacy-2026-01' }),
      ]);
    });
  });
});
