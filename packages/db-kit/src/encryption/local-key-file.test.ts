import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { KeyFileInvalidError, KeyFileMissingError, KeyFileUnsafeError } from './encryption-errors.ts';
import { createLocalKeyFile, openLocalKeyFile } from './local-key-file.ts';

const root = join(tmpdir(), `finova-keys-${randomBytes(8).toString('hex')}`);
let folder: string;
let path: string;

beforeEach(() => {
  folder = join(root, randomBytes(4).toString('hex'));
  path = join(folder, 'keys.json');
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe('making a key file', () => {
  it('makes it readable by its owner alone, and its folder too', async () => {
    expect(await createLocalKeyFile(path)).toBe(true);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    await openLocalKeyFile(path);
  });

  it('never overwrites one, whatever it holds', async () => {
    await mkdir(folder, { recursive: true });
    await writeFile(path, 'precious');
    expect(await createLocalKeyFile(path)).toBe(false);
    expect(await readFile(path, 'utf8')).toBe('precious');
    expect(await readdir(folder)).toEqual(['keys.json']);
  });

  it('by twenty at once makes one, and each of them can open it at once', async () => {
    const indexKeys = await Promise.all(
      Array.from({ length: 20 }, async () => {
        await createLocalKeyFile(path);
        return (await (await openLocalKeyFile(path)).blindIndexKey()).toString('hex');
      }),
    );
    expect(new Set(indexKeys).size).toBe(1);
    expect(await readdir(folder)).toEqual(['keys.json']);
  });

  it('makes other keys each time', async () => {
    await createLocalKeyFile(path);
    await createLocalKeyFile(join(folder, 'other.json'));
    expect(await readFile(path, 'utf8')).not.toBe(await readFile(join(folder, 'other.json'), 'utf8'));
  });
});

describe('opening a key file', () => {
  const SECRET = Buffer.alloc(32, 'S').toString('base64');
  const valid = { version: 1, activeKey: 'one', keys: { one: SECRET }, blindIndexKey: SECRET };
  const write = async (content: unknown, mode = 0o600) => {
    await mkdir(folder, { recursive: true });
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
    await chmod(path, mode);
  };

  it('that is not there says how to make one', async () => {
    const thrown = await openLocalKeyFile(path).catch((caught) => caught);
    expect(thrown).toBeInstanceOf(KeyFileMissingError);
    expect(thrown.message).toContain(path);
    expect(thrown.next).toContain(`finova-db keys create --file ${path}`);
  });

  it.each([0o644, 0o640, 0o604, 0o660, 0o601])('that others may use (mode %o) is refused', async (mode) => {
    await write(valid, mode);
    const thrown = await openLocalKeyFile(path).catch((caught) => caught);
    expect(thrown).toBeInstanceOf(KeyFileUnsafeError);
    expect(thrown.message).toContain(`expected mode 0600, found 0${mode.toString(8)}`);
    expect(thrown.next).toContain(`chmod 600 ${path}`);
  });

  it('that only its owner may read is fine', async () => {
    await write(valid, 0o400);
    expect(await (await openLocalKeyFile(path)).blindIndexKey()).toEqual(Buffer.alloc(32, 'S'));
  });

  it.each<[string, unknown, string]>([
    ['is not JSON', `{ "blindIndexKey": "${SECRET}"`, 'not JSON'],
    ['is empty', '', 'not JSON'],
    ['is of another version', { ...valid, version: 2 }, 'version'],
    ['has a short key', { ...valid, keys: { one: Buffer.alloc(16, 'S').toString('base64') } }, 'keys.one'],
    ['has a key that is not base64', { ...valid, blindIndexKey: '§§§' }, 'blindIndexKey'],
    ['names an active key that it lacks', { ...valid, activeKey: 'two' }, 'the whole'],
    ['names an active key that every object has', { ...valid, activeKey: 'constructor' }, 'the whole'],
    ['has a member too many', { ...valid, [SECRET]: SECRET }, 'the whole'],
    ['lacks a member', { version: 1, activeKey: 'one', keys: { one: SECRET } }, 'blindIndexKey'],
  ])('that %s is refused without showing what it holds', async (_, content, problem) => {
    await write(content);
    const thrown = await openLocalKeyFile(path).catch((caught) => caught);
    expect(thrown).toBeInstanceOf(KeyFileInvalidError);
    expect(thrown.message).toContain(problem);
    expect(inspect(thrown, { depth: 9 })).not.toContain(SECRET.slice(0, 12));
  });

  it('that is a folder is refused', async () => {
    await mkdir(path, { recursive: true, mode: 0o700 });
    await expect(openLocalKeyFile(path)).rejects.toThrow(/cannot be read \(EISDIR\)/);
  });
});
