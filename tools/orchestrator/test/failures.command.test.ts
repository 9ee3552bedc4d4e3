import type { ChildProcess } from 'node:child_process';
import { withMongoClient } from '@finova/db-kit/mongodb';
import { withPostgresClient } from '@finova/db-kit/postgres';
import {
  createPostgresTestDatabase,
  type PostgresTestDatabase,
  testMongoUrl,
  testPostgresUrl,
} from '@finova/db-kit/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runCommand } from './run-command.ts';
import {
  createScratchWorkspace,
  mongoMigration,
  postgresMigration,
  type ScratchDomain,
  type ScratchWorkspace,
} from './scratch-workspace.ts';

const CREATE_SCHEMA = postgresMigration('CREATE SCHEMA $schema', 'DROP SCHEMA $schema');

describe('finova-db, when something is wrong', () => {
  let database: PostgresTestDatabase;
  let workspace: ScratchWorkspace;

  beforeAll(async () => {
    database = await createPostgresTestDatabase(testPostgresUrl());
  });
  afterAll(() => database?.drop());

  const open = async (domains: Record<string, ScratchDomain>) => {
    workspace = await createScratchWorkspace(domains);
  };
  afterEach(async () => {
    await workspace.remove();
  });
  const run = (
    args: readonly string[],
    environment: Record<string, string | undefined> = {},
    onStart?: (child: ChildProcess) => void,
  ) =>
    runCommand(args, {
      folder: workspace.folder,
      environment: { FINOVA_POSTGRES_URL: database.url, ...environment },
      ...(onStart === undefined ? {} : { onStart }),
    });
  /** Every failure: exit code 1, one message that matches, no stack trace, no secret. */
  const expectFailure = async (
    args: readonly string[],
    message: RegExp,
    environment: Record<string, string | undefined> = {},
  ) => {
    const { exitCode, stderr, stdout } = await run(args, environment);
    expect(stderr).toMatch(message);
    expect(exitCode).toBe(1);
    expect(stderr).not.toMatch(/^\s+at /m);
    const password = new URL(database.url).password;
    for (const secret of [password, 'wrong-secret']) {
      expect(stdout + stderr).not.toContain(secret);
    }
    return stderr;
  };
  const withUrl = (change: (url: URL) => void) => {
    const url = new URL(database.url);
    change(url);
    return url.href;
  };

  describe('in its arguments or environment', () => {
    beforeEach(() =>
      open({ 'one-db': { engine: 'postgres', migrations: { '20260101T000000-create-schema.ts': CREATE_SCHEMA } } }),
    );

    it.each([
      ['an unknown command', ['upp'], /unknown command 'upp'[\s\S]*Did you mean up/],
      ['an unknown option', ['up', '--fast'], /unknown option '--fast'/],
      [
        'an unknown domain',
        ['up', 'two-db'],
        /There is no domain two-db: expected one of one-db; run finova-db status/,
      ],
      ['an unknown domain to revert', ['down', 'two-db'], /There is no domain two-db/],
      [
        'an unknown migration',
        ['up', '--to', 'one-db/20250101T000000-x'],
        /one-db has no migration 20250101T000000-x: expected a name such as 20260101T000000-create-schema/,
      ],
      ['a migration of no domain', ['up', '--to', '20250101T000000-x'], /does not say of which domain/],
      ['a number that is none', ['down', 'one-db', '--steps', 'two'], /Expected a whole number/],
      ['options that exclude each other', ['down', 'one-db', '--steps', '1', '--all'], /cannot be used with option/],
      [
        'nothing to repair',
        ['repair', 'one-db', '20260101T000000-create-schema', '--as', 'applied'],
        /needs no repair/,
      ],
    ])('names %s', async (_, args, message) => {
      await expectFailure(args, message);
    });

    it('names a URL that is none, without repeating it', async () => {
      const stderr = await expectFailure(['up'], /FINOVA_POSTGRES_URL is not valid/, {
        FINOVA_POSTGRES_URL: 'wrong-secret',
      });
      expect(stderr).toMatch(/expected .*postgresql:\/\//);
    });

    it('names a URL of another database', async () => {
      await expectFailure(['up'], /FINOVA_POSTGRES_URL is not valid/, {
        FINOVA_POSTGRES_URL: 'mysql://root:wrong-secret@localhost/x',
      });
    });

    it('names a server that is down', async () => {
      const url = withUrl((changed) => {
        changed.port = '1';
      });
      await expectFailure(['up'], new RegExp(`${new URL(url).hostname}:1\\b.*cannot be reached`), {
        FINOVA_POSTGRES_URL: url,
      });
    });

    it('names a login that is refused', async () => {
      const url = withUrl((changed) => {
        changed.password = 'wrong-secret';
      });
      await expectFailure(['up'], /refused the login of user \w+/, { FINOVA_POSTGRES_URL: url });
    });

    it('names a database that is missing', async () => {
      const url = withUrl((changed) => {
        changed.pathname = '/nowhere';
      });
      await expectFailure(['up'], /has no database nowhere/, { FINOVA_POSTGRES_URL: url });
    });

    it('names a server choice that is none', async () => {
      await expectFailure(['up'], /FINOVA_DATABASES.*expected url, containers or embedded, found cloud/, {
        FINOVA_DATABASES: 'cloud',
      });
    });

    it('names a key file that is missing, and how to make one', async () => {
      await expectFailure(['seed'], /has no seed/);
    });

    it('shows where it happened with --verbose', async () => {
      const { stderr } = await run(['up', 'two-db', '--verbose']);
      expect(stderr).toMatch(/^\s+at /m);
    });
  });

  describe('in a migration file', () => {
    it.each([
      [
        'misnamed',
        '2026-create.ts',
        CREATE_SCHEMA,
        /2026-create\.ts of one-db is misnamed: expected YYYYMMDDTHHMMSS-<kebab-name>\.ts/,
      ],
      ['of a date that does not exist', '20260231T000000-create.ts', CREATE_SCHEMA, /is misnamed/],
      [
        'that does not parse',
        '20260102T000000-broken.ts',
        'export const migration = {',
        /20260102T000000-broken.* of one-db cannot be read/,
      ],
      [
        'without a migration',
        '20260102T000000-empty.ts',
        'export const other = 1;',
        /does not export a postgres migration named 'migration'/,
      ],
      [
        'without down',
        '20260102T000000-no-down.ts',
        'export const migration = { async up() {} };',
        /exactly one of down and irreversible/,
      ],
    ])('refuses one %s', async (_, file, text, message) => {
      await open({ 'one-db': { engine: 'postgres', migrations: { [file]: text } } });
      await expectFailure(['up'], message);
    });

    it('rolls back one that throws half way, keeps those before it, and resumes', async () => {
      await open({
        'one-db': {
          engine: 'postgres',
          migrations: {
            '20260101T000000-create-schema.ts': CREATE_SCHEMA,
            '20260102T000000-tables.ts': postgresMigration(
              'CREATE TABLE $schema.one (id int);CREATE TABLE $schema.one (id int)',
              'SELECT 1',
            ),
            '20260103T000000-later.ts': postgresMigration(
              'CREATE TABLE $schema.later (id int)',
              'DROP TABLE $schema.later',
            ),
          },
        },
      });
      const stderr = await expectFailure(
        ['up'],
        /20260102T000000-tables of one-db failed on its way up: relation "one" already exists/,
      );
      expect(stderr).toMatch(/statement: CREATE TABLE .*all of it was rolled back/);
      const schema = workspace.namespace('one-db');
      expect(await tablesOf(schema)).toEqual([]);
      await workspace.writeMigration(
        'one-db',
        '20260102T000000-tables.ts',
        postgresMigration('CREATE TABLE $schema.one (id int)', 'DROP TABLE $schema.one'),
      );
      const { exitCode, stdout } = await run(['up', '--json']);
      expect(exitCode).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({
        domains: [{ applied: ['20260102T000000-tables', '20260103T000000-later'], total: 3 }],
      });
      expect(await tablesOf(schema)).toEqual(['later', 'one']);
    });

    it('keeps the finished steps of a MongoDB migration that throws, and resumes at the failed one', async () => {
      const failing = mongoMigration('first', 'second').replace(
        "name: 'create-second',\n      async up(db) {",
        "name: 'create-second',\n      async up(db) { throw new Error('not today');",
      );
      await open({ 'notes-db': { engine: 'mongodb', migrations: { '20260101T000000-create.ts': failing } } });
      await expectFailure(
        ['up'],
        /20260101T000000-create of notes-db failed on its way up in step create-second: not today; 1 of its steps/,
      );
      await workspace.writeMigration('notes-db', '20260101T000000-create.ts', mongoMigration('first', 'second'));
      expect((await run(['up'])).exitCode).toBe(0);
      await withMongoClient({ url: testMongoUrl(), applicationName: 'tests' }, async (client) => {
        const db = client.db(workspace.namespace('notes-db'));
        const names = (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name);
        expect(names).toEqual(expect.arrayContaining(['first', 'second']));
        await db.dropDatabase();
      });
    });

    it('stops the dependents of a domain that fails and not its neighbours', async () => {
      await open({
        'broken-db': {
          engine: 'postgres',
          migrations: { '20260101T000000-fail.ts': postgresMigration('SELECT 1/0', 'SELECT 1') },
        },
        'above-db': {
          engine: 'postgres',
          dependsOn: ['broken-db'],
          migrations: { '20260101T000000-create-schema.ts': CREATE_SCHEMA },
        },
        'beside-db': { engine: 'postgres', migrations: { '20260101T000000-create-schema.ts': CREATE_SCHEMA } },
      });
      const { exitCode, stdout, stderr } = await run(['up', '--json']);
      expect(exitCode).toBe(1);
      expect(JSON.parse(stdout)).toMatchObject({
        domains: [{ domain: 'beside-db', applied: ['20260101T000000-create-schema'] }],
        failed: [
          { domain: 'broken-db', error: 'MigrationFailedError', message: expect.stringContaining('division by zero') },
        ],
        skipped: [{ domain: 'above-db', because: 'broken-db' }],
      });
      expect(stderr).toContain('above-db was not migrated, because broken-db was not');
    });

    it('refuses an edited one before it changes anything', async () => {
      await open({
        'one-db': { engine: 'postgres', migrations: { '20260101T000000-create-schema.ts': CREATE_SCHEMA } },
      });
      expect((await run(['up'])).exitCode).toBe(0);
      await workspace.writeMigration(
        'one-db',
        '20260101T000000-create-schema.ts',
        postgresMigration('CREATE SCHEMA $schema;SELECT 1', 'DROP SCHEMA $schema'),
      );
      await expectFailure(
        ['up'],
        /20260101T000000-create-schema of one-db was edited after it was applied.*expected checksum \w+, found \w+/,
      );
    });
  });

  describe('when interrupted', () => {
    const slow = (seconds: number) => ({
      '20260101T000000-create-schema.ts': CREATE_SCHEMA,
      '20260102T000000-slow.ts': postgresMigration(
        `CREATE TABLE $schema.slow (id int);SELECT pg_sleep(${seconds})`,
        'DROP TABLE $schema.slow',
      ),
    });

    it.each(['SIGINT', 'SIGTERM'] as const)(
      'by %s, rolls back, says so, lets go of the lock, and resumes',
      async (signal) => {
        await open({ 'slow-db': { engine: 'postgres', migrations: slow(60) } });
        const startedAtMs = performance.now();
        const { exitCode, stderr } = await run(['up'], {}, (child) => {
          child.stderr?.on('data', (text: Buffer) => {
            if (text.toString().includes('20260102T000000-slow')) {
              setTimeout(() => child.kill(signal), 300);
            }
          });
        });
        expect(performance.now() - startedAtMs).toBeLessThan(30_000);
        expect(exitCode).toBe(1);
        expect(stderr).toMatch(
          /Interrupted while running 20260102T000000-slow in slow-db; nothing is half-journaled; run the same command again/,
        );
        expect(await tablesOf(workspace.namespace('slow-db'))).toEqual([]);
        for (const [file, text] of Object.entries(slow(0))) {
          await workspace.writeMigration('slow-db', file, text);
        }
        expect((await run(['up', '--lock-timeout', '0'])).exitCode).toBe(0);
        expect(await tablesOf(workspace.namespace('slow-db'))).toEqual(['slow']);
      },
    );
  });

  async function tablesOf(schema: string): Promise<string[]> {
    return withPostgresClient({ url: database.url, applicationName: 'tests' }, async (client) => {
      const { rows } = await client.query<{ tablename: string }>(
        'SELECT tablename FROM pg_tables WHERE schemaname = $1 ORDER BY 1',
        [schema],
      );
      return rows.map(({ tablename }) => tablename);
    });
  }
});
