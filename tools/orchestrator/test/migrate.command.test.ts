import { withMongoClient } from '@finova/db-kit/mongodb';
import {
  createPostgresTestDatabase,
  type PostgresTestDatabase,
  testMongoUrl,
  testPostgresUrl,
} from '@finova/db-kit/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from './run-command.ts';
import {
  createScratchWorkspace,
  mongoMigration,
  postgresMigration,
  type ScratchWorkspace,
} from './scratch-workspace.ts';

/** Four domains in a diamond, as in the real workspace: one below, two beside each other, one above. */
describe('finova-db over four domains', () => {
  let workspace: ScratchWorkspace;
  let database: PostgresTestDatabase;

  beforeAll(async () => {
    database = await createPostgresTestDatabase(testPostgresUrl());
    workspace = await createScratchWorkspace({
      'bottom-db': {
        engine: 'postgres',
        migrations: {
          '20260101T000000-create-schema.ts': postgresMigration('CREATE SCHEMA $schema', 'DROP SCHEMA $schema'),
          '20260102T000000-create-things.ts': postgresMigration(
            'CREATE TABLE $schema.things (id int)',
            'DROP TABLE $schema.things',
          ),
        },
      },
      'left-db': {
        engine: 'postgres',
        dependsOn: ['bottom-db'],
        migrations: {
          '20260103T000000-create-schema.ts': postgresMigration('CREATE SCHEMA $schema', 'DROP SCHEMA $schema'),
        },
      },
      'right-db': {
        engine: 'mongodb',
        dependsOn: ['bottom-db'],
        migrations: { '20260103T000000-create-notes.ts': mongoMigration('notes') },
      },
      'top-db': {
        engine: 'mongodb',
        dependsOn: ['left-db', 'right-db'],
        migrations: { '20260104T000000-create-views.ts': mongoMigration('views', 'clicks') },
      },
    });
  });
  afterAll(async () => {
    await withMongoClient({ url: testMongoUrl(), applicationName: 'tests' }, async (client) => {
      await client.db(workspace.namespace('right-db')).dropDatabase();
      await client.db(workspace.namespace('top-db')).dropDatabase();
    });
    await workspace.remove();
    await database.drop();
  });

  const run = (...args: string[]) =>
    runCommand(args, { folder: workspace.folder, environment: { FINOVA_POSTGRES_URL: database.url } });
  const json = async (...args: string[]) => {
    const { stdout, exitCode } = await run(...args, '--json');
    return {
      exitCode,
      ...(JSON.parse(stdout) as { domains: Record<string, unknown>[]; failed?: unknown[]; skipped?: unknown[] }),
    };
  };
  const appliedPerDomain = async () =>
    Object.fromEntries(
      (await json('status')).domains.map(({ domain, applied }) => [domain, (applied as string[]).length]),
    );

  it('shows everything pending before the first run, and says so by exit code 2', async () => {
    const { exitCode, domains } = await json('status');
    expect(exitCode).toBe(2);
    expect(domains.map(({ domain, applied, pending }) => [domain, applied, (pending as string[]).length])).toEqual([
      ['bottom-db', [], 2],
      ['left-db', [], 1],
      ['right-db', [], 1],
      ['top-db', [], 1],
    ]);
  });

  it('applies all, dependencies first, and prints one JSON document and nothing else', async () => {
    const { exitCode, domains } = await json('up');
    expect(exitCode).toBe(0);
    expect(domains).toEqual([
      {
        domain: 'bottom-db',
        engine: 'postgres',
        server: expect.stringMatching(/^PostgreSQL \d+/),
        applied: ['20260101T000000-create-schema', '20260102T000000-create-things'],
        repeatables: [],
        total: 2,
        durationMs: expect.any(Number),
      },
      expect.objectContaining({ domain: 'left-db', applied: ['20260103T000000-create-schema'], total: 1 }),
      expect.objectContaining({ domain: 'right-db', engine: 'mongodb', applied: ['20260103T000000-create-notes'] }),
      expect.objectContaining({ domain: 'top-db', applied: ['20260104T000000-create-views'], total: 1 }),
    ]);
  });

  it('applies nothing the second time and says so, in a table', async () => {
    const { exitCode, stdout } = await run('up');
    expect(exitCode).toBe(0);
    for (const head of ['Domain', 'Engine', 'Server', 'Applied now', 'Applied in all', 'Duration', 'top-db']) {
      expect(stdout).toContain(head);
    }
    expect(stdout).toContain('Nothing to apply: every domain is up to date');
    expect((await json('up')).domains.flatMap(({ applied }) => applied)).toEqual([]);
    expect((await json('status')).exitCode).toBe(0);
  });

  it('refuses to revert what another domain stands on, and says how to go on', async () => {
    const { exitCode, stderr } = await run('down', 'left-db');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/left-db cannot be reverted .* top-db \(1 applied\).*finova-db down left-db --cascade/);
    expect(await appliedPerDomain()).toEqual({ 'bottom-db': 2, 'left-db': 1, 'right-db': 1, 'top-db': 1 });
  });

  it('reverts the newest migration of a domain that nothing stands on, and applies it again', async () => {
    const { exitCode, domains } = await json('down', 'top-db');
    expect([exitCode, domains]).toMatchObject([
      0,
      [{ domain: 'top-db', reverted: ['20260104T000000-create-views'], total: 0 }],
    ]);
    expect((await json('up', 'top-db')).domains.at(-1)).toMatchObject({ domain: 'top-db', total: 1 });
  });

  it('reverts the dependents first with --cascade, as far as --to says', async () => {
    const { domains } = await json('down', 'bottom-db', '--to', '20260101T000000-create-schema', '--cascade');
    expect(domains.map(({ domain, reverted }) => [domain, (reverted as string[]).length])).toEqual([
      ['top-db', 1],
      ['right-db', 1],
      ['left-db', 1],
      ['bottom-db', 1],
    ]);
    expect(await appliedPerDomain()).toEqual({ 'bottom-db': 1, 'left-db': 0, 'right-db': 0, 'top-db': 0 });
  });

  it('applies up to one migration with --to, and all the domain needs', async () => {
    await json('down', 'bottom-db', '--all');
    expect((await json('up', '--to', 'bottom-db/20260101T000000-create-schema')).domains).toMatchObject([
      { domain: 'bottom-db', total: 1 },
    ]);
    expect((await json('up', 'left-db')).domains.map(({ domain }) => domain)).toEqual(['bottom-db', 'left-db']);
  });

  it('refuses a domain alone while what it depends on is pending', async () => {
    await json('down', 'bottom-db', '--all', '--cascade');
    const { exitCode, stderr } = await run('up', 'left-db', '--no-dependencies');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/left-db was not migrated: it depends on bottom-db, of which 2 migrations are pending/);
  });

  it('lets several runs at once apply everything exactly once', async () => {
    const runs = await Promise.all(Array.from({ length: 4 }, () => json('up')));
    const applied = runs.flatMap(({ domains }) => domains.flatMap((domain) => domain['applied'] as string[]));
    expect(applied.toSorted()).toEqual([
      '20260101T000000-create-schema',
      '20260102T000000-create-things',
      '20260103T000000-create-notes',
      '20260103T000000-create-schema',
      '20260104T000000-create-views',
    ]);
  });
});
