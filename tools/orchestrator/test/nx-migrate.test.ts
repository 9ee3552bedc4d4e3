import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { withMongoClient } from '@finova/db-kit/mongodb';
import { withPostgresClient } from '@finova/db-kit/postgres';
import { createPostgresTestDatabase, testMongoUrl, testPostgresUrl } from '@finova/db-kit/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runCommand } from './run-command.ts';
import { copyWorkspace } from './workspace-copy.ts';

const WORKSPACE = join(import.meta.dirname, '..', '..', '..');
const MONGO_DATABASES = ['finova_preferences', 'finova_notifications'];

/** Databases for all four domains, gone when the test ends. */
async function emptyDatabases() {
  const postgres = await createPostgresTestDatabase(testPostgresUrl());
  const suffix = `_${randomUUID().slice(0, 8)}`;
  const withMongo = <T>(use: Parameters<typeof withMongoClient<T>>[1]) =>
    withMongoClient({ url: testMongoUrl(), applicationName: 'finova tests' }, use);
  onTestFinished(async () => {
    await postgres.drop();
    await withMongo(async (client) => {
      for (const name of MONGO_DATABASES) {
        await client.db(`${name}${suffix}`).dropDatabase();
      }
    });
  });
  return {
    environment: {
      FINOVA_POSTGRES_URL: postgres.url,
      FINOVA_MONGODB_URL: testMongoUrl(),
      FINOVA_MONGODB_DATABASE_SUFFIX: suffix,
    },
    /** What is journaled in every domain, in the order in which it was applied, without times. */
    journals: async () => {
      const sql = (schema: string) =>
        `SELECT name, state, checksum, files FROM ${schema}_migrations.journal ORDER BY started_at, name`;
      const rows = await withPostgresClient({ url: postgres.url, applicationName: 'finova tests' }, async (client) => [
        (await client.query(sql('accounts'))).rows,
        (await client.query(sql('transactions'))).rows,
      ]);
      const documents = await withMongo((client) =>
        Promise.all(
          MONGO_DATABASES.map((name) =>
            client
              .db(`${name}${suffix}`)
              .collection('migration_journal')
              .find({}, { projection: { state: 1, checksum: 1, completedSteps: 1 } })
              .sort({ startedAt: 1 })
              .toArray(),
          ),
        ),
      );
      return [...rows, ...documents];
    },
  };
}

/** Runs Nx on this workspace's four domains; where `CI` is set it writes in colour, which is left out. */
function nx(folder: string, args: readonly string[], environment: NodeJS.ProcessEnv): Promise<string> {
  const file = join(folder, 'node_modules', '.bin', 'nx');
  const options = {
    cwd: folder,
    env: { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false', NX_WORKSPACE_ROOT_PATH: folder, ...environment },
  };
  return new Promise((resolve) => {
    execFile(file, [...args, '--outputStyle=static'], options, (_, stdout, stderr) =>
      resolve(stripVTControlCharacters(`${stdout}${stderr}`)),
    );
  });
}

describe('nx run-many -t migrate', () => {
  it('leaves what finova-db up leaves: the same journals in the same order', async () => {
    const byNx = await emptyDatabases();
    const output = await nx(WORKSPACE, ['run-many', '-t', 'migrate'], byNx.environment);
    expect(output).toContain('Successfully ran target migrate for 4 projects');
    const byCommand = await emptyDatabases();
    const { exitCode } = await runCommand(['up'], { folder: WORKSPACE, environment: byCommand.environment });
    expect(exitCode).toBe(0);
    expect(await byNx.journals()).toEqual(await byCommand.journals());
  });

  it('is never taken from the cache', async () => {
    const databases = await emptyDatabases();
    await nx(WORKSPACE, ['run-many', '-t', 'migrate'], databases.environment);
    const again = await nx(WORKSPACE, ['run-many', '-t', 'migrate'], databases.environment);
    expect(again.match(/Nothing to apply: every domain is up to date/g)).toHaveLength(4);
  });

  it('shares the lock with finova-db up: run at once, every migration is applied once', async () => {
    const databases = await emptyDatabases();
    const [byNx, byCommand] = await Promise.all([
      nx(WORKSPACE, ['run-many', '-t', 'migrate'], databases.environment),
      runCommand(['up'], { folder: WORKSPACE, environment: databases.environment }),
    ]);
    expect(byNx).toContain('Successfully ran target migrate for 4 projects');
    expect(byCommand.exitCode).toBe(0);
    const alone = await emptyDatabases();
    await runCommand(['up'], { folder: WORKSPACE, environment: alone.environment });
    expect(await databases.journals()).toEqual(await alone.journals());
  });

  it('stops what stands on a failing domain, and not its neighbours', async () => {
    const copy = await copyWorkspace();
    onTestFinished(() => copy.remove());
    await copy.write(
      'packages/transactions-db/migrations/20991231T000000-broken.ts',
      'export const migration = { async up() { throw new Error("out of order"); }, async down() {} };\n',
    );
    const databases = await emptyDatabases();
    const output = await nx(copy.folder, ['run-many', '-t', 'migrate'], databases.environment);
    expect(output).toContain('Running target migrate for 4 projects failed');
    expect(output).toMatch(
      /Tasks not run because their dependencies failed[\s\S]*notifications-db:migrate[\s\S]*Failed tasks:[\s\S]*transactions-db:migrate/,
    );
    const [accounts, transactions, preferences, notifications] = await databases.journals();
    expect(accounts?.length).toBeGreaterThan(0);
    expect(transactions?.length).toBeGreaterThan(0);
    expect(preferences?.length).toBeGreaterThan(0);
    expect(notifications).toEqual([]);
  });
});
