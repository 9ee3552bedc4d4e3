import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyWorkspace, type WorkspaceCopy } from '../../tools/orchestrator/test/workspace-copy.ts';
import type { Rule } from './finding.ts';
import { domainShape } from './rules/domain-shape.ts';
import { frozenMigrations, migrations } from './rules/migrations.ts';
import { foreignTables, ownership } from './rules/ownership.ts';
import { sharedEnvironment } from './rules/shared-environment.ts';
import { fileLength, noAny, suppressions } from './rules/source-text.ts';
import { deadCode, spelling } from './rules/tools.ts';

const ACCOUNTS = 'packages/accounts-db';
const LAST = `${ACCOUNTS}/migrations/20991231T000000-planted.ts`;
const ignored = ['biome', 'ignore'].join('-');

const migration = (up: string, down: string) =>
  `import { sql } from 'kysely';\nexport const migration = { async up(db) { await sql\`${up}\`.execute(db); }, async down(db) { await sql\`${down}\`.execute(db); } };\n`;

/** What is wrong, the rule that finds it, what is written where, and what the finding says to do instead. */
const VIOLATIONS: readonly [what: string, rule: Rule, path: string, text: string, instead: string][] = [
  [
    'a manifest with a schema that is no name',
    domainShape,
    `${ACCOUNTS}/database.json`,
    '{ "engine": "postgres", "schema": "Accounts!" }',
    'write { "engine"',
  ],
  [
    'a dependency without an exact version',
    domainShape,
    `${ACCOUNTS}/package.json`,
    '{ "name": "@finova/accounts-db", "type": "module", "license": "MIT", "description": "x", "exports": { ".": "./x", "./seed": "./x" }, "dependencies": { "pg": "^8.0.0" } }',
    'write an exact version',
  ],
  [
    'a misnamed migration',
    migrations,
    `${ACCOUNTS}/migrations/later.ts`,
    'export const migration = {};\n',
    'correct the file',
  ],
  ['a migration that requires does not know', migrations, LAST, migration('SELECT 1', 'SELECT 1'), 'npm run db -- new'],
  [
    'a domain without a test of its migrations',
    migrations,
    `${ACCOUNTS}/test/migrations.test.ts`,
    '// nothing\n',
    'describeMigrationContract',
  ],
  [
    'a migration that imports live code',
    frozenMigrations,
    LAST,
    `import { newId } from '@finova/db-kit';\n${migration('SELECT 1', 'SELECT 1')}`,
    'migrations/frozen/',
  ],
  [
    'a table without a comment',
    ownership,
    `${ACCOUNTS}/migrations/20991230T000000-planted-table.ts`,
    migration('CREATE TABLE accounts.planted (id integer)', 'DROP TABLE accounts.planted'),
    'COMMENT ON TABLE',
  ],
  [
    "a query of another domain's table",
    foreignTables,
    `${ACCOUNTS}/src/planted.ts`,
    "export const planted = 'SELECT id FROM transactions.transfers';\n",
    'public API of @finova/transactions-db',
  ],
  [
    'a rule switched off without a reason',
    suppressions,
    `${ACCOUNTS}/src/planted.ts`,
    `// ${ignored} lint/suspicious/noConsole: x\nexport const planted = 1;\n`,
    'write the reason',
  ],
  ['any', noAny, `${ACCOUNTS}/src/planted.ts`, 'export const planted = 1 as any;\n', 'write the type, or unknown'],
  [
    'a file of 400 lines',
    fileLength,
    `${ACCOUNTS}/src/planted.ts`,
    `${'// line\n'.repeat(400)}export const planted = 1;\n`,
    'cut it where one concept ends',
  ],
  ['a secret in the committed .env', sharedEnvironment, '.env', 'FINOVA_POSTGRES_URL=x\n', '.env.local'],
  [
    'an export that nobody uses',
    deadCode,
    `${ACCOUNTS}/src/planted.ts`,
    'export const planted = 1;\n',
    'remove it, or use it',
  ],
  [
    'a word that is none',
    spelling,
    `${ACCOUNTS}/src/planted.ts`,
    ['// plan', 'tedd wrodn\n'].join(''),
    'correct it, or add the word',
  ],
];

describe('the rules of the workspace find', () => {
  let copy: WorkspaceCopy;

  beforeAll(async () => {
    copy = await copyWorkspace();
  });
  afterAll(() => copy?.remove());

  it.each(VIOLATIONS)('%s', async (_, rule, path, text, instead) => {
    await copy.write(path, text);
    try {
      const findings = await rule.check(copy.folder);
      expect(findings.map((finding) => finding.instead).join('\n')).toContain(instead);
    } finally {
      await copy.git('stash', '--include-untracked', '--quiet');
    }
  });
});
