import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mongoSource, postgresSource, tracedSource } from '../../test/migration-sources.ts';
import { mongoDomain, postgresDomain, writeMigrations } from '../../test/scratch-domain.ts';
import { InvalidMigrationFileError } from './errors/index.ts';
import { isMigrationName, listMigrationFiles } from './migration-files.ts';

const list = async (...fileNames: string[]) => {
  const migrationsFolder = await writeMigrations(Object.fromEntries(fileNames.map((name) => [name, ''])));
  return (
    await listMigrationFiles({ name: 'ledger-db', engine: 'postgres', namespace: 'ledger', migrationsFolder })
  ).map((file) => file.name);
};

describe('a migration name', () => {
  it.each(['20260301T090000-create-accounts', '20240229T235959-leap-day', '20260301T090000-2-factor'])(
    'may be %s',
    (name) => {
      expect(isMigrationName(name)).toBe(true);
    },
  );

  it.each([
    ['a day that does not exist', '20260231T090000-create-accounts'],
    ['a leap day in another year', '20250229T090000-create-accounts'],
    ['an hour that does not exist', '20260301T240000-create-accounts'],
    ['a leap second', '20260630T235960-create-accounts'],
    ['month zero', '20260001T090000-create-accounts'],
    ['a date alone', '20260301-create-accounts'],
    ['no timestamp', 'create-accounts'],
    ['a lower-case t', '20260301t090000-create-accounts'],
    ['capitals', '20260301T090000-createAccounts'],
    ['underscores', '20260301T090000-create_accounts'],
    ['a doubled hyphen', '20260301T090000-create--accounts'],
    ['a hyphen at the end', '20260301T090000-create-'],
    ['no name', '20260301T090000'],
    ['a space', '20260301T090000-create accounts'],
    ['a line break at the end', '20260301T090000-create\n'],
  ])('has not %s', (_, name) => {
    expect(isMigrationName(name)).toBe(false);
  });

  it('has a timestamp that is any moment of the calendar', () => {
    const moments = fc.date({ min: new Date('1970-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(moments, (moment) => {
        const timestamp = moment.toISOString().replaceAll(/[-:]/g, '').slice(0, 15);
        expect(isMigrationName(`${timestamp}-any`)).toBe(true);
      }),
    );
  });
});

describe('a migrations folder', () => {
  it('is listed oldest first, by file name without extension', async () => {
    expect(await list('20260302T090000-second.ts', '20260301T090000-first.js')).toEqual([
      '20260301T090000-first',
      '20260302T090000-second',
    ]);
  });

  it('may hold folders, declarations, source maps and tests beside the migrations', async () => {
    expect(
      await list(
        '20260301T090000-first.ts',
        'helpers/money.ts',
        '20260301T090000-first.d.ts',
        '20260301T090000-first.js.map',
        '20260301T090000-first.test.ts',
        'README.md',
      ),
    ).toEqual(['20260301T090000-first']);
  });

  it('refuses a misnamed file, naming it and the form it should have', async () => {
    const refused = await list('20260231T090000-create.ts').catch((thrown) => thrown);
    expect(refused).toBeInstanceOf(InvalidMigrationFileError);
    expect(refused).toMatchObject({ domain: 'ledger-db', file: '20260231T090000-create.ts' });
    expect(refused.message).toContain('YYYYMMDDTHHMMSS-<kebab-name>.ts');
  });

  it('refuses two files with one timestamp, naming both', async () => {
    await expect(list('20260301T090000-one.ts', '20260301T090000-two.ts')).rejects.toThrow(
      /20260301T090000-two .* timestamp of 20260301T090000-one/,
    );
  });

  it('refuses a migration that is there both as source and compiled', async () => {
    await expect(list('20260301T090000-one.ts', '20260301T090000-one.js')).rejects.toThrow(InvalidMigrationFileError);
  });

  it('must be there', async () => {
    const missing = {
      name: 'ledger-db',
      engine: 'postgres',
      namespace: 'ledger',
      migrationsFolder: '/nowhere',
    } as const;
    await expect(listMigrationFiles(missing)).rejects.toThrow(InvalidMigrationFileError);
  });
});

describe('a migration file that is no migration is refused before anything is migrated', () => {
  const good = { '20260301T090000-good.ts': tracedSource('good') };
  const definition = (members: string) => `export const migration = { ${members} };`;

  it.each([
    ['a syntax error', 'export const migration = {', /cannot be read: .*line 1/],
    ['an import of what does not exist', `import './gone.ts'; ${postgresSource('SELECT 1')}`, /cannot be read: .*gone/],
    [
      'code that throws when it is loaded',
      `throw new Error('no such setting');`,
      /cannot be loaded: .*no such setting/,
    ],
    ['a default export', `export default { async up() {}, async down() {} };`, /does not export a postgres migration/],
    ['up and down as exports', 'export async function up() {}; export async function down() {}', /named 'migration'/],
    ['no up', definition('async down() {}'), /up/],
    ['neither down nor irreversible', definition('async up() {}'), /exactly one of down and irreversible/],
    [
      'both down and irreversible',
      definition(`async up() {}, async down() {}, irreversible: 'Because'`),
      /exactly one of down and irreversible/,
    ],
    ['an empty reason', definition(`async up() {}, irreversible: ''`), /irreversible/],
    ['a misspelt member', definition('async up() {}, async down() {}, transactions: false'), /transactions/],
    [
      'transaction: true, which is the default',
      definition('async up() {}, async down() {}, transaction: true'),
      /transaction/,
    ],
    ['a negative timeout', definition('async up() {}, async down() {}, lockTimeoutMs: -1'), /lockTimeoutMs/],
    [
      'a requirement that is no migration',
      definition(`async up() {}, async down() {}, requires: ['accounts']`),
      /requires/,
    ],
    ['the shape of the other engine', mongoSource({ name: 'create' }), /postgres migration/],
  ])('%s', async (_, source, problem) => {
    const domain = await postgresDomain({ ...good, '20260302T090000-bad.ts': source });
    const refused = await domain.up().catch((thrown) => thrown);
    expect(refused).toBeInstanceOf(InvalidMigrationFileError);
    expect(refused.file).toContain('20260302T090000-bad');
    expect(refused.message).toMatch(problem);
    expect(await domain.journal()).toEqual([]);
    expect(await domain.query(`SELECT FROM pg_tables WHERE tablename = 'trace'`)).toEqual([]);
  });

  it.each([
    ['the shape of the other engine', postgresSource('SELECT 1'), /mongodb migration/],
    ['no steps', definition('steps: []'), /steps/],
    ['two steps of one name', mongoSource({ name: 'same' }, { name: 'same' }), /name of its own/],
    ['a step without down and no reason', definition(`steps: [{ name: 'one', async up() {} }]`), /irreversible/],
  ])('on MongoDB: %s', async (_, source, problem) => {
    const domain = await mongoDomain({
      '20260301T090000-good.ts': mongoSource({ name: 'good' }),
      '20260302T090000-bad.ts': source,
    });
    await expect(domain.up()).rejects.toThrow(problem);
    expect(await domain.journal()).toEqual([]);
    expect(await domain.withDb((db) => db.collection('trace').countDocuments())).toBe(0);
  });
});
