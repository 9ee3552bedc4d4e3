import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dump } from '../src/commands/dump.ts';
import { runCommand } from './run-command.ts';
import { createScratchRun } from './scratch-context.ts';
import { mongoMigration, postgresMigration } from './scratch-workspace.ts';

const ONE = '20260101T000000-one';
const TWO = '20260102T000000-two';

const openRun = () =>
  createScratchRun({
    'cards-db': {
      engine: 'postgres',
      migrations: {
        [`${ONE}.ts`]: postgresMigration(
          'CREATE SCHEMA $schema; CREATE TABLE $schema.cards (id integer PRIMARY KEY)',
          'DROP TABLE $schema.cards; DROP SCHEMA $schema',
        ),
      },
    },
    'limits-db': {
      engine: 'postgres',
      dependsOn: ['cards-db'],
      migrations: { [`${ONE}.ts`]: postgresMigration('CREATE SCHEMA $schema', 'DROP SCHEMA $schema') },
    },
    'mails-db': { engine: 'mongodb', migrations: { [`${ONE}.ts`]: mongoMigration('mails') } },
  });

describe('finova-db dump', () => {
  it('writes what the migrations make, and tells when it is missing or stale', async () => {
    const run = await openRun();
    const { servers } = await run.context();
    const finovaDb = (...args: readonly string[]) =>
      runCommand(args, {
        folder: run.workspace.folder,
        environment: { FINOVA_POSTGRES_URL: servers.get('cards-db')?.url },
      });
    const schemaFile = join(run.workspace.folder, 'packages', 'cards-db', 'schema.sql');
    const collectionsFile = join(run.workspace.folder, 'packages', 'mails-db', 'collections.json');
    const schema = run.workspace.namespace('cards-db');

    const missing = await finovaDb('dump', '--check');
    expect(missing.stdout).toContain('packages/cards-db/schema.sql: missing');
    expect(missing.stdout).toContain('packages/mails-db/collections.json: missing');
    expect(missing.exitCode).toBe(2);

    const written = await finovaDb('dump');
    expect(written.stdout).toContain('packages/cards-db/schema.sql: written');
    expect(written.exitCode).toBe(0);
    const text = await readFile(schemaFile, 'utf8');
    expect(text).toMatch(/^-- Generated from the migrations of cards-db: do not edit, run npm run db -- dump\n/);
    expect(text).toContain(`CREATE TABLE ${schema}.cards (`);
    expect(JSON.parse(await readFile(collectionsFile, 'utf8'))).toEqual({
      collections: [{ name: 'mails', options: {}, indexes: [] }],
      views: [],
    });
    expect((await finovaDb('dump', '--check')).exitCode).toBe(0);

    await run.workspace.writeMigration(
      'cards-db',
      `${TWO}.ts`,
      postgresMigration(
        `ALTER TABLE ${schema}.cards ADD COLUMN note text`,
        `ALTER TABLE ${schema}.cards DROP COLUMN note`,
      ),
    );
    const stale = await finovaDb('dump', 'cards-db', '--check');
    expect(stale.exitCode).toBe(2);
    expect(stale.stdout).toContain('packages/cards-db/schema.sql: stale');
    expect(stale.stdout).toContain('  +  note text,\n');
    expect(await readFile(schemaFile, 'utf8')).toBe(text);
    const json = JSON.parse((await finovaDb('dump', '--check', '--json')).stdout);
    expect(json).toMatchObject({
      dumps: [{ domain: 'cards-db', state: 'stale' }, { domain: 'limits-db', state: 'current' }, { state: 'current' }],
    });
  });

  it('writes the named domains alone, with what they stand on built first, and leaves the real databases alone', async () => {
    const run = await openRun();
    expect(await dump(await run.context(), ['limits-db'])).toMatchObject([{ domain: 'limits-db', state: 'written' }]);
    const { rows } = await run.withClient((client) =>
      client.query('SELECT nspname FROM pg_namespace WHERE nspname = ANY($1)', [
        ['cards-db', 'limits-db'].map((name) => run.workspace.namespace(name)),
      ]),
    );
    expect(rows).toEqual([]);
  });

  it('writes nothing when a migration fails', async () => {
    const run = await openRun();
    await run.workspace.writeMigration('cards-db', `${TWO}.ts`, postgresMigration('SELECT 1/0', 'SELECT 1'));
    await expect(dump(await run.context())).rejects.toThrow(TWO);
    await expect(readFile(join(run.workspace.folder, 'packages', 'cards-db', 'schema.sql'))).rejects.toThrow('ENOENT');
  });

  it('finds a file that was edited by hand, and mends it', async () => {
    const run = await openRun();
    const file = join(run.workspace.folder, 'packages', 'mails-db', 'collections.json');
    await dump(await run.context(), ['mails-db']);
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('mails', 'letters'));
    expect(await dump(await run.context(), ['mails-db'], { check: true })).toMatchObject([
      { state: 'stale', diff: expect.stringMatching(/^-.*letters.*\n\+.*mails/m) },
    ]);
    await dump(await run.context(), ['mails-db']);
    expect(await readFile(file, 'utf8')).toBe(text);
    await rm(file);
    expect(await dump(await run.context(), ['mails-db'], { check: true })).toMatchObject([{ state: 'missing' }]);
  });
});
