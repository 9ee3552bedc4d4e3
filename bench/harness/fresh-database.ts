import { withPostgresClient } from '@finova/db-kit/postgres';
import { escapeIdentifier } from 'pg';

/** Makes an empty database of this name, or a copy of another one, and answers with its URL. */
export type CreateDatabase = (name: string, template?: string) => Promise<string>;

/**
 * Lets `use` make databases, all of which are dropped when it ends, however it ends, and not before: a file
 * system is in no hurry to give away again what was deleted in the last minutes (ext4 looks at each such file and
 * passes it over), and whoever is measured after a database with a thousand tables was dropped would pay for it.
 *
 * @param serverUrl - of any database on the server, as a user who may create databases.
 */
export async function withFreshDatabases<T>(
  serverUrl: string,
  use: (create: CreateDatabase) => Promise<T>,
): Promise<T> {
  const statement = (sql: string) =>
    withPostgresClient(
      { url: serverUrl, applicationName: 'finova bench' },
      async (client) => void (await client.query(sql)),
    );
  const made: string[] = [];
  try {
    return await use(async (name, template = 'template1') => {
      await statement(`CREATE DATABASE ${escapeIdentifier(name)} TEMPLATE ${escapeIdentifier(template)}`);
      made.push(name);
      const url = new URL(serverUrl);
      url.pathname = `/${name}`;
      return url.href;
    });
  } finally {
    for (const name of made) {
      await statement(`DROP DATABASE IF EXISTS ${escapeIdentifier(name)} WITH (FORCE)`);
    }
  }
}

/** Gives `use` the URL of an empty database, which is dropped however `use` ends. */
export function withFreshDatabase<T>(
  serverUrl: string,
  name: string,
  use: (databaseUrl: string) => Promise<T>,
): Promise<T> {
  return withFreshDatabases(serverUrl, async (create) => use(await create(name)));
}
