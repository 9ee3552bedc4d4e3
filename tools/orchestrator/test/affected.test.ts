import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyWorkspace, type WorkspaceCopy } from './workspace-copy.ts';

const DOMAINS = ['accounts-db', 'notifications-db', 'preferences-db', 'transactions-db'];
const NOTHING: readonly string[] = [];

/**
 * What a commit changes, and the domains whose migrations are tested because of it. The edges: transactions-db and
 * preferences-db stand on accounts-db, and notifications-db on all three.
 */
const CHANGES: readonly [what: string, path: string, text: string, tested: readonly string[]][] = [
  [
    'a migration of accounts-db',
    'packages/accounts-db/migrations/20260301T090000-create-schema.ts',
    '\n// changed',
    DOMAINS,
  ],
  [
    'a migration of transactions-db',
    'packages/transactions-db/migrations/20260302T090000-create-schema.ts',
    '\n// changed',
    ['notifications-db', 'transactions-db'],
  ],
  [
    'a migration of preferences-db',
    'packages/preferences-db/migrations/20260303T090000-create-user-preferences.ts',
    '\n// changed',
    ['notifications-db', 'preferences-db'],
  ],
  [
    'a migration of notifications-db',
    'packages/notifications-db/migrations/20260304T091000-create-notifications.ts',
    '\n// changed',
    ['notifications-db'],
  ],
  [
    'what a migration imports',
    'packages/preferences-db/migrations/frozen/collection-steps.ts',
    '\n// changed',
    ['notifications-db', 'preferences-db'],
  ],
  [
    'a repeatable',
    'packages/transactions-db/repeatables/verify.sql',
    '-- changed\n',
    ['notifications-db', 'transactions-db'],
  ],
  ['a dump', 'packages/accounts-db/schema.sql', '\n', ['accounts-db']],
  ['a manifest', 'packages/notifications-db/database.json', '\n', ['notifications-db']],
  ['the test of migrations itself', 'packages/accounts-db/test/migrations.test.ts', '\n// changed', DOMAINS],
  ['db-kit', 'packages/db-kit/src/migrations/migrator.ts', '\n// changed', DOMAINS],
  ['the servers that tests run on', 'tools/local-databases/src/select-servers.ts', '\n// changed', NOTHING],
  ['the lock file', 'package-lock.json', '\n', DOMAINS],
  ["a domain's README", 'packages/accounts-db/README.md', '\nChanged.\n', NOTHING],
  ['the README', 'README.md', '\nChanged.\n', NOTHING],
  ['a document', 'docs/ARCHITECTURE.md', '\nChanged.\n', NOTHING],
  ["a domain's repository", 'packages/accounts-db/src/repositories/currency-repository.ts', '\n// changed', NOTHING],
  ["a domain's seed", 'packages/transactions-db/src/seed/index.ts', '\n// changed', NOTHING],
  ['the command line', 'tools/orchestrator/src/cli/output.ts', '\n// changed', NOTHING],
];

/** Real commits in a copy of the workspace. Only what a task does is replaced: it says that it ran. */
describe('nx affected -t migration-test', () => {
  let copy: WorkspaceCopy;

  /** The domains whose task ran, and did not come from the cache. */
  const ran = async (...command: readonly string[]) => {
    await copy.write('.ran', '');
    await copy.run('nx', ...command, '-t', 'migration-test', '--outputStyle=static');
    return (await copy.read('.ran'))
      .split('\n')
      .filter((line) => line !== '')
      .sort();
  };

  beforeAll(async () => {
    copy = await copyWorkspace();
    const plugin = 'tools/orchestrator/nx/plugin.js';
    const original = await copy.read(plugin);
    const replaced = original.replace('vitest run {projectRoot}/test/migrations', 'node say-ran.cjs {projectName}');
    expect(replaced).not.toBe(original);
    await copy.write(plugin, replaced);
    await copy.write('say-ran.cjs', "require('node:fs').appendFileSync('.ran', process.argv[2] + '\\n');");
    await copy.append('.gitignore', '\n.ran\n');
    await copy.git('add', '--all');
    await copy.git('commit', '--quiet', '--message', 'Say what ran');
    expect(await ran('run-many')).toEqual(DOMAINS);
  });
  afterAll(() => copy?.remove());

  it('replays from the cache what did not change', async () => {
    expect(await ran('run-many')).toEqual(NOTHING);
  });

  it.each(CHANGES)('after a change of %s', async (what, path, text, tested) => {
    await copy.write(path, `${await copy.read(path).catch(() => '')}${text}`);
    await copy.git('add', '--all');
    await copy.git('commit', '--quiet', '--message', `Change ${what}`);
    expect(await ran('affected', '--base=HEAD~1', '--head=HEAD')).toEqual(tested);
  });
});
