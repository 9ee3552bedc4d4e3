import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findWorkspace } from './find-workspace.ts';
import { isInstalled, readInstalledGraph } from './installed-domains.ts';
import { readWorkspaceDomains } from './workspace-domains.ts';
import { WorkspaceNotFoundError } from './workspace-errors.ts';

const WORKSPACE = join(import.meta.dirname, '..', '..', '..', '..');

describe('a project that has domains installed', () => {
  let project: string;

  beforeEach(async () => {
    project = await realpath(await mkdtemp(join(tmpdir(), 'finova-project-')));
  });
  afterEach(() => rm(project, { recursive: true }));

  const write = async (path: string, content: object) => {
    await mkdir(join(project, path, '..'), { recursive: true });
    await writeFile(join(project, path), JSON.stringify(content));
  };
  const install = async (name: string, dependencies: readonly string[] = [], within = '') => {
    const folder = join(within, 'node_modules', '@bank', name);
    const versions = Object.fromEntries(dependencies.map((dependency) => [`@bank/${dependency}`, '1.0.0']));
    await write(join(folder, 'package.json'), { name: `@bank/${name}`, dependencies: versions });
    await write(join(folder, 'database.json'), { engine: 'postgres', schema: name.replace('-db', '') });
    await mkdir(join(project, folder, 'dist', 'migrations'), { recursive: true });
  };

  it('has the domains that it depends on, and those that these depend on, in their order', async () => {
    await write('package.json', { dependencies: { '@bank/cards-db': '1.0.0', kysely: '1.0.0', missing: '1.0.0' } });
    await write('node_modules/kysely/package.json', { name: 'kysely' });
    await install('cards-db', ['accounts-db']);
    await install('accounts-db');
    await install('unrelated-db');
    const domains = await readWorkspaceDomains(project);
    expect(domains.map(({ name, packageName, dependsOn }) => ({ name, packageName, dependsOn }))).toEqual([
      { name: 'accounts-db', packageName: '@bank/accounts-db', dependsOn: [] },
      { name: 'cards-db', packageName: '@bank/cards-db', dependsOn: ['accounts-db'] },
    ]);
    expect(domains.every(isInstalled)).toBe(true);
  });

  it('finds what is installed below the package that needs it', async () => {
    await write('package.json', { devDependencies: { '@bank/cards-db': '1.0.0' } });
    await install('cards-db', ['accounts-db']);
    await install('accounts-db', [], 'node_modules/@bank/cards-db');
    expect(readInstalledGraph(project).projects.map(({ root }) => root)).toEqual([
      'node_modules/@bank/cards-db',
      'node_modules/@bank/cards-db/node_modules/@bank/accounts-db',
    ]);
  });

  it('is found from any folder below it', async () => {
    await write('package.json', { dependencies: { '@bank/accounts-db': '1.0.0' } });
    await install('accounts-db');
    await mkdir(join(project, 'src', 'start'), { recursive: true });
    expect(findWorkspace(join(project, 'src', 'start'))).toBe(project);
  });

  it('is none without an installed domain', async () => {
    await write('package.json', { dependencies: { '@bank/accounts-db': '1.0.0' } });
    expect(() => findWorkspace(project)).toThrow(WorkspaceNotFoundError);
  });

  it('is not what a package of a workspace is, although it depends on domains', () => {
    expect(findWorkspace(join(WORKSPACE, 'packages', 'transactions-db'))).toBe(WORKSPACE);
  });
});
