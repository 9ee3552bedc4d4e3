import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createNodes } from '../nx/plugin.js';

const WORKSPACE = join(import.meta.dirname, '..', '..', '..');
const [, nodesOf] = createNodes;

describe('the Nx plugin', () => {
  const targetsOf = async (manifest: string) => {
    const [[, { projects }] = ['', { projects: {} }]] = await nodesOf([manifest], undefined, {
      workspaceRoot: '/workspace',
      nxJsonConfiguration: {},
    });
    return projects?.['packages/cards-db']?.targets ?? {};
  };

  it('gives every package with a database.json the same targets', async () => {
    const targets = await targetsOf('packages/cards-db/database.json');
    expect(Object.keys(targets)).toEqual([
      'migrate',
      'migrate-down',
      'migrate-status',
      'seed',
      'migration-test',
      'test',
    ]);
    for (const target of Object.values(targets)) {
      expect(target.metadata?.description).toContain('cards-db');
    }
  });

  it('migrates dependencies first and never takes a migration from the cache', async () => {
    expect(await targetsOf('packages/cards-db/database.json')).toMatchObject({
      migrate: { command: 'finova-db up cards-db --no-dependencies', dependsOn: ['^migrate'], cache: false },
      'migrate-down': { cache: false },
      'migrate-status': { cache: false },
      seed: { cache: false },
      'migration-test': { cache: true },
    });
  });

  it('builds every package of packages/ and tools/ after those that it depends on', async () => {
    const manifests = ['packages/cards-db/package.json', 'tools/linter/package.json'];
    const nodes = await nodesOf(manifests, undefined, { workspaceRoot: '/workspace', nxJsonConfiguration: {} });
    expect(nodes).toMatchObject([
      [
        manifests[0],
        { projects: { 'packages/cards-db': { targets: { build: { dependsOn: ['^build'], cache: true } } } } },
      ],
      [manifests[1], { projects: { 'tools/linter': { targets: { build: { outputs: ['{projectRoot}/dist'] } } } } }],
    ]);
  });

  it('is what Nx shows for a domain of this workspace', async () => {
    const { stdout } = await promisify(execFile)('npx', ['nx', 'show', 'project', 'transactions-db', '--json'], {
      cwd: WORKSPACE,
      env: { ...process.env, NX_DAEMON: 'false' },
    });
    const { targets } = JSON.parse(stdout) as { targets: Record<string, unknown> };
    expect(Object.keys(targets)).toEqual(
      expect.arrayContaining(['build', 'migrate', 'migrate-down', 'migrate-status', 'migration-test', 'seed']),
    );
  });
});
