import { readlinkSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { throwAwayFolder } from './throw-away-folder.ts';

describe('the folder of throw-away servers', () => {
  let base: string;
  let workspaceRoot: string;
  let memoryFolder: string;

  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'finova-folder-'));
    [workspaceRoot, memoryFolder] = [join(base, 'workspace'), join(base, 'memory')];
    await mkdir(workspaceRoot);
    await mkdir(memoryFolder);
  });
  afterEach(() => rm(base, { recursive: true }));

  /** By the user and by the processes that it sees. */
  const inMemory = () => {
    const namespace = readlinkSync('/proc/self/ns/pid').replace(/^pid:\[(\d+)\]$/, '$1');
    return join(memoryFolder, `finova-tests-${process.getuid?.()}-${namespace}`);
  };
  const inWorkspace = () => join(workspaceRoot, '.finova', 'tests');
  const choose = (environment: NodeJS.ProcessEnv = {}, freeMemoryBytes = 64 * 2 ** 30) =>
    throwAwayFolder(workspaceRoot, { environment, memoryFolder, freeMemoryBytes });

  it('is in memory where there is plenty, and nobody else may write or list it', async () => {
    expect(await choose()).toBe(inMemory());
    expect((await stat(inMemory())).mode & 0o066).toBe(0);
    expect(await choose(), 'a second time').toBe(inMemory());
  });

  it('is in the workspace where files cannot be in memory', async () => {
    await rm(memoryFolder, { recursive: true });
    expect(await choose()).toBe(inWorkspace());
    expect((await stat(inWorkspace())).isDirectory()).toBe(true);
  });

  it('is in the workspace where memory is short', async () => {
    expect(await choose({}, 7 * 2 ** 30)).toBe(inWorkspace());
  });

  it('is in the workspace where somebody has put something else in its place', async () => {
    await symlink(workspaceRoot, inMemory());
    expect(await choose(), 'a link').toBe(inWorkspace());
    await rm(inMemory());
    await mkdir(inMemory());
    await chmod(inMemory(), 0o777);
    expect(await choose(), 'a folder in which everybody may write').toBe(inWorkspace());
  });

  it('is the one that FINOVA_TESTS_FOLDER names, from the root of the workspace', async () => {
    expect(await choose({ FINOVA_TESTS_FOLDER: 'here' })).toBe(join(workspaceRoot, 'here'));
    expect(await choose({ FINOVA_TESTS_FOLDER: join(base, 'there') })).toBe(join(base, 'there'));
    expect(await choose({ FINOVA_TESTS_FOLDER: ' ' })).toBe(inMemory());
  });
});
