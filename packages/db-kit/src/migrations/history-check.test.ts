import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { mongoSource, postgresSource, tracedSource } from '../../test/migration-sources.ts';
import {
  mongoDomain,
  type PostgresScratchDomain,
  postgresDomain,
  type ScratchDomain,
} from '../../test/scratch-domain.ts';
import {
  EditedMigrationError,
  MissingMigrationError,
  OutOfOrderMigrationError,
  RenamedMigrationError,
} from './errors/index.ts';

const FIRST = '20260301T090000-first';
const SECOND = '20260302T090000-second';
const THIRD = '20260303T090000-third';
const IMPORTING = `import { mark } from './helpers/mark.ts';
import { sql } from 'kysely';
export const migration = {
  async up(db: any) { await sql\`SELECT \${mark}\`.execute(db); },
  async down(db: any) {},
};`;

const sources = {
  [`${FIRST}.ts`]: tracedSource('first'),
  [`${SECOND}.ts`]: IMPORTING,
  'helpers/mark.ts': `export const mark = 'second';`,
};

/** What must be untouched by a refused run. */
const everythingOf = (domain: PostgresScratchDomain) =>
  domain.query(`
    SELECT (SELECT jsonb_agg(to_jsonb(journal) ORDER BY name) FROM ledger_migrations.journal) AS journal,
      (SELECT count(*) FROM ledger_migrations.history) AS attempts,
      (SELECT jsonb_agg(mark) FROM trace) AS trace,
      (SELECT jsonb_agg(relname ORDER BY relname) FROM pg_class WHERE relnamespace::regnamespace::text !~ '^pg_') AS relations`);

describe('a history that was rewritten is refused before anything is changed', () => {
  const refuse = async (changed: Record<string, string>) => {
    const applied = await postgresDomain(sources);
    await applied.up();
    const before = await everythingOf(applied);
    const now: ScratchDomain = await applied.with({ ...changed, [`${THIRD}.ts`]: tracedSource('third') });
    const thrown = await now.up().catch((caught: unknown) => caught);
    expect(await everythingOf(applied)).toEqual(before);
    return thrown as Error & { next: string };
  };

  it('edited: names the migration, both checksums and what to do', async () => {
    const thrown = await refuse({ ...sources, [`${FIRST}.ts`]: tracedSource('edited') });
    expect(thrown).toBeInstanceOf(EditedMigrationError);
    expect(thrown).toMatchObject({ domain: 'ledger-db', migration: FIRST, changedFiles: [FIRST] });
    const { expectedChecksum, foundChecksum } = thrown as EditedMigrationError;
    expect(thrown.message).toContain(`expected checksum ${expectedChecksum.slice(0, 12)}`);
    expect(thrown.message).toContain(`found ${foundChecksum.slice(0, 12)}`);
    expect(foundChecksum).not.toBe(expectedChecksum);
    expect(thrown.next).toMatch(/restore the applied version/);
  });

  it('an import edited: names the migration and the file that changed', async () => {
    const thrown = await refuse({ ...sources, 'helpers/mark.ts': `export const mark = 'edited';` });
    expect(thrown).toBeInstanceOf(EditedMigrationError);
    expect(thrown).toMatchObject({ migration: SECOND, changedFiles: ['helpers/mark'] });
    expect(thrown.message).toContain('helpers/mark');
  });

  it('missing: names the migration and how to find its file', async () => {
    const { [`${FIRST}.ts`]: _, ...rest } = sources;
    const thrown = await refuse(rest);
    expect(thrown).toBeInstanceOf(MissingMigrationError);
    expect(thrown).toMatchObject({ domain: 'ledger-db', migration: FIRST });
    expect(thrown.next).toContain(`git log --diff-filter=D -- '*${FIRST}*'`);
  });

  it('renamed: names both', async () => {
    const { [`${FIRST}.ts`]: renamed, ...rest } = sources;
    const thrown = await refuse({ ...rest, '20260301T090000-primary.ts': renamed ?? '' });
    expect(thrown).toBeInstanceOf(RenamedMigrationError);
    expect(thrown).toMatchObject({ migration: FIRST, renamedTo: '20260301T090000-primary' });
    expect(thrown.next).toContain(`${FIRST}.ts`);
  });

  it('given a new timestamp: names both', async () => {
    const { [`${FIRST}.ts`]: moved, ...rest } = sources;
    const thrown = await refuse({ ...rest, '20260304T090000-first.ts': moved ?? '' });
    expect(thrown).toMatchObject({
      name: 'RenamedMigrationError',
      migration: FIRST,
      renamedTo: '20260304T090000-first',
    });
  });

  it('out of order: names the late one and the newest applied', async () => {
    const thrown = await refuse({ ...sources, '20260301T120000-late.ts': tracedSource('late') });
    expect(thrown).toBeInstanceOf(OutOfOrderMigrationError);
    expect(thrown).toMatchObject({ migration: '20260301T120000-late', newestApplied: SECOND });
    expect(thrown.next).toContain(`a timestamp after ${SECOND}`);
  });

  it('is refused on the way down too', async () => {
    const applied = await postgresDomain(sources);
    await applied.up();
    const edited = await applied.with({ ...sources, [`${SECOND}.ts`]: tracedSource('other') });
    await expect(edited.migrate((migrator) => migrator.down('all'))).rejects.toThrow(EditedMigrationError);
    expect(await applied.journal()).toEqual([`${FIRST} done`, `${SECOND} done`]);
  });

  it('on MongoDB as well', async () => {
    const applied = await mongoDomain({ [`${FIRST}.ts`]: mongoSource({ name: 'create' }) });
    await applied.up();
    const edited = await applied.with({
      [`${FIRST}.ts`]: mongoSource({ name: 'create', up: `await mark('edited');` }),
    });
    await expect(edited.up()).rejects.toThrow(EditedMigrationError);
    await expect((await applied.with({})).up()).rejects.toThrow(MissingMigrationError);
    const renamed = await applied.with({ '20260301T090000-other.ts': mongoSource({ name: 'create' }) });
    await expect(renamed.up()).rejects.toThrow(RenamedMigrationError);
    expect(await applied.history()).toEqual([`${FIRST} up succeeded`]);
  });

  it('a journal row that was edited in the database', async () => {
    const applied = await postgresDomain(sources);
    await applied.up();
    const forged = createHash('sha256').update('forged').digest('hex');
    await applied.query(`UPDATE ledger_migrations.journal SET checksum = '${forged}' WHERE name = '${SECOND}'`);
    await expect(applied.up()).rejects.toMatchObject({ name: 'RecordsTamperedError' });
  });
});

describe('no false alarm', () => {
  it.each<[string, Record<string, string>]>([
    ['for comments', { [`${FIRST}.ts`]: `// The first of all.\n${tracedSource('first')}` }],
    ['for format', { [`${FIRST}.ts`]: tracedSource('first').replaceAll('\n', '\r\n').replaceAll('  ', '\t') }],
    ['for a comment in an import', { 'helpers/mark.ts': `/** Which. */\nexport const mark = 'second';` }],
    [
      'for a renamed import',
      {
        'helpers/mark.ts': '',
        'helpers/marks.ts': `export const mark = 'second';`,
        [`${SECOND}.ts`]: IMPORTING.replace('mark.ts', 'marks.ts'),
      },
    ],
    ['for a file that no migration imports', { 'helpers/other.ts': `export const other = 1;` }],
  ])('%s', async (_, edited) => {
    const applied = await postgresDomain(sources);
    await applied.up();
    expect(await (await applied.with({ ...sources, ...edited })).up()).toEqual([]);
  });

  it('for two migrations with one body', async () => {
    const twice = { [`${FIRST}.ts`]: postgresSource('SELECT 1'), [`${SECOND}.ts`]: postgresSource('SELECT 1') };
    const domain = await postgresDomain(twice);
    expect(await domain.up()).toEqual([FIRST, SECOND]);
    expect(await domain.up()).toEqual([]);
  });
});
