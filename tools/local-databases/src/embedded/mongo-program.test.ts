import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { InstallationError } from '../errors.ts';
import { mongodOnPath } from './mongo-program.ts';
import { ensureSecantusInstalled } from './secantus-installation.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'finova-program-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A program that says its version and nothing more: enough to be chosen, not to be run. */
async function programSaying(name: string, output: string): Promise<string> {
  const own = await mkdtemp(join(folder, 'bin-'));
  await writeFile(join(own, name), `#!/bin/sh\necho '${output}'\n`, { mode: 0o755 });
  return own;
}

describe('mongodOnPath', () => {
  test('takes the first mongod of version 7 or newer', async () => {
    const old = await programSaying('mongod', 'db version v6.0.14');
    const supported = await programSaying('mongod', 'db version v8.0.4');

    expect(await mongodOnPath([folder, old, supported].join(delimiter))).toBe(join(supported, 'mongod'));
  });

  test('finds none where none is, and takes no other program of that name', async () => {
    const other = await programSaying('mongod', 'hello');

    expect(await mongodOnPath('')).toBeUndefined();
    expect(await mongodOnPath([folder, other].join(delimiter))).toBeUndefined();
  });
});

describe('ensureSecantusInstalled', () => {
  test('says which Pythons it needs where there is none', async () => {
    const path = await programSaying('python3', 'Python 3.9.2');
    vi.stubEnv('PATH', path);
    onTestFinished(() => void vi.unstubAllEnvs());

    const attempt = ensureSecantusInstalled(folder);

    await expect(attempt).rejects.toThrow(InstallationError);
    await expect(attempt).rejects.toThrow('expected Python 3.11, 3.12 or 3.13 on the PATH, found none');
    await expect(attempt).rejects.toThrow(/set FINOVA_MONGODB_URL$/);
  });

  test('says what failed when the virtual environment cannot be made', async () => {
    const path = await programSaying('python3.12', 'Python 3.12.4');
    vi.stubEnv('PATH', `${path}${delimiter}/bin`);
    onTestFinished(() => void vi.unstubAllEnvs());

    await expect(ensureSecantusInstalled(folder)).rejects.toThrow(/^SecantusDB could not be installed: /);
  });
});
