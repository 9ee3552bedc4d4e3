import { describe, expect, it } from 'vitest';
import { mongoSource, tracedSource } from '../../test/migration-sources.ts';
import { mongoDomain, postgresDomain } from '../../test/scratch-domain.ts';
import { RecordsTamperedError } from './errors/index.ts';

const FIRST = '20260301T090000-first';
const SECOND = '20260302T090000-second';
const THIRD = '20260303T090000-third';

const migrations = {
  [`${FIRST}.ts`]: tracedSource('first'),
  [`${SECOND}.ts`]: tracedSource('second'),
  [`${THIRD}.ts`]: tracedSource('third'),
};

/** What somebody with the owner's rights could do to the records, and what the refusal says. */
const ON_POSTGRES: readonly [what: string, statement: string, message: RegExp][] = [
  [
    'edits a history row',
    `UPDATE ledger_migrations.history SET actor = 'somebody else' WHERE sequence = 2`,
    /row 2 was edited/,
  ],
  [
    'edits one and its hash',
    `UPDATE ledger_migrations.history SET actor = 'x', hash = repeat('a', 64) WHERE sequence = 2`,
    /row 2 was edited/,
  ],
  [
    'removes the first',
    'DELETE FROM ledger_migrations.history WHERE sequence = 1',
    /expected row 1 of the history, found row 2/,
  ],
  [
    'removes one in the middle',
    'DELETE FROM ledger_migrations.history WHERE sequence = 2',
    /expected row 2 of the history, found row 3/,
  ],
  [
    'cuts the end off',
    'DELETE FROM ledger_migrations.history WHERE sequence = 3',
    new RegExp(`${THIRD} is journaled as applied, but the history knows no run of it`),
  ],
  ['removes all of it', 'TRUNCATE ledger_migrations.history', new RegExp(`${FIRST} is journaled as applied`)],
  [
    'edits a journal row',
    `UPDATE ledger_migrations.journal SET checksum = repeat('b', 64) WHERE name = '${SECOND}'`,
    new RegExp(`the journal row of ${SECOND} was edited`),
  ],
  [
    'removes a journal row',
    `DELETE FROM ledger_migrations.journal WHERE name = '${THIRD}'`,
    new RegExp(`${THIRD} was applied by row 3 of the history, but the journal does not have it`),
  ],
];

describe('before anything runs, the records are verified', () => {
  it.each(ON_POSTGRES)('on PostgreSQL: whoever %s is found out', async (_, statement, message) => {
    const domain = await postgresDomain(migrations);
    await domain.up();
    await domain.query(`ALTER TABLE ledger_migrations.history DISABLE TRIGGER ALL; ${statement}`);
    const next = await domain.with({ ...migrations, '20260304T090000-fourth.ts': tracedSource('fourth') });
    const refused = await next.up().catch((thrown: unknown) => thrown);
    expect(refused).toBeInstanceOf(RecordsTamperedError);
    expect(String(refused)).toMatch(message);
    expect(await domain.query(`SELECT FROM public.trace WHERE mark = 'fourth'`)).toEqual([]);
  });

  it('on MongoDB too', async () => {
    const domain = await mongoDomain({ [`${FIRST}.ts`]: mongoSource({ name: 'one' }) });
    await domain.up();
    await domain.withDb((db) =>
      db.collection<{ _id: number }>('migration_history').updateOne({ _id: 1 }, { $set: { actor: 'x' } }),
    );
    await expect(domain.up()).rejects.toThrow(/row 1 was edited/);
    await domain.withDb((db) => db.collection('migration_history').deleteMany({}));
    await expect(domain.up()).rejects.toThrow(new RegExp(`${FIRST} is journaled as applied`));
  });

  it('nothing that the migrator does by itself is taken for tampering', async () => {
    const domain = await postgresDomain(migrations);
    await domain.up();
    await domain.migrate((migrator) => migrator.down({ steps: 2 }));
    await domain.up();
    await domain.migrate((migrator) => migrator.down('all'));
    await domain.migrate((migrator) => migrator.baseline(FIRST)).catch(() => {});
    await domain.up();
    expect(await domain.up()).toEqual([]);
  });

  it('a half-done migration, settled either way, is no tampering', async () => {
    const failing = (name: string) => `import { sql } from 'kysely';
      export const migration = { transaction: false, async up() { throw new Error('${name}'); }, async down() {} };`;
    const domain = await postgresDomain({ [`${FIRST}.ts`]: failing('first') });
    await expect(domain.up()).rejects.toThrow();
    await domain.migrate((migrator) => migrator.settle(FIRST, 'pending'));
    await expect(domain.up()).rejects.toThrow('first');
    await domain.migrate((migrator) => migrator.settle(FIRST, 'applied'));
    expect(await domain.up()).toEqual([]);
  });
});
