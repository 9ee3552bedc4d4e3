import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { bodySource, postgresSource, tracedSource } from '../../../test/migration-sources.ts';
import { postgresDomain, tablesOf } from '../../../test/scratch-domain.ts';
import { EscapedTransactionError, MigrationFailedError } from '../errors/index.ts';

const [ONE, TWO, THREE] = ['20260301T090000-one', '20260302T090000-two', '20260303T090000-three'] as const;

/** Fails when it commits, and not before: the parent is missing. */
const REFUSED_COMMIT = postgresSource(
  `CREATE TABLE parents (id int PRIMARY KEY);
   CREATE TABLE children (parent int REFERENCES parents DEFERRABLE INITIALLY DEFERRED);
   INSERT INTO children VALUES (1)`,
);

const makeTables = (...names: readonly string[]) =>
  names.map((name) => `await sql\`CREATE TABLE ${name} (id uuid)\`.execute(db);`).join(' ');

describe('a migration that begins while the commit of the one before it is on its way', () => {
  it.each<[string, string]>([
    ['sends one statement', tracedSource('two')],
    ['sends several', bodySource(makeTables('two', 'three', 'four'))],
    ['sends a value first', bodySource(`await sql\`SELECT \${1}::integer\`.execute(db); ${makeTables('two')}`)],
    ['does not mind failures', bodySource(makeTables('two', 'three').replaceAll(';', '.catch(() => {});'))],
    ['ends its transaction', bodySource('await sql`COMMIT; CREATE TABLE escaped ()`.execute(db).catch(() => {});')],
    ['sends nothing', bodySource('')],
    ['throws at once', bodySource(`throw new Error('no')`)],
    ['does not mind transactions', bodySource('', 'transaction: false,')],
  ])('and %s, does not run when that commit is refused', async (_, two) => {
    const domain = await postgresDomain({ [`${ONE}.ts`]: REFUSED_COMMIT, [`${TWO}.ts`]: two });
    const failed = await domain.up().catch((thrown) => thrown);
    expect(failed).toBeInstanceOf(MigrationFailedError);
    expect(failed).toMatchObject({ migration: ONE });
    expect(failed.message).toMatch(/violates foreign key constraint/);
    expect(await tablesOf(domain)).toEqual([]);
    expect(await domain.journal()).toEqual([]);
    expect(await domain.history()).toEqual([`${ONE} up failed`]);
  });

  it.each([
    ['COMMIT', 'await sql`CREATE TABLE escaped (); COMMIT`.execute(db);'],
    ['COMMIT and BEGIN', 'await sql`CREATE TABLE escaped (); COMMIT; BEGIN`.execute(db);'],
    ['COMMIT AND CHAIN', 'await sql`CREATE TABLE escaped (); COMMIT AND CHAIN`.execute(db);'],
  ])('does not run when that one ended its transaction by %s', async (_, escaping) => {
    const domain = await postgresDomain({ [`${ONE}.ts`]: bodySource(escaping), [`${TWO}.ts`]: tracedSource('two') });
    const failed = await domain.up().catch((thrown) => thrown);
    expect(failed).toBeInstanceOf(EscapedTransactionError);
    expect(failed).toMatchObject({ migration: ONE });
    expect(await tablesOf(domain)).toEqual(['escaped']);
    expect(await domain.history()).toEqual([`${ONE} up failed`]);
  });

  it.each<[string, string]>([
    ['is no SQL', bodySource('await sql`CREATE TABEL half ()`.execute(db);')],
    ['fails', bodySource('await sql`SELECT 1 / 0`.execute(db);')],
    ['fails later', bodySource('await sql`CREATE TABLE half ()`.execute(db); await sql`SELECT 1 / 0`.execute(db);')],
    ['throws at once', bodySource(`throw new Error('no')`)],
    ['is refused when it commits', REFUSED_COMMIT],
  ])('and %s, leaves that one applied', async (_, two) => {
    const domain = await postgresDomain({
      [`${ONE}.ts`]: tracedSource('one'),
      [`${TWO}.ts`]: two,
      [`${THREE}.ts`]: tracedSource('three'),
    });
    const heard: string[] = [];
    const failed = await domain
      .migrate((migrator) => migrator.up(), { hooks: { onDone: (name) => heard.push(name) } })
      .catch((thrown) => thrown);
    expect(failed).toBeInstanceOf(MigrationFailedError);
    expect(failed).toMatchObject({ migration: TWO });
    expect(heard).toEqual([ONE]);
    expect(await tablesOf(domain)).toEqual(['trace']);
    expect(await domain.journal()).toEqual([`${ONE} done`]);
    expect(await domain.history()).toEqual([`${ONE} up succeeded`, `${TWO} up failed`]);
  });

  it('is tried again by itself when it meets a lock', async () => {
    const domain = await postgresDomain({ [`${ONE}.ts`]: postgresSource('CREATE TABLE busy (id uuid)') });
    await domain.up();
    const later = await domain.with({
      [`${ONE}.ts`]: postgresSource('CREATE TABLE busy (id uuid)'),
      [`${TWO}.ts`]: tracedSource('two'),
      [`${THREE}.ts`]: postgresSource('ALTER TABLE busy ADD COLUMN name text', 'SELECT 1', 'lockTimeoutMs: 50,'),
    });
    const [applied] = await domain.withClient(async (client) => {
      await client.query('BEGIN; LOCK TABLE busy');
      return Promise.all([later.up(), sleep(300).then(() => client.query('COMMIT'))]);
    });
    expect(applied).toEqual([TWO, THREE]);
    expect(await domain.query('SELECT mark FROM trace')).toEqual([{ mark: 'two' }]);
    expect(await domain.history()).toEqual([ONE, TWO, THREE].map((name) => `${name} up succeeded`));
  });
});
