import {
  DatabaseLoginRefusedError,
  DatabaseUnreachableError,
  errorMessage,
  isMongoError,
  MongoErrorCode,
} from '@finova/db-kit';
import type { MongoConnectionOptions } from '@finova/db-kit/mongodb';
import type { PostgresConnectionOptions } from '@finova/db-kit/postgres';
import type { DatabaseEngine } from './database-server.ts';

/**
 * Logs in once and asks the server what it is: `PostgreSQL 18.4 at 127.0.0.1:5432/finova`. Only the driver of that
 * engine is loaded.
 *
 * @throws {DatabaseUnreachableError | DatabaseLoginRefusedError | DatabaseMissingError}
 */
export function identifyServer(engine: DatabaseEngine, url: string, connectTimeoutMs = 5_000): Promise<string> {
  const connection = { url, applicationName: 'finova-db', connectTimeoutMs };
  return engine === 'postgres' ? identifyPostgres(connection) : identifyMongo(connection);
}

async function identifyPostgres(connection: PostgresConnectionOptions): Promise<string> {
  const { describePostgres, withPostgresClient } = await import('@finova/db-kit/postgres');
  try {
    return await withPostgresClient(connection, describePostgres);
  } catch (thrown) {
    // The driver looks for a password only when the server asks for one.
    if (thrown instanceof DatabaseUnreachableError && /password must be a/.test(errorMessage(thrown.cause))) {
      throw new DatabaseLoginRefusedError('PostgreSQL', thrown.address, userOf(connection.url), thrown);
    }
    throw thrown;
  }
}

async function identifyMongo(connection: MongoConnectionOptions): Promise<string> {
  const { describeMongo, mongoAddress, withMongoClient } = await import('@finova/db-kit/mongodb');
  return withMongoClient(connection, async (client) => {
    const address = mongoAddress(client);
    try {
      // Without a user one may connect and ask for the version anywhere; this shows whether more is allowed.
      await client.db('admin').command({ listDatabases: 1, nameOnly: true });
    } catch (cause) {
      if (isMongoError(cause, [MongoErrorCode.unauthorized])) {
        throw new DatabaseLoginRefusedError('MongoDB', address, userOf(connection.url), cause);
      }
      throw cause;
    }
    return `${(await describeMongo(client)).product} at ${address}`;
  });
}

function userOf(url: string): string {
  const user = /^[^:]+:\/\/([^:@/]+)(?::[^@]*)?@/.exec(url)?.[1];
  return user === undefined ? '(none)' : decodeURIComponent(user);
}
