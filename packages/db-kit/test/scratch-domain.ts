import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  type EngineOptions,
  type MigrationDomain,
  type Migrator,
  type MigratorHooks,
  withMigrationReader,
  withMigrator,
} from '@finova/db-kit/migrations';
import { withMongoClient } from '@finova/db-kit/mongodb';
import { withPostgresClient } from '@finova/db-kit/postgres';
import { createPostgresTestDatabase, TEST_IDENTITY, testMongoUrl, testPostgresUrl } from '@finova/db-kit/testing';
import type { Db } from 'mongodb';
import type { Client } from 'pg';
import { onTestFinished } from 'vitest';

/** Inside the package, so that a migration written there finds `kysely` and `mongodb`. */
const SCRATCH = join(import.meta.dirname, '.scratch');

/** Migration files by their path in the migrations folder. */
export type MigrationSources = Readonly<Record<string, string>>;

/** Writes a migrations folder for the running test, which removes it when it ends. */
export async function writeMigrations(sources: MigrationSources): Promise<string> {
  const folder = join(SCRATCH, randomUUID());
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await mkdir(folder, { recursive: true });
  for (const [path, source] of Object.entries(sources)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), source);
  }
  return folder;
}

/** A domain with a database of its own for one test. */
export interface ScratchDomain {
  readonly domain: MigrationDomain;
  readonly url: string;
  /** The same database met by another version of the migrations, as after a `git pull`. */
  with(sources: MigrationSources): Promise<ScratchDomain>;
  options(more?: Partial<EngineOptions>): EngineOptions;
  migrate<T>(
    use: (migrator: Migrator) => Promise<T>,
    more?: Partial<EngineOptions> & { hooks?: MigratorHooks },
  ): Promise<T>;
  up(more?: Partial<EngineOptions>): Promise<string[]>;
  /** Name and state of each journal row, oldest first. */
  journal(): Promise<string[]>;
  /** `<migration> <direction> <outcome>` of each history row, oldest first. */
  history(): Promise<string[]>;
}

/** A {@link ScratchDomain} on PostgreSQL, in a database of its own. */
export interface PostgresScratchDomain extends ScratchDomain {
  query<Row extends object>(text: string): Promise<Row[]>;
  withClient<T>(use: (client: Client) => Promise<T>): Promise<T>;
}

/** A {@link ScratchDomain} on MongoDB, in a database of its own. */
export interface MongoScratchDomain extends ScratchDomain {
  withDb<T>(use: (db: Db) => Promise<T>): Promise<T>;
}

export async function postgresDomain(sources: MigrationSources): Promise<PostgresScratchDomain> {
  const database = await createPostgresTestDatabase(testPostgresUrl());
  onTestFinished(() => database.drop());
  const withClient = <T>(use: (client: Client) => Promise<T>) =>
    withPostgresClient({ url: database.url, applicationName: 'finova tests' }, use);
  return {
    ...(await scratchDomain('postgres', 'ledger', database.url, sources)),
    withClient,
    query: async <Row extends object>(text: string) =>
      withClient(async (client) => (await client.query<Row>(text)).rows),
  };
}

/** The tables in `public`, by name. */
export async function tablesOf(domain: PostgresScratchDomain): Promise<string[]> {
  const tables = await domain.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1`,
  );
  return tables.map(({ name }) => name);
}

export async function mongoDomain(sources: MigrationSources): Promise<MongoScratchDomain> {
  const url = testMongoUrl();
  const databaseName = `finova_test_${randomUUID().replaceAll('-', '')}`;
  const withDb = <T>(use: (db: Db) => Promise<T>) =>
    withMongoClient({ url, applicationName: 'finova tests' }, (client) => use(client.db(databaseName)));
  onTestFinished(() => withDb(async (db) => void (await db.dropDatabase())));
  return { ...(await scratchDomain('mongodb', databaseName, url, sources)), withDb };
}

async function scratchDomain(
  engine: MigrationDomain['engine'],
  namespace: string,
  url: string,
  sources: MigrationSources,
): Promise<ScratchDomain> {
  const domain = { name: 'ledger-db', engine, namespace, migrationsFolder: await writeMigrations(sources) };
  const options = (more: Partial<EngineOptions> = {}): EngineOptions => ({
    domain,
    url,
    identity: TEST_IDENTITY,
    lockTimeoutMs: 10_000,
    ...more,
  });
  const migrate: ScratchDomain['migrate'] = (use, more) => withMigrator(options(more), use);
  return {
    domain,
    url,
    options,
    migrate,
    with: (otherSources) => scratchDomain(engine, namespace, url, otherSources),
    up: (more) => migrate((migrator) => migrator.up(), more),
    journal: () =>
      withMigrationReader(options(), async (reader) =>
        (await reader.readJournal()).map(({ name, state }) => `${name} ${state}`),
      ),
    history: () =>
      withMigrationReader(options(), async (reader) =>
        (await reader.readHistory()).map((row) => `${row.migration} ${row.direction} ${row.outcome}`),
      ),
  };
}
