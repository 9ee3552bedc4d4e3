import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalKeyFile } from '@finova/db-kit/encryption';
import { withMongoClient } from '@finova/db-kit/mongodb';
import { withPostgresClient } from '@finova/db-kit/postgres';
import {
  createPostgresTestDatabase,
  type PostgresTestDatabase,
  testMongoUrl,
  testPostgresUrl,
} from '@finova/db-kit/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from './run-command.ts';

const WORKSPACE = join(import.meta.dirname, '..', '..', '..');
const DOMAINS = ['accounts-db', 'preferences-db', 'transactions-db', 'notifications-db'];

/** The way of the README, on databases of its own. */
describe('finova-db over the real domains', () => {
  let database: PostgresTestDatabase;
  let keys: string;
  const suffix = `_test_${process.pid}_${Date.now()}`;

  beforeAll(async () => {
    database = await createPostgresTestDatabase(testPostgresUrl());
    keys = join(await mkdtemp(join(tmpdir(), 'finova-keys-')), 'keys.json');
  });
  afterAll(async () => {
    await withMongoClient({ url: testMongoUrl(), applicationName: 'tests' }, async (client) => {
      for (const name of ['finova_preferences', 'finova_notifications']) {
        await client.db(`${name}${suffix}`).dropDatabase();
      }
    });
    await database.drop();
    await rm(join(keys, '..'), { recursive: true });
  });

  const run = (...args: string[]) =>
    runCommand(args, {
      folder: WORKSPACE,
      environment: { FINOVA_POSTGRES_URL: database.url, FINOVA_MONGODB_DATABASE_SUFFIX: suffix, FINOVA_KEY_FILE: keys },
    });

  it('applies every migration of all four domains in their order', async () => {
    const { exitCode, stdout } = await run('up', '--json');
    expect(exitCode).toBe(0);
    const { domains } = JSON.parse(stdout) as { domains: { domain: string; applied: string[]; total: number }[] };
    expect(domains.map(({ domain }) => domain)).toEqual(DOMAINS);
    for (const { domain, applied, total } of domains) {
      const files = (await readdir(join(WORKSPACE, 'packages', domain, 'migrations'))).filter((name) =>
        /^\d.*\.ts$/.test(name),
      );
      expect(applied).toEqual(files.map((name) => name.replace('.ts', '')).sort());
      expect(total).toBe(files.length);
    }
  });

  it('does not seed without encryption keys, and says how to make them', async () => {
    const { exitCode, stderr } = await run('seed');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/There is no encryption key file at .*keys\.json; make one with finova-db keys create/);
  });

  it('makes a key file that only its owner can read, and never overwrites it', async () => {
    const first = await run('keys', 'create', '--json');
    const second = await run('keys', 'create', '--json');
    expect([first.stdout, second.stdout].map((text) => JSON.parse(text))).toEqual([
      { path: keys, created: true },
      { path: keys, created: false },
    ]);
    expect((await stat(keys)).mode & 0o777).toBe(0o600);
    expect(await createLocalKeyFile(keys)).toBe(false);
  });

  it('seeds all domains and shows a few rows of each', async () => {
    const { exitCode, stdout, stderr } = await run('up', '--seed', '--sample');
    expect(stderr).not.toContain('error');
    expect(exitCode).toBe(0);
    for (const domain of DOMAINS) {
      expect(stdout).toMatch(new RegExp(`^${domain}: \\w+$`, 'm'));
    }
  });

  it('adds nothing the second time', async () => {
    const { exitCode, stdout } = await run('seed', '--json');
    expect(exitCode).toBe(0);
    const { domains } = JSON.parse(stdout) as { domains: { counts: { added: number; total: number }[] }[] };
    const counts = domains.flatMap((domain) => domain.counts);
    expect(counts.map(({ added }) => added)).toEqual(counts.map(() => 0));
    expect(counts.every(({ total }) => total > 0)).toBe(true);
  });

  it('refuses to take the ledger away from under notifications-db', async () => {
    const { exitCode, stderr } = await run('down', 'transactions-db');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /transactions-db cannot be reverted .*notifications-db .*finova-db down transactions-db --cascade/,
    );
  });

  it('finds everything in order', async () => {
    const { exitCode, stdout } = await run('doctor', '--json');
    const { findings } = JSON.parse(stdout) as { findings: { check: string; state: string }[] };
    expect(findings.filter(({ state }) => state !== 'good')).toEqual([]);
    expect(findings.map(({ check }) => check)).toEqual(expect.arrayContaining(DOMAINS));
    expect(exitCode).toBe(0);
  });

  it('says what each MongoDB server can do when it is asked to try', async () => {
    const { exitCode, stdout } = await run('doctor', '--probe', '--json');
    const { findings } = JSON.parse(stdout) as { findings: { check: string; state: string; detail: string }[] };
    const [features, ...more] = findings.filter(({ check }) => check === 'MongoDB features');
    expect(features).toMatchObject({ state: 'good', detail: expect.stringMatching(/ (?:lacks|can do all) /) });
    // Both domains are on one server.
    expect(more).toEqual([]);
    expect(exitCode).toBe(0);
  });

  it('goes down to nothing, over both engines, and leaves none of its tables or collections', async () => {
    const { exitCode } = await run('down', 'accounts-db', '--all', '--cascade');
    expect(exitCode).toBe(0);
    await withPostgresClient({ url: database.url, applicationName: 'tests' }, async (client) => {
      const { rows } = await client.query(
        `SELECT nspname FROM pg_namespace WHERE nspname IN ('accounts', 'transactions')`,
      );
      expect(rows).toEqual([]);
    });
    await withMongoClient({ url: testMongoUrl(), applicationName: 'tests' }, async (client) => {
      const collections = await client
        .db(`finova_notifications${suffix}`)
        .listCollections({}, { nameOnly: true })
        .toArray();
      expect(collections.filter(({ name }) => !name.startsWith('migration_'))).toEqual([]);
    });
  });
});
