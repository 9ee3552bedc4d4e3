import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FinovaError } from '@finova/db-kit';
import { withPostgresClient } from '@finova/db-kit/postgres';
import { selectServers, stopLocal } from '@finova/local-databases';
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

/**
 * The servers of tests do not wait for the disk, so that a commit costs nothing on them. What is measured here must
 * cost what it costs in production: this one is a durable embedded server in a folder of its own.
 */
const SERVER_FOLDER = join(BENCH_CACHE_FOLDER, 'server');

/**
 * Gives `use` the PostgreSQL server of `FINOVA_POSTGRES_URL`, or an embedded one that is gone with its data
 * afterwards; one that a killed benchmark left is taken over. Containers are passed over: their network would be
 * measured too.
 *
 * @throws as `selectServers` of local-databases.
 */
export async function withBenchServer<T>(use: (server: BenchServer) => Promise<T>): Promise<T> {
  const hasUrl = (process.env['FINOVA_POSTGRES_URL'] ?? '').trim() !== '';
  const { postgres } = await selectServers({
    workspaceRoot: SERVER_FOLDER,
    purpose: 'command',
    engines: ['postgres'],
    environment: { ...process.env, FINOVA_DATABASES: hasUrl ? 'url' : 'embedded' },
  });
  if (postgres === undefined) {
    throw new BenchServerMissingError();
  }
  try {
    return await use({ url: postgres.url, label: `${postgres.label}, ${await durabilityOf(postgres.url)}` });
  } finally {
    if (!hasUrl) {
      await stopLocal({ workspaceRoot: SERVER_FOLDER });
      await rm(SERVER_FOLDER, { recursive: true, force: true });
    }
  }
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
