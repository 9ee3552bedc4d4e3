import { MongoClient, type MongoClientOptions, MongoServerSelectionError } from 'mongodb';
import {
  DatabaseLoginRefusedError,
  DatabaseUnreachableError,
  InvalidDatabaseUrlError,
  isMongoError,
  MongoErrorCode,
} from '../errors/index.ts';

export interface MongoConnectionOptions {
  /** `mongodb://user:password@host:port/?directConnection=true` or `mongodb+srv://…` */
  readonly url: string;
  /** Shown in the server's log and `currentOp`. */
  readonly applicationName: string;
  /** Default 5,000. A URL's own `connectTimeoutMS` and `serverSelectionTimeoutMS` come before it. */
  readonly connectTimeoutMs?: number;
  /** Makes the client report each command it sends. Default `false`. */
  readonly monitorCommands?: boolean;
}

/**
 * Opens a client and closes it however `use` ends. Reads and writes are acknowledged by a majority, because what is
 * recorded here must outlive a change of primary.
 *
 * @throws {InvalidDatabaseUrlError} when the URL is none.
 * @throws {DatabaseUnreachableError | DatabaseLoginRefusedError} when the server cannot be used.
 */
export async function withMongoClient<T>(
  options: MongoConnectionOptions,
  use: (client: MongoClient) => Promise<T>,
): Promise<T> {
  const client = openClient(options);
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

function openClient(options: MongoConnectionOptions): MongoClient {
  try {
    return new MongoClient(options.url, mongoClientOptions(options));
  } catch {
    // The driver's own error may repeat the URL, and with it the password, so it is not kept as the cause.
    throw new InvalidDatabaseUrlError('the connection options', 'mongodb://user:password@host:port/', 'another form');
  }
}

/** The driver's options for all our clients: bounded waiting, majority acknowledgement, exact 64-bit integers. */
export function mongoClientOptions(options: MongoConnectionOptions): MongoClientOptions {
  const timeoutMs = options.connectTimeoutMs ?? 5_000;
  const named = optionsOf(options.url);
  const unlessNamed = (option: 'connectTimeoutMS' | 'serverSelectionTimeoutMS') =>
    named.has(option.toLowerCase()) ? {} : { [option]: timeoutMs };
  return {
    appName: options.applicationName.slice(0, 128),
    // The driver would take these before those of the URL.
    ...unlessNamed('serverSelectionTimeoutMS'),
    ...unlessNamed('connectTimeoutMS'),
    writeConcern: { w: 'majority' },
    readConcern: { level: 'majority' },
    // Money is bigint minor units: a JavaScript number would lose cents past 2^53.
    useBigInt64: true,
    ignoreUndefined: true,
    monitorCommands: options.monitorCommands ?? false,
  };
}

/** The options that a URL names, in lower case: MongoDB does not tell cases apart in them. */
function optionsOf(url: string): ReadonlySet<string> {
  return new Set([...new URLSearchParams(url.split('?')[1]).keys()].map((name) => name.toLowerCase()));
}

/** Names what went wrong while connecting, without repeating the URL's password. */
function mongoConnectionError(url: string, cause: unknown): Error {
  const { host, username } = new URL(url.replace(/^mongodb(\+srv)?:/, 'http:').replace(/,[^/@]*/, ''));
  if (isMongoError(cause, [MongoErrorCode.authenticationFailed, MongoErrorCode.unauthorized])) {
    return new DatabaseLoginRefusedError('MongoDB', host, decodeURIComponent(username), cause);
  }
  const reason = cause instanceof MongoServerSelectionError ? (cause.reason?.error ?? cause) : cause;
  return new DatabaseUnreachableError('MongoDB', host, reason);
}
