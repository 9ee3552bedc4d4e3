import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { writeMigrations } from '../../test/scratch-domain.ts';
import { checksumMigrations } from './migration-checksums.ts';
import { listMigrationFiles } from './migration-files.ts';

const NAME = '20260301T090000-first';
const FILE = `${NAME}.ts`;

async function domainWith(sources: Readonly<Record<string, string>>) {
  const migrationsFolder = await writeMigrations(sources);
  const cacheFolder = await mkdtemp(join(tmpdir(), 'finova-checksums-'));
  onTestFinished(() => rm(cacheFolder, { recursive: true, force: true }));
  const domain = { name: 'ledger-db', engine: 'postgres', namespace: 'ledger', migrationsFolder } as const;
  return {
    cacheFolder,
    write: (path: string, text: string) => writeFile(join(migrationsFolder, path), text),
    kept: async () => (await checksumMigrations(domain, await listMigrationFiles(domain), cacheFolder)).get(NAME),
    computed: async () => (await checksumMigrations(domain, await listMigrationFiles(domain))).get(NAME),
  };
}

describe('kept checksums', () => {
  it('follow every change of the migration and of what it imports', async () => {
    const domain = await domainWith({
      [FILE]: `import { a } from './frozen/part.ts'; export const b = a;`,
      'frozen/part.ts': 'export const a = 1;',
    });
    const first = await domain.kept();
    expect(first).toEqual(await domain.computed());
    expect(await domain.kept()).toEqual(first);
    await domain.write('frozen/part.ts', 'export const a = 2;');
    const second = await domain.kept();
    expect(second?.checksum).not.toBe(first?.checksum);
    expect(second).toEqual(await domain.computed());
    await domain.write(FILE, `import { a } from './frozen/part.ts'; export const b = a + 1;`);
    expect((await domain.kept())?.checksum).not.toBe(second?.checksum);
  });

  it('are not kept where a new file could change what an import means', async () => {
    const domain = await domainWith({
      [FILE]: `import { a } from './frozen/part'; export const b = a;`,
      'frozen/part.ts': 'export const a = 1;',
    });
    const first = await domain.kept();
    await domain.write('frozen/part.js', 'export const a = 2;');
    await domain.write('frozen/part.tsx', 'export const a = 3;');
    expect(await domain.kept()).toEqual(await domain.computed());
    expect(first?.checksum).toMatch(/^[0-9a-f]{64}$/);
  });

  it('survive a cache that is damaged', async () => {
    const domain = await domainWith({ [FILE]: 'export const b = 1;' });
    const first = await domain.kept();
    const files = await readdir(domain.cacheFolder);
    expect(files).toHaveLength(1);
    for (const file of files) {
      await writeFile(join(domain.cacheFolder, file), '[[');
    }
    expect(await domain.kept()).toEqual(first);
  });
});
