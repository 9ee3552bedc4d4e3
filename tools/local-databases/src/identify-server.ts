import { describeMongo, mongoAddress, withMongoClient } from '@finova/db-kit/mongodb';
import { describePostgres, withPostgresClient } from '@finova/db-kit/postgres';
import type { DatabaseEngine } from './database-server.ts';

/**
 * Logs in once and asks the server what it is: `PostgreSQL 18.4 at 127.0.0.1:5432/finova`.
 *
 * @throws {DatabaseUnreachableError | DatabaseLoginRefusedError | DatabaseMissingError}
 */
export function identifyServer(engine: DatabaseEngine, url: string, connectTimeoutMs = 5_000): Promise<string> {
  const connection = { url, applicationName: 'finova-db', connectTimeoutMs };
  return engine === 'postgres'
    ? withPostgresClient(connection, describePostgres)
    : withMongoClient(
        connection,
        async (client) => `${(await describeMongo(client)).product} at ${mongoAddress(client)}`,
      );
}
