import type { Engine, MigrationDomain } from './migration.ts';

/** Where the dump of a domain lies in its package. */
export function dumpFileName(engine: Engine): 'schema.sql' | 'collections.json' {
  return engine === 'postgres' ? 'schema.sql' : 'collections.json';
}

/**
 * The text of a domain's `schema.sql` or `collections.json`: what its migrations made, read from a database that they
 * were applied to.
 *
 * @throws {UnsupportedObjectsError | CircularObjectsError} when a PostgreSQL schema cannot be written as SQL.
 */
export async function dumpDomain(domain: MigrationDomain, url: string): Promise<string> {
  const connection = { url, applicationName: 'finova-db dump' };
  if (domain.engine === 'mongodb') {
    const { dumpMongoCollections, withMongoClient } = await import('../mongodb/index.ts');
    return withMongoClient(connection, (client) => dumpMongoCollections(client.db(domain.namespace)));
  }
  const { dumpPostgresSchema, withPostgresClient } = await import('../postgres/index.ts');
  const dump = await withPostgresClient(connection, (client) => dumpPostgresSchema(client, domain.namespace));
  return `-- Generated from the migrations of ${domain.name}: do not edit, run npm run db -- dump\n\n${dump}`;
}
