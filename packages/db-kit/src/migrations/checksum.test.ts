import { join } from 'node:path';
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';
import { describe, expect, it } from 'vitest';
import { type MigrationSources, writeMigrations } from '../../test/scratch-domain.ts';
import type { MigrationChecksum } from './checksum.ts';
import type { MigrationDomain } from './migration.ts';
import { checksumMigrations } from './migration-checksums.ts';
import { listMigrationFiles } from './migration-files.ts';

const NAME = '20260301T090000-create-accounts';

const MIGRATION = `import type { PostgresMigration } from '@finova/db-kit/migrations';
import { sql } from 'kysely';
import { currencies } from './helpers/currencies.ts';

// The ledger's first table.
export const migration: PostgresMigration = {
  async up(db) {
    await sql\`CREATE TABLE ledger.accounts (id uuid)\`.execute(db);
    await db.insertInto('ledger.currencies').values(currencies(['EUR', "CHF"])).execute();
  },
  async down(db) {
    await sql\`DROP TABLE ledger.accounts\`.execute(db);
  },
};
`;

const HELPERS = {
  'helpers/currencies.ts': `import { minorUnits } from './minor-units.ts';
export const currencies = (codes: readonly string[]) => codes.map((code) => ({ code, minorUnits }));
`,
  'helpers/minor-units.ts': 'export const minorUnits: number = 2;\n',
};

const ALONE = '20260101T090000-alone';

/** What imports nothing, what packages, a helper, a helper when it runs, another migration, and what is imported by one. */
const FOLDER: Readonly<Record<string, string>> = {
  [`${ALONE}.ts`]: `const table = 'ledger.accounts';
export const migration = { async up(db) { await db.schema.createTable(table).execute(); }, down() {} };`,
  '20260102T090000-alike.ts': `const table = 'ledger.entries'; export const migration = { up() { return table; }, down() {} };`,
  '20260201T090000-older.ts': `import { currencies } from './helpers/currencies.ts'; export const migration = currencies;`,
  [`${NAME}.ts`]: MIGRATION,
  '20260302T090000-late.ts': `export const migration = { up: () => import('./helpers/minor-units.ts'), down() {} };`,
  '20260401T090000-newer.ts': MIGRATION,
  '20260402T090000-like-older.ts': `export { migration } from './20260201T090000-older.ts';`,
  '20260403T090000-like-alone.ts': `import { migration as alone } from './20260101T090000-alone.ts';
const table = 'ledger.others'; export const migration = { ...alone, up: () => table };`,
};

async function checksumsOf(sources: MigrationSources): Promise<Map<string, MigrationChecksum>> {
  const migrationsFolder = await writeMigrations(sources);
  const domain: MigrationDomain = { name: 'ledger-db', engine: 'postgres', namespace: 'ledger', migrationsFolder };
  return checksumMigrations(domain, await listMigrationFiles(domain));
}

async function checksumOf(
  source: string,
  helpers: MigrationSources = HELPERS,
  extension = 'ts',
): Promise<MigrationChecksum> {
  const found = (await checksumsOf({ ...helpers, [`${NAME}.${extension}`]: source })).get(NAME);
  if (found === undefined) {
    throw new Error('The migration has no checksum');
  }
  return found;
}

describe('the checksum of a migration', () => {
  it('is the same on every machine, with the esbuild that the lock file pins', async () => {
    // Every journal in every environment holds checksums: when this one changes, all of them do, and no run passes.
    expect(await checksumOf(MIGRATION)).toEqual({
      checksum: '393309e9ea6689a62c011bfbdf8703daffa377049d297d6a397bb2299a6f6833',
      files: {
        [NAME]: '4134a9956766ac559344845f80e11c8c654ed77630da8fc48f3dbe30fa8d25ed',
        'helpers/currencies': '5abc9fa0aae5609fe6281150e0a6f86b0be45d0acdf4a560f9d4a22127b07444',
        'helpers/minor-units': 'be0946137c8308f9a8987d05509bc62861af95b048f4410cc2826103738991ae',
      },
    });
  });

  it.each<[string, (source: string) => string]>([
    ['an added comment', (source) => `/* Reviewed. */\n${source.replace('async up', '// Forward.\n  async up')}`],
    ['a licence comment', (source) => `/*! @license MIT */\n${source}`],
    ['indentation', (source) => source.replaceAll('\n  ', '\n\t\t')],
    ['line endings of Windows', (source) => source.replaceAll('\n', '\r\n')],
    ['quotes', (source) => source.replace(`'EUR', "CHF"`, `"EUR", 'CHF'`)],
    ['trailing commas and semicolons', (source) => source.replace('"CHF"]', '"CHF",]').replace('  },\n};', '  }\n}')],
    ['parentheses', (source) => source.replace('await sql', 'await (sql').replace('(db);', '(db));')],
    ['an annotation', (source) => source.replace('up(db)', 'up(db: any): Promise<void>')],
    ['an assertion of a type', (source) => source.replace('execute(db)', 'execute(db as any)')],
    ['an import of types', (source) => `import type { Kysely } from 'kysely';\n${source}`],
    [
      'a removed import of types',
      (source) => source.replace(/import type .*\n/, '').replace(': PostgresMigration', ''),
    ],
    ['an interface', (source) => `interface Row { readonly id: string }\n${source}`],
    ['a final line break', (source) => source.trimEnd()],
  ])('does not see %s', async (_, edit) => {
    const edited = edit(MIGRATION);
    expect(edited).not.toBe(MIGRATION);
    expect((await checksumOf(edited)).checksum).toBe((await checksumOf(MIGRATION)).checksum);
  });

  it.each<[string, (source: string) => string]>([
    ['a migration', (source) => source],
    [
      'one with an assertion of a type',
      (source) => source.replace('\'EUR\', "CHF"]', '\'EUR\', "CHF"] satisfies string[] as string[]'),
    ],
    ['one that imports a type by its name', (source) => source.replace('{ sql }', '{ sql, type Kysely }')],
    [
      'one with syntax newer than the oldest Node.js',
      (source) => `${source}{ using lock = { [Symbol.dispose]() {} }; }\n`,
    ],
    [
      'one with a class',
      (source) => `${source}class Rows<T> { declare kind: T; #rows: T[] = []; accessor last?: T; }\n`,
    ],
    [
      'one with overloads',
      (source) => `${source}function pick(a: string): string;\nfunction pick(a: unknown) { return a; }\n`,
    ],
    [
      'one that imports all of a file',
      (source) => source.replace('{ currencies }', '* as all').replace('currencies([', 'all.currencies(['),
    ],
    [
      'one that imports when it runs',
      (source) => source.replace('async down(db) {', "async down(db) { await import('./helpers/minor-units.ts');"),
    ],
  ])('is the same for what %s is compiled to', async (_, edit) => {
    const compile = (source: string) =>
      transpileModule(source, {
        compilerOptions: {
          target: ScriptTarget.ESNext,
          module: ModuleKind.ESNext,
          verbatimModuleSyntax: true,
          rewriteRelativeImportExtensions: true,
        },
      }).outputText;
    const compiled = Object.fromEntries(
      Object.entries(HELPERS).map(([path, source]) => [path.replace(/ts$/, 'js'), compile(source)]),
    );
    const source = edit(MIGRATION);
    expect(await checksumOf(compile(source), compiled, 'js')).toEqual(await checksumOf(source));
  });

  it.each(Object.keys(FOLDER))('does not depend on the other migrations of the folder: %s', async (file) => {
    const imported = Object.keys(FOLDER).filter((other) => other !== file && FOLDER[file]?.includes(other));
    const alone = {
      [file]: FOLDER[file] ?? '',
      ...Object.fromEntries(imported.map((name) => [name, FOLDER[name] ?? ''])),
    };
    const name = file.replace('.ts', '');
    expect((await checksumsOf({ ...HELPERS, ...FOLDER })).get(name)).toEqual(
      (await checksumsOf({ ...HELPERS, ...alone })).get(name),
    );
  });

  it('is what it always was, whatever a migration imports', async () => {
    const checksums = await checksumsOf({ ...HELPERS, ...FOLDER });
    expect([...checksums].map(([name, { checksum }]) => `${name} ${checksum.slice(0, 16)}`)).toEqual([
      '20260101T090000-alone eee2918cac614dec',
      '20260102T090000-alike 225fac4f4e524c29',
      '20260201T090000-older dd7347b11c327378',
      '20260301T090000-create-accounts 393309e9ea6689a6',
      '20260302T090000-late 6af60a348c8c1d53',
      '20260401T090000-newer 393309e9ea6689a6',
      '20260402T090000-like-older dd7347b11c327378',
      '20260403T090000-like-alone 57618fa48cf6029e',
    ]);
  });

  it.each<[string, (source: string) => string]>([
    ['an SQL statement', (source) => source.replace('id uuid', 'id text')],
    ['whitespace inside an SQL statement', (source) => source.replace('accounts (id', 'accounts  (id')],
    ['a string', (source) => source.replace('EUR', 'SEK')],
    ['the order of statements', (source) => source.replace(/( +await sql.*\n)( +await db.*\n)/, '$2$1')],
    ['a removed statement', (source) => source.replace(/.*DROP TABLE.*\n/, '')],
    ['a declaration', (source) => source.replace('  async up', '  transaction: false,\n  async up')],
  ])('sees %s', async (_, edit) => {
    const edited = edit(MIGRATION);
    expect(edited).not.toBe(MIGRATION);
    const [before, after] = [await checksumOf(MIGRATION), await checksumOf(edited)];
    expect(after.checksum).not.toBe(before.checksum);
    expect(after.files[NAME]).not.toBe(before.files[NAME]);
    expect(after.files['helpers/currencies']).toBe(before.files['helpers/currencies']);
  });

  it('sees an edit of what is imported by what is imported, and names that file alone', async () => {
    const before = await checksumOf(MIGRATION);
    const after = await checksumOf(MIGRATION, {
      ...HELPERS,
      'helpers/minor-units.ts': 'export const minorUnits: number = 3;\n',
    });
    expect(after.checksum).not.toBe(before.checksum);
    const changed = Object.keys(after.files).filter((file) => after.files[file] !== before.files[file]);
    expect(changed).toEqual(['helpers/minor-units']);
  });

  it('does not see a comment in what is imported', async () => {
    const commented = { ...HELPERS, 'helpers/minor-units.ts': `// Cents.\n${HELPERS['helpers/minor-units.ts']}` };
    expect(await checksumOf(MIGRATION, commented)).toEqual(await checksumOf(MIGRATION));
  });

  it('names the file that cannot be parsed, wherever it is imported', async () => {
    const broken = { ...HELPERS, 'helpers/minor-units.ts': 'export const = 2;' };
    await expect(checksumOf(MIGRATION, broken)).rejects.toMatchObject({ file: join('helpers', 'minor-units.ts') });
  });

  it('takes a folder without migrations', async () => {
    expect(await checksumsOf({})).toEqual(new Map());
  });
});
