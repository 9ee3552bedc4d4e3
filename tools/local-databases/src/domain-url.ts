import { InvalidDatabaseUrlError } from '@finova/db-kit';
import type { DatabaseEngine } from './database-server.ts';

/** A connection URL and the environment variable it came from. */
export interface EnvironmentUrl {
  readonly url: string;
  readonly variable: string;
}

const SCHEMES: Readonly<Record<DatabaseEngine, readonly string[]>> = {
  postgres: ['postgresql:', 'postgres:'],
  mongodb: ['mongodb:', 'mongodb+srv:'],
};

const EXAMPLES: Readonly<Record<DatabaseEngine, string>> = {
  postgres: 'postgresql://user:password@host:5432/database',
  mongodb: 'mongodb://user:password@host:27017/?replicaSet=rs0',
};

/** The variable that holds the URL of all domains of an engine. */
export function engineVariable(engine: DatabaseEngine): string {
  return engine === 'postgres' ? 'FINOVA_POSTGRES_URL' : 'FINOVA_MONGODB_URL';
}

/** The variable that holds the URL of one domain: `FINOVA_ACCOUNTS_URL` for `accounts-db`. */
export function domainVariable(domain: string): string {
  return `FINOVA_${domain.replace(/-db$/, '').replaceAll('-', '_').toUpperCase()}_URL`;
}

/**
 * Reads and checks the URL in a variable; `undefined` when it is unset or empty.
 *
 * @throws {InvalidDatabaseUrlError} without repeating the URL, which may hold a password.
 */
export function urlFromEnvironment(
  variable: string,
  engine: DatabaseEngine,
  environment: NodeJS.ProcessEnv,
): EnvironmentUrl | undefined {
  const url = environment[variable]?.trim();
  if (url === undefined || url === '') {
    return undefined;
  }
  const expected = `a URL such as ${EXAMPLES[engine]}`;
  // MongoDB lists several hosts with commas, which are not part of a URL's host.
  const parsed = parseUrl(url.replace(/,[^/@]*/, ''));
  if (parsed === null) {
    throw new InvalidDatabaseUrlError(variable, expected, 'something that is no URL');
  }
  if (!SCHEMES[engine].includes(parsed.protocol)) {
    throw new InvalidDatabaseUrlError(variable, expected, `one that starts with ${parsed.protocol}`);
  }
  if (parsed.hostname === '') {
    throw new InvalidDatabaseUrlError(variable, expected, 'one without a host');
  }
  if (!isDecodable(parsed)) {
    throw new InvalidDatabaseUrlError(variable, expected, 'a percent sign that should be written %25');
  }
  return { url, variable };
}

function parseUrl(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

/** The drivers decode user, password and database, and fail on half an encoding. */
function isDecodable({ username, password, pathname }: URL): boolean {
  try {
    return [username, password, pathname].map(decodeURIComponent).length > 0;
  } catch {
    return false;
  }
}

/** Query parameters that carry secrets: `password` for PostgreSQL, `authMechanismProperties` for MongoDB. */
const SECRET_PARAMETER = /([?&][^=&]*(?:password|token|secret|authMechanismProperties)[^=&]*=)[^&]*/gi;

/**
 * A URL as it may be printed: without user and password. Everything up to the last `@` goes, because a password that
 * was not percent-encoded may hold any character.
 *
 * @example
 * redactUrl('postgresql://user:secret@host:5432/bank') // 'postgresql://host:5432/bank'
 */
export function redactUrl(url: string): string {
  return url.replace(/\/\/.*@/s, '//').replace(SECRET_PARAMETER, '$1***');
}
