import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { checkPackage, createPackageFromTarballData, type Problem } from '@arethetypeswrong/core';
import { type MigrationDomain, withMigrationReader } from '@finova/db-kit/migrations';
import { withMongoClient } from '@finova/db-kit/mongodb';
import {
  createPostgresTestDatabase,
  type PostgresTestDatabase,
  TEST_IDENTITY,
  testMongoUrl,
  testPostgresUrl,
} from '@finova/db-kit/testing';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WorkspaceDomain } from '../src/workspace/workspace-domain.ts';
import { readWorkspaceDomains } from '../src/workspace/workspace-domains.ts';
import { type ConsumerProject, installPackages, type PackedPackage, packPackages } from './packed-packages.ts';
import { runCommand } from './run-command.ts';

const WORKSPACE = join(import.meta.dirname, '..', '..', '..');
const PACKAGES = ['packages', 'tools']
  .flatMap((folder) => readdirSync(join(WORKSPACE, folder)).map((name) => join(WORKSPACE, folder, name)))
  .filter((folder) => existsSync(join(folder, 'package.json')))
  .map((folder) => `@finova/${basename(folder)}`);

/** Nx loads its plugin by this name; nobody imports it. */
const WITHOUT_TYPES = ['./nx-plugin'];

/** Says what others implement, and does nothing itself. */
const HAS_TYPES_ALONE: readonly string[] = ['@finova/db-kit/relaying'];

/** Their tools are for whoever develops a domain, who has them. */
const NEEDS_DEVELOPMENT_TOOLS = [
  '@finova/db-kit/testing',
  '@finova/db-kit/type-check',
  '@finova/orchestrator/nx-plugin',
];

describe('the packages as npm would publish them', () => {
  let folder: string;
  let packages: readonly PackedPackage[];
  let consumer: ConsumerProject;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'finova-tarballs-'));
    packages = await packPackages(folder);
    consumer = await installPackages(packages);
  }, 240_000);
  afterAll(async () => {
    await consumer?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const packageNamed = (name: string): PackedPackage => {
    const found = packages.find((candidate) => candidate.name === name);
    if (found === undefined) {
      throw new Error(`${name} was not packed`);
    }
    return found;
  };

  it('are all packages of the workspace', () => {
    expect(packages.map(({ name }) => name).sort()).toEqual([...PACKAGES].sort());
  });

  it.each(PACKAGES)('%s has nothing that publint would change', async (name) => {
    const tarball = await readFile(packageNamed(name).tarball);
    const { messages, pkg } = await publint({ pack: { tarball: new Uint8Array(tarball).buffer }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  it.each(PACKAGES)('%s has the types of what it exports, for ES modules and bundlers', async (name) => {
    const tarball = await readFile(packageNamed(name).tarball);
    const analysis = await checkPackage(createPackageFromTarballData(new Uint8Array(tarball)), {
      excludeEntrypoints: WITHOUT_TYPES,
    });
    // There is no CommonJS in this house.
    const problems = analysis.types === false ? ['no types'] : analysis.problems.filter(isOfModules);
    expect(problems).toEqual([]);
  });

  it.each(PACKAGES)('%s contains what runs and what maps lead to, and no tests', (name) => {
    const { files } = packageNamed(name);
    expect(files).toEqual(expect.arrayContaining(['README.md', 'dist/index.js', 'dist/index.js.map', 'src/index.ts']));
    // Generators have the tests of what they generate.
    const own = files.filter((file) => !file.startsWith('generators/files/'));
    expect(own.filter((file) => /\.test\.|^test\/|\.tsbuildinfo$/.test(file))).toEqual([]);
  });

  it('give a TypeScript project the types of every public entry', async () => {
    const entries = packages.flatMap((packed) => packed.entries).filter((entry) => !entry.endsWith('/nx-plugin'));
    const imports = entries.map((entry, index) => `import * as entry${index} from '${entry}';\n`);
    const used = entries.map((_, index) => `entry${index}`).join(', ');
    await writeFile(join(consumer.folder, 'entries.ts'), `${imports.join('')}export const entries = [${used}];\n`);
    await writeFile(join(consumer.folder, 'tsconfig.json'), JSON.stringify(CONSUMER_CONFIG));
    const compiler = join(WORKSPACE, 'node_modules', 'typescript', 'bin', 'tsc');
    expect(await consumer.run(process.execPath, [compiler, '-p', '.'])).toBe('');
  });

  it('can be imported by Node.js as it is', async () => {
    const entries = packages
      .flatMap((packed) => packed.entries)
      .filter((entry) => !NEEDS_DEVELOPMENT_TOOLS.includes(entry));
    const script = `const loaded = await Promise.all(${JSON.stringify(entries)}.map((entry) => import(entry)));
      process.stdout.write(JSON.stringify(loaded.map((entry) => Object.keys(entry).length > 0)));`;
    const printed = await consumer.run(process.execPath, ['--input-type=module', '--eval', script]);
    expect(JSON.parse(printed)).toEqual(entries.map((entry) => !HAS_TYPES_ALONE.includes(entry)));
  });

  describe('migrate', () => {
    let domains: readonly WorkspaceDomain[];
    let databases: readonly PostgresTestDatabase[];
    const [fromTarballs = '', fromCheckout = ''] = ['tarballs', 'checkout'].map((from) => `_${from}_${Date.now()}`);

    beforeAll(async () => {
      domains = await readWorkspaceDomains(WORKSPACE, {});
      databases = await Promise.all([1, 2, 3].map(() => createPostgresTestDatabase(testPostgresUrl())));
    });
    afterAll(async () => {
      await withMongoClient({ url: testMongoUrl(), applicationName: 'tests' }, async (client) => {
        for (const { namespace } of (domains ?? []).filter(({ engine }) => engine === 'mongodb')) {
          await client.db(`${namespace}${fromTarballs}`).dropDatabase();
          await client.db(`${namespace}${fromCheckout}`).dropDatabase();
        }
      });
      await Promise.all((databases ?? []).map((database) => database.drop()));
    });

    const environmentOf = (database: number, suffix: string) => ({
      FINOVA_POSTGRES_URL: databases[database]?.url ?? '',
      FINOVA_MONGODB_URL: testMongoUrl(),
      FINOVA_MONGODB_DATABASE_SUFFIX: suffix,
      FINOVA_ACTOR: 'tarball tests',
    });

    it('a database with a script of the project', async () => {
      const printed = await consumer.run(process.execPath, ['out/migrate-accounts.js', databases[0]?.url ?? '']);
      const migrations = packageNamed('@finova/accounts-db').files.filter((file) =>
        /^dist\/migrations\/\d.*\.js$/.test(file),
      );
      expect(JSON.parse(printed)).toEqual(
        migrations.map((file) => file.slice('dist/migrations/'.length, -'.js'.length)).sort(),
      );
    });

    it('all databases with the command, in the order that the workspace has', async () => {
      const up = readUp(await consumer.run('npx', ['finova-db', 'up', '--json'], environmentOf(1, fromTarballs)));
      expect(up.map(({ domain }) => domain)).toEqual(domains.map(({ name }) => name));
      expect(up.filter(({ applied }) => applied.length === 0)).toEqual([]);
    });

    it('with the journal that the checkout writes', async () => {
      const ran = await runCommand(['up'], { folder: WORKSPACE, environment: environmentOf(2, fromCheckout) });
      expect(ran.exitCode).toBe(0);
      for (const domain of domains) {
        const installed = await readJournal(domain, databases[1]?.url ?? '', fromTarballs);
        expect(installed).not.toEqual([]);
        expect(installed).toEqual(await readJournal(domain, databases[2]?.url ?? '', fromCheckout));
      }
    });

    it('what the checkout then goes on with, and the other way round', async () => {
      const environment = environmentOf(1, fromTarballs);
      const checkout = await runCommand(['up', '--json'], { folder: WORKSPACE, environment });
      const installed = await consumer.run('npx', ['finova-db', 'up', '--json'], environmentOf(2, fromCheckout));
      for (const printed of [checkout.stdout, installed]) {
        expect(readUp(printed).map(({ applied }) => applied)).toEqual(domains.map(() => []));
      }
    });

    it.each([
      ['new migrations', ['new', 'accounts-db', 'add-nickname']],
      ['dumps', ['dump', 'accounts-db']],
    ])('but take no %s: those belong where the sources are', async (_, args) => {
      const refused = consumer.run('npx', ['finova-db', ...args], environmentOf(2, fromCheckout));
      await expect(refused).rejects.toThrow('accounts-db is an installed package: expected its sources');
    });
  });
});

const CONSUMER_CONFIG = {
  compilerOptions: {
    strict: true,
    target: 'es2023',
    module: 'nodenext',
    types: ['node'],
    // Declarations of third parties are theirs to check.
    skipLibCheck: true,
    outDir: 'out',
  },
  include: ['*.ts'],
};

function isOfModules(problem: Problem): boolean {
  return !('resolutionKind' in problem) || !['node10', 'node16-cjs'].includes(problem.resolutionKind);
}

/** What `finova-db up --json` did. */
function readUp(printed: string) {
  return (JSON.parse(printed) as { domains: readonly { domain: string; applied: readonly string[] }[] }).domains;
}

/** What a database records of a domain's migrations, without when and by whom. */
async function readJournal(domain: MigrationDomain, postgresUrl: string, suffix: string) {
  const isPostgres = domain.engine === 'postgres';
  const own = isPostgres ? domain : { ...domain, namespace: `${domain.namespace}${suffix}` };
  const url = isPostgres ? postgresUrl : testMongoUrl();
  const options = { domain: own, url, identity: TEST_IDENTITY, lockTimeoutMs: 10_000 };
  const rows = await withMigrationReader(options, (reader) => reader.readJournal());
  return rows.map(({ name, state, checksum, files, completedSteps }) => ({
    name,
    state,
    checksum,
    files,
    completedSteps,
  }));
}
