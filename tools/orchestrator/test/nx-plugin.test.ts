import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createNodes } from '../nx/plugin.js';

const WORKSPACE = join(import.meta.dirname, '..', '..', '..');
const [, nodesOf] = createNodes;

const CARDS = ['packages/cards-db/package.json', 'packages/cards-db/database.json'];

/** What the plugin makes of some manifests: targets by the root of their project. */
async function targetsOf(...manifests: readonly string[]) {
  const context = { workspaceRoot: '/workspace', nxJsonConfiguration: {} };
  const nodes = await nodesOf([...manifests], undefined, context);
  const projects = nodes.flatMap(([, { projects: made = {} }]) => Object.entries(made));
  return Object.fromEntries(projects.map(([root, { targets = {} }]) => [root, targets]));
}

describe('the Nx plugin', () => {
  it('gives every package targets, and every package with a database.json more', async () => {
    const targets = await targetsOf(...CARDS, 'tools/linter/package.json', 'bench/package.json');
    expect(Object.fromEntries(Object.entries(targets).map(([root, made]) => [root, Object.keys(made).sort()]))).toEqual(
      {
        'packages/cards-db': [
          'build',
          'lint',
          'migrate',
          'migrate-down',
          'migrate-status',
          'migration-lint',
          'migration-test',
          'schema-check',
          'seed',
          'test',
          'typecheck',
        ],
        'tools/linter': ['build', 'lint', 'test', 'typecheck'],
        bench: ['lint', 'test', 'typecheck'],
      },
    );
  });

  it('says of every target what it does to which project', async () => {
    for (const [root, targets] of Object.entries(await targetsOf(...CARDS, 'tools/linter/package.json'))) {
      for (const target of Object.values(targets)) {
        expect(target.metadata?.description).toContain(root.replace(/^.*\//, ''));
        expect(target.metadata?.technologies).toHaveLength(1);
      }
    }
  });

  it('migrates dependencies first, and takes nothing that speaks to a database of somebody else from the cache', async () => {
    expect((await targetsOf(...CARDS))['packages/cards-db']).toMatchObject({
      migrate: { command: 'finova-db up cards-db --no-dependencies', dependsOn: ['^migrate'], cache: false },
      'migrate-down': { cache: false },
      'migrate-status': { cache: false },
      seed: { dependsOn: ['migrate', '^seed'], cache: false },
    });
  });

  it('caches what depends on files and on the kind of server alone', async () => {
    const targets = (await targetsOf(...CARDS))['packages/cards-db'];
    for (const name of ['migration-test', 'migration-lint', 'schema-check']) {
      expect(targets?.[name]).toMatchObject({ cache: true, outputs: [] });
      expect(targets?.[name]?.inputs).toEqual(
        expect.arrayContaining(['migrations', '^migrations', { env: 'FINOVA_POSTGRES_URL' }]),
      );
    }
    expect(targets?.['build']).toMatchObject({ dependsOn: ['^build'], outputs: ['{projectRoot}/dist'], cache: true });
  });

  it('imports no driver, no kit, and nothing that has to be installed', async () => {
    const source = await readFile(join(WORKSPACE, 'tools', 'orchestrator', 'nx', 'plugin.js'), 'utf8');
    expect([...source.matchAll(/^import .* from '(.*)';$/gm)].map(([, module]) => module)).toEqual(['node:path']);
  });

  it('is what Nx shows for a domain of this workspace', async () => {
    const { stdout } = await promisify(execFile)('npx', ['nx', 'show', 'project', 'transactions-db', '--json'], {
      cwd: WORKSPACE,
      env: { ...process.env, NX_DAEMON: 'false' },
    });
    const { targets } = JSON.parse(stdout) as { targets: Record<string, unknown> };
    expect(Object.keys(targets)).toEqual(
      expect.arrayContaining(['build', 'lint', 'migrate', 'migration-test', 'schema-check', 'test', 'typecheck']),
    );
  });
});
