import {
  DatabaseLoginRefusedError,
  DatabaseUnreachableError,
  errorMessage,
  isMongoError,
  MongoErrorCode,
} from '@finova/db-kit';
import type { DatabaseEngine } from './database-server.ts';
import { withMongoOption } from './mongo-option.ts';

/**
 * Logs in once and asks the server what it is: `PostgreSQL 18.4 at 127.0.0.1:5432/finova`. Only the driver of that
 * engine is loaded.
 *
 * @param timeoutMs - for the whole: a server that takes connections and then says nothing counts as unreachable.
 * @throws {DatabaseUnreachableError | DatabaseLoginRefusedError | DatabaseMissingError}
 */
export function identifyServer(engine: DatabaseEngine, url: string, timeoutMs = 5_000): Promise<string> {
  const connection = { url, applicationName: 'finova-db', connectTimeoutMs: timeoutMs };
  return engine === 'postgres' ? identifyPostgres(connection) : identifyMongo(connection);
}

interface BoundedConnection {
  readonly url: string;
  readonly applicationName: string;
  readonly connectTimeoutMs: number;
}

async function identifyPostgres(connection: BoundedConnection): Promise<string> {
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

async function identifyMongo({ url, applicationName, connectTimeoutMs }: BoundedConnection): Promise<string> {
  const { describeMongo, mongoAddress, withMongoClient } = await import('@finova/db-kit/mongodb');
  // Connecting is bounded by itself; without this a command waits for its answer for ever.
  const bounded = withMongoOption(url, 'socketTimeoutMS', connectTimeoutMs);
  const connection = { url: bounded, applicationName, connectTimeoutMs };
  return withMongoClient(connection, async (client) => {
    const address = mongoAddress(client);
    try {
      // Without a user one may connect and ask for the version anywhere; this shows whether more is allowed.
      await client.db('admin').command({ listDatabases: 1, nameOnly: true });
      return `${(await describeMongo(client)).product} at ${address}`;
    } catch (cause) {
      throw isMongoError(cause, [MongoErrorCode.unauthorized])
        ? new DatabaseLoginRefusedError('MongoDB', address, userOf(url), cause)
        : new DatabaseUnreachableError('MongoDB', address, cause);
    }
  });
}

function userOf(url: string): string {
  const user = /^[^:]+:\/\/([^:@/]+)(?::[^@]*)?@/.exec(url)?.[1];
  return user === undefined ? '(none)' : decodeURIComponent(user);
}
