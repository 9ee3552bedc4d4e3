import { withPostgresClient } from '@finova/db-kit/postgres';
import { escapeIdentifier } from 'pg';

/**
 * Gives `use` the URL of an empty database, which is dropped however `use` ends.
 *
 * @param serverUrl - of any database on the server, as a user who may create databases.
 */
export async function withFreshDatabase<T>(
  serverUrl: string,
  name: string,
  use: (databaseUrl: string) => Promise<T>,
): Promise<T> {
  const statement = (sql: string) =>
    withPostgresClient(
      { url: serverUrl, applicationName: 'finova bench' },
      async (client) => void (await client.query(sql)),
    );
  await statement(`CREATE DATABASE ${escapeIdentifier(name)}`);
  try {
    const url = new URL(serverUrl);
    url.pathname = `/${name}`;
    return await use(url.href);
  } finally {
    await statement(`DROP DATABASE IF EXISTS ${escapeIdentifier(name)} WITH (FORCE)`);
  }
}
