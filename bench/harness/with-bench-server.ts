import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FinovaError } from '@finova/db-kit';
import { withPostgresClient } from '@finova/db-kit/postgres';
import { selectServers, stopLocal } from '@finova/local-databases';
import { escapeIdentifier, escapeLiteral } from 'pg';
import { BENCH_CACHE_FOLDER } from './cache-folder.ts';

/** The server that all sides of a benchmark are measured on. */
export interface BenchServer {
  readonly url: string;
  /** Its product, version and address, and whether its commits wait for the disk. */
  readonly label: string;
}

/** No PostgreSQL server could be found or started for a benchmark. */
export class BenchServerMissingError extends FinovaError {
  constructor() {
    super({ message: 'There is no PostgreSQL server to measure on', next: 'set FINOVA_POSTGRES_URL' });
  }
}

/** How a benchmark wants its server. */
export interface BenchServerOptions {
  /** Servers of different names can be had at the same time. Default `server`. */
  readonly name?: string;
  /** Embedded even where `FINOVA_POSTGRES_URL` names a server. Default false. */
  readonly embedded?: boolean;
  /** What an embedded server is started with, such as `shared_buffers`; a server of a URL is taken as it is. */
  readonly settings?: Readonly<Record<string, string>>;
}

/**
 * Gives `use` the PostgreSQL server of `FINOVA_POSTGRES_URL`, or an embedded one that is gone with its data
 * afterwards; one that a killed benchmark left is taken over. Containers are passed over: their network would be
 * measured too.
 *
 * @throws as `selectServers` of local-databases.
 */
export async function withBenchServer<T>(
  use: (server: BenchServer) => Promise<T>,
  { name = 'server', embedded = false, settings = {} }: BenchServerOptions = {},
): Promise<T> {
  const hasUrl = !embedded && (process.env['FINOVA_POSTGRES_URL'] ?? '').trim() !== '';
  // The servers of tests do not wait for the disk, so that a commit costs nothing on them. What is measured here must
  // cost what it costs in production: this one is a durable embedded server in a folder of its own.
  const workspaceRoot = join(BENCH_CACHE_FOLDER, name);
  const start = () =>
    selectServers({
      workspaceRoot,
      purpose: 'command',
      engines: ['postgres'],
      environment: { ...process.env, FINOVA_DATABASES: hasUrl ? 'url' : 'embedded' },
    });
  try {
    let { postgres } = await start();
    if (postgres !== undefined && !hasUrl && Object.keys(settings).length > 0) {
      await writeSettings(postgres.url, settings);
      await stopLocal({ workspaceRoot });
      ({ postgres } = await start());
    }
    if (postgres === undefined) {
      throw new BenchServerMissingError();
    }
    return await use({ url: postgres.url, label: `${postgres.label}, ${await durabilityOf(postgres.url)}` });
  } finally {
    if (!hasUrl) {
      await stopLocal({ workspaceRoot });
      await rm(workspaceRoot, { recursive: true, force: true });
    }
  }
}

/** They hold from the next start on. */
async function writeSettings(url: string, settings: Readonly<Record<string, string>>): Promise<void> {
  await withPostgresClient({ url, applicationName: 'finova bench' }, async (client) => {
    for (const [name, value] of Object.entries(settings)) {
      await client.query(`ALTER SYSTEM SET ${escapeIdentifier(name)} = ${escapeLiteral(value)}`);
    }
  });
}

async function durabilityOf(url: string): Promise<string> {
  return withPostgresClient({ url, applicationName: 'finova bench' }, async (client) => {
    const { rows } = await client.query<{ durability: string }>(
      `SELECT string_agg(name || ' ' || setting, ', ' ORDER BY name) AS durability FROM pg_settings
       WHERE name IN ('fsync', 'synchronous_commit')`,
    );
    return rows[0]?.durability ?? '';
  });
}
