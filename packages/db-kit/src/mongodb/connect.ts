import { MongoClient, type MongoClientOptions, MongoServerSelectionError } from 'mongodb';
import { DatabaseLoginRefusedError, DatabaseUnreachableError, isMongoError, MongoErrorCode } from '../errors/index.ts';

export interface MongoConnectionOptions {
  /** `mongodb://user:password@host:port/?directConnection=true` or `mongodb+srv://…` */
  readonly url: string;
  /** Shown in the server's log and `currentOp`. */
  readonly applicationName: string;
  /** Default 5,000. */
  readonly connectTimeoutMs?: number;
}

/**
 * Opens a client and closes it however `use` ends. Reads and writes are acknowledged by a majority, because what is
 * recorded here must outlive a change of primary.
 *
 * @throws {DatabaseUnreachableError | DatabaseLoginRefusedError} when the server cannot be used.
 */
export async function withMongoClient<T>(
  options: MongoConnectionOptions,
  use: (client: MongoClient) => Promise<T>,
): Promise<T> {
  const client = new MongoClient(options.url, mongoClientOptions(options));
  try {
    await client.connect();
    // Connecting alone does not log in; the first command does.
    await client.db('admin').command({ ping: 1 });
  } catch (cause) {
    await client.close();
    throw mongoConnectionError(options.url, cause);
  }
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

/** The driver's options for all our clients: bounded waiting, majority acknowledgement, exact 64-bit integers. */
export function mongoClientOptions(options: MongoConnectionOptions): MongoClientOptions {
  const timeoutMs = options.connectTimeoutMs ?? 5_000;
  return {
    appName: options.applicationName.slice(0, 128),
    serverSelectionTimeoutMS: timeoutMs,
    connectTimeoutMS: timeoutMs,
    writeConcern: { w: 'majority' },
    readConcern: { level: 'majority' },
    // Money is bigint minor units: a JavaScript number would lose cents past 2^53.
    useBigInt64: true,
    ignoreUndefined: true,
  };
}

/** Names what went wrong while connecting, without repeating the URL's password. */
export function mongoConnectionError(url: string, cause: unknown): Error {
  const { host, username } = new URL(url.replace(/^mongodb(\+srv)?:/, 'http:').replace(/,[^/@]*/, ''));
  if (isMongoError(cause, [MongoErrorCode.authenticationFailed, MongoErrorCode.unauthorized])) {
    return new DatabaseLoginRefusedError('MongoDB', host, decodeURIComponent(username), cause);
  }
  const reason = cause instanceof MongoServerSelectionError ? (cause.reason?.error ?? cause) : cause;
  return new DatabaseUnreachableError('MongoDB', host, reason);
}
