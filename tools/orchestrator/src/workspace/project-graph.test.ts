import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createScratchWorkspace, type ScratchWorkspace } from '../../test/scratch-workspace.ts';
import { computeProjectGraph, readProjectGraph } from './project-graph.ts';
import { readWorkspaceDomains } from './workspace-domains.ts';

const WORKSPACE = join(import.meta.dirname, '..', '..', '..', '..');

describe('the project graph', () => {
  it('that is kept is the one that Nx computes', async () => {
    expect(await readProjectGraph(WORKSPACE)).toEqual(await computeProjectGraph(WORKSPACE));
  });

  it('puts the four domains in their order', async () => {
    const domains = await readWorkspaceDomains(WORKSPACE, {});
    expect(domains.map(({ name, engine, namespace, dependsOn }) => [name, engine, namespace, dependsOn])).toEqual([
      ['accounts-db', 'postgres', 'accounts', []],
      ['preferences-db', 'mongodb', 'finova_preferences', ['accounts-db']],
      ['transactions-db', 'postgres', 'transactions', ['accounts-db']],
      ['notifications-db', 'mongodb', 'finova_notifications', ['accounts-db', 'preferences-db', 'transactions-db']],
    ]);
  });

  describe('of another workspace', () => {
    let workspace: ScratchWorkspace;
    afterEach(() => workspace.remove());

    it('is the same for those who read it at once, before anybody has', async () => {
      workspace = await createScratchWorkspace({ 'one-db': { engine: 'postgres' }, 'two-db': { engine: 'postgres' } });
      const graphs = await Promise.all(Array.from({ length: 4 }, () => readProjectGraph(workspace.folder)));
      expect(graphs.map(({ projects }) => projects.length)).toEqual([2, 2, 2, 2]);
    });

    it('is computed again when a manifest changes', async () => {
      workspace = await createScratchWorkspace({ 'one-db': { engine: 'postgres' }, 'two-db': { engine: 'postgres' } });
      const edges = async () =>
        (await readProjectGraph(workspace.folder)).projects.map(({ name, dependsOn }) => [name, dependsOn]);
      expect(await edges()).toEqual([
        ['one-db', []],
        ['two-db', []],
      ]);
      const manifest = join(workspace.folder, 'packages', 'one-db', 'package.json');
      const content = JSON.parse(await readFile(manifest, 'utf8')) as object;
      await writeFile(manifest, JSON.stringify({ ...content, dependencies: { '@scratch/two-db': '1.0.0' } }));
      expect(await edges()).toEqual([
        ['one-db', ['two-db']],
        ['two-db', []],
      ]);
    });
  });
});
