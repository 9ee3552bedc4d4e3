import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InvalidMigrationNameError, newMigration } from '../src/commands/new-migration.ts';
import { readWorkspaceDomains } from '../src/workspace/workspace-domains.ts';
import { copyWorkspace, type WorkspaceCopy } from './workspace-copy.ts';

const run = promisify(execFile);

describe('finova-db new', () => {
  let copy: WorkspaceCopy;
  const make = async (domain: string, name: string, more = {}) =>
    newMigration(copy.folder, await readWorkspaceDomains(copy.folder, {}), { domain, name, ...more });

  beforeAll(async () => {
    copy = await copyWorkspace();
  });
  afterAll(() => copy?.remove());

  it('writes migrations and tests, for both engines, that type-check and lint as they are', async () => {
    const written = [
      ...(await make('transactions-db', 'add-something', {
        requires: ['accounts-db/20260301T093000-create-accounts'],
      })),
      ...(await make('notifications-db', 'change-something')),
      ...(await make('accounts-db', 'build-an-index', { outsideTransaction: true })),
    ];
    expect(written.filter((path) => !existsSync(join(copy.folder, path)))).toEqual([]);
    expect(written.map((path) => path.replace(/\d{8}T\d{6}/, 'T'))).toEqual([
      'packages/transactions-db/migrations/T-add-something.ts',
      'packages/transactions-db/test/migrations/add-something.test.ts',
      'packages/transactions-db/migrations/ids.d.ts',
      'packages/notifications-db/migrations/T-change-something.ts',
      'packages/notifications-db/test/migrations/change-something.test.ts',
      'packages/notifications-db/migrations/ids.d.ts',
      'packages/accounts-db/migrations/T-build-an-index.ts',
      'packages/accounts-db/test/migrations/build-an-index.test.ts',
      'packages/accounts-db/migrations/ids.d.ts',
    ]);
    await copy.run('biome', 'check', ...written.map((path) => join(copy.folder, path)));
    await copy.write(
      'tsconfig.written.json',
      JSON.stringify({ extends: './tsconfig.json', include: [], files: written }),
    );
    const tsc = join(copy.folder, 'node_modules', '.bin', 'tsc');
    // The packages of the copy meet those of the workspace it was made of, so only what was written counts.
    const { stdout } = await run(tsc, ['--noEmit', '-p', 'tsconfig.written.json'], { cwd: copy.folder }).catch(
      (thrown: { readonly stdout: string }) => thrown,
    );
    expect(stdout.split('\n').filter((line) => written.some((path) => line.startsWith(path)))).toEqual([]);
  });

  it('dates it after all others, and lists it for requires', async () => {
    await make('preferences-db', 'first', { now: new Date('2026-01-01') });
    const [path = ''] = await make('preferences-db', 'second', { now: new Date('2026-01-01') });
    expect(path).toContain('20260310T092002-second');
    expect(await copy.read('packages/preferences-db/migrations/ids.d.ts')).toContain(
      `'preferences-db/20260310T092002-second': true;`,
    );
  });

  it.each(['Add Something', 'add_something', '-x', ''])('refuses the name "%s"', async (name) => {
    await expect(make('accounts-db', name)).rejects.toThrow(InvalidMigrationNameError);
  });

  it('refuses a name that there is, and a domain that there is not', async () => {
    await expect(make('accounts-db', 'create-accounts')).rejects.toThrow(/has 20260301T093000-create-accounts already/);
    await expect(make('cards-db', 'add-something')).rejects.toThrow(/There is no domain cards-db/);
  });
});
