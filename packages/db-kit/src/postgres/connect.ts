import { Client, type ClientConfig } from 'pg';
import {
  DatabaseLoginRefusedError,
  DatabaseMissingError,
  DatabaseUnreachableError,
  InvalidDatabaseUrlError,
  isPostgresError,
  SqlState,
} from '../errors/index.ts';
import { postgresTypes, withIsoDates } from './types.ts';

export interface PostgresConnectionOptions {
  /** `postgresql://user:password@host:port/database` */
  readonly url: string;
  /** Shown in `pg_stat_activity`; cut to the 63 bytes that PostgreSQL keeps. */
  readonly applicationName: string;
  /** Default 5,000. */
  readonly connectTimeoutMs?: number;
  /** Sends a statement while the answers to those before it are awaited. Default false. */
  readonly pipeline?: boolean;
}

/**
 * Opens one direct connection and closes it however `use` ends.
 *
 * @throws {InvalidDatabaseUrlError} when the URL is none.
 * @throws {DatabaseUnreachableError | DatabaseLoginRefusedError | DatabaseMissingError} when it cannot be opened.
 */
export async function withPostgresClient<T>(
  options: PostgresConnectionOptions,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  requireUrl(options.url);
  const client = new Client(clientConfig(options));
  // A connection that breaks between two statements emits 'error'; the next statement reports it to its caller.
  client.on('error', () => {});
  try {
    await client.connect();
  } catch (cause) {
    await client.end().catch(() => {});
    throw connectionError(options.url, cause);
  }
  try {
    return await use(client);
  } finally {
    // Ending a connection that is already broken rejects, which is not news.
    await client.end().catch(() => {});
  }
}

/** Node's and pg's own errors repeat the whole URL, and with it the password. */
function requireUrl(url: string): void {
  if (!URL.canParse(url) || !/^postgres(ql)?:$/.test(new URL(url).protocol)) {
    throw new InvalidDatabaseUrlError(
      'the connection options',
      'postgresql://user:password@host:port/database',
      'another form',
    );
  }
}

function clientConfig(options: PostgresConnectionOptions): ClientConfig {
  return {
    connectionString: withIsoDates(options.url),
    application_name: options.applicationName.slice(0, 63),
    connectionTimeoutMillis: options.connectTimeoutMs ?? 5_000,
    keepAlive: true,
    pipeline: options.pipeline ?? false,
    types: postgresTypes,
  };
}

/** Names what went wrong while connecting, without repeating the URL's password. */
function connectionError(url: string, cause: unknown): Error {
  const { hostname, port, username, pathname } = new URL(url);
  const address = `${hostname}:${port === '' ? '5432' : port}`;
  const user = decodeURIComponent(username);
  // Without a password in the URL it is pg, not the server, that gives up on SCRAM.
  const isPasswordMissing = cause instanceof Error && cause.message.startsWith('SASL');
  if (isPasswordMissing || isPostgresError(cause, [SqlState.invalidPassword, SqlState.invalidAuthorization])) {
    return new DatabaseLoginRefusedError('PostgreSQL', address, user, cause);
  }
  if (isPostgresError(cause, [SqlState.invalidCatalogName])) {
    return new DatabaseMissingError('PostgreSQL', address, decodeURIComponent(pathname.slice(1)), cause);
  }
  return new DatabaseUnreachableError('PostgreSQL', address, cause);
}
