import { createHash, randomUUID } from 'node:crypto';
import { type Client, escapeIdentifier } from 'pg';
import type { MigrationDomain } from '../migrations/migration.ts';
import { checksumMigrations } from '../migrations/migration-checksums.ts';
import { listMigrationFiles } from '../migrations/migration-files.ts';
import { readRepeatables } from '../migrations/repeatable-files.ts';
import { withMigrator } from '../migrations/with-migrator.ts';
import { withPostgresClient } from '../postgres/connect.ts';
import { TEST_IDENTITY } from './test-identity.ts';

/** A database of one test file. */
export interface PostgresTestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/** Serialises the making of templates among test processes. */
const TEMPLATE_LOCK_KEY = 0x46_4e_56_54;

/**
 * Makes a database with these domains migrated, by copying a template: the first caller of any test process migrates
 * the template, all others copy it in a few dozen milliseconds.
 *
 * @param domains - in the order of their dependencies; none for an empty database.
 */
export async function createPostgresTestDatabase(
  serverUrl: string,
  domains: readonly MigrationDomain[] = [],
): Promise<PostgresTestDatabase> {
  const name = `finova_test_${randomUUID().replaceAll('-', '')}`;
  await withPostgresClient(maintenance(serverUrl), async (client) => {
    const template = domains.length === 0 ? 'template1' : await ensureTemplate(client, serverUrl, domains);
    await client.query(`CREATE DATABASE ${escapeIdentifier(name)} TEMPLATE ${escapeIdentifier(template)}`);
  });
  return {
    url: withDatabase(serverUrl, name),
    drop: () =>
      withPostgresClient(maintenance(serverUrl), async (client) => {
        await client.query(`DROP DATABASE IF EXISTS ${escapeIdentifier(name)} WITH (FORCE)`);
      }),
  };
}

async function ensureTemplate(client: Client, serverUrl: string, domains: readonly MigrationDomain[]): Promise<string> {
  const name = await templateName(domains);
  await client.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK_KEY]);
  try {
    const { rows } = await client.query<{ ready: boolean }>(
      'SELECT datistemplate AS ready FROM pg_database WHERE datname = $1',
      [name],
    );
    if (rows[0]?.ready !== true) {
      // One that is there and not marked as a template was left by a process that died while migrating it.
      await client.query(`DROP DATABASE IF EXISTS ${escapeIdentifier(name)} WITH (FORCE)`);
      await client.query(`CREATE DATABASE ${escapeIdentifier(name)}`);
      for (const domain of domains) {
        await withMigrator(
          { domain, url: withDatabase(serverUrl, name), identity: TEST_IDENTITY, lockTimeoutMs: 10_000 },
          (migrator) => migrator.up(),
        );
      }
      await client.query(`ALTER DATABASE ${escapeIdentifier(name)} IS_TEMPLATE true`);
    }
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [TEMPLATE_LOCK_KEY]);
  }
  return name;
}

/** Named after what its migrations and repeatables do, so that an edited one never meets an old template. */
async function templateName(domains: readonly MigrationDomain[]): Promise<string> {
  const hash = createHash('sha256');
  for (const domain of domains) {
    const checksums = await checksumMigrations(domain, await listMigrationFiles(domain));
    const repeatables = (await readRepeatables(domain)).map(({ name, checksum }) => [name, checksum]);
    hash.update(JSON.stringify([domain.name, domain.namespace, [...checksums].sort(), repeatables]));
  }
  return `finova_template_${hash.digest('hex').slice(0, 32)}`;
}

function maintenance(serverUrl: string) {
  return { url: withDatabase(serverUrl, 'postgres'), applicationName: 'finova tests' };
}

function withDatabase(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}
