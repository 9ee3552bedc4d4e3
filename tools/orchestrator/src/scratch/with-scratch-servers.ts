import { randomUUID } from 'node:crypto';
import { errorMessage, FinovaError } from '@finova/db-kit';
import { withMongoClient } from '@finova/db-kit/mongodb';
import { withPostgresClient } from '@finova/db-kit/postgres';
import type { DomainServer, RunContext } from '../run/run-context.ts';
import { serverOf } from '../run/run-context.ts';
import { dropScratchRoles, findMissingRoles, type MissingRoles } from './scratch-roles.ts';

/** Where throw-away databases are made when it should not be beside the real ones. */
const SCRATCH_URLS = { postgres: 'FINOVA_SCRATCH_POSTGRES_URL', mongodb: 'FINOVA_SCRATCH_MONGODB_URL' } as const;

/** Throw-away databases that could not be dropped, and what had gone wrong before. */
export class ScratchLeftBehindError extends FinovaError {
  readonly names: readonly string[];

  /** @param earlier what the work on the databases had ended with, where it had failed itself. */
  constructor(names: readonly string[], cause: unknown, earlier?: unknown) {
    const after = earlier === undefined ? '' : ` (after ${errorMessage(earlier)})`;
    super({
      message: `Throw-away databases could not all be dropped: ${errorMessage(cause)}${after}`,
      next: `drop what is left of ${names.join(', ')} by hand`,
      cause: earlier === undefined ? cause : new AggregateError([earlier, cause]),
    });
    this.names = names;
  }
}

interface ScratchDatabase {
  readonly url: string;
  readonly name: string;
}

const APPLICATION_NAME = 'finova-db scratch';

/**
 * Makes empty throw-away databases for the domains of a run, and hands over a context in which these stand in for the
 * real ones: every command works on it. Domains that share a PostgreSQL database share one here too. Nothing is
 * migrated yet. They are made beside the real ones, or on `FINOVA_SCRATCH_POSTGRES_URL` and
 * `FINOVA_SCRATCH_MONGODB_URL` where those are set, and dropped however `use` ends, with the roles that they brought to
 * the server.
 *
 * @example
 * await withScratchServers(context, (scratch) => up(scratch));
 */
export async function withScratchServers<T>(
  context: RunContext,
  use: (scratch: RunContext) => Promise<T>,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<T> {
  const id = randomUUID().replaceAll('-', '').slice(0, 12);
  const postgresUrls = [...new Set(urlsOf(context, 'postgres'))];
  const databases = new Map(postgresUrls.map((url, index) => [url, `finova_scratch_${id}_${index}`]));
  const serverFor = (url: string) => environment[SCRATCH_URLS.postgres] ?? url;
  const made: ScratchDatabase[] = [];
  const missingRoles = new Map<string, MissingRoles>();
  const namespaces: ScratchDatabase[] = [];
  let result: T;
  try {
    for (const [url, name] of databases) {
      const missing = await findMissingRoles(serverFor(url), context.domains);
      if (missing.flat().length > 0) {
        missingRoles.set(serverFor(url), missing);
      }
      await createDatabase(serverFor(url), name);
      made.push({ url: serverFor(url), name });
    }
    const servers = new Map<string, DomainServer>();
    const domains = context.domains.map((domain) => {
      const server = serverOf(context, domain);
      if (domain.engine === 'postgres') {
        const name = databases.get(server.url) ?? '';
        servers.set(domain.name, { ...server, url: withDatabase(serverFor(server.url), name) });
        return domain;
      }
      const url = environment[SCRATCH_URLS.mongodb] ?? server.url;
      const namespace = `${domain.namespace.slice(0, 40)}_scratch_${id}`;
      servers.set(domain.name, { ...server, url });
      namespaces.push({ url, name: namespace });
      return { ...domain, namespace };
    });
    result = await use({ ...context, domains, servers });
  } catch (thrown) {
    await dropAll(made, namespaces, missingRoles, thrown);
    throw thrown;
  }
  await dropAll(made, namespaces, missingRoles);
  return result;
}

function urlsOf(context: RunContext, engine: 'postgres' | 'mongodb'): string[] {
  return context.domains.filter((domain) => domain.engine === engine).map((domain) => serverOf(context, domain).url);
}

function createDatabase(serverUrl: string, name: string): Promise<void> {
  return withPostgresClient({ url: serverUrl, applicationName: APPLICATION_NAME }, async (client) => {
    await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  });
}

/** Longer than elsewhere: a server that is busy for a while is no reason to leave anything behind on it. */
const DROP_CONNECT_TIMEOUT_MS = 15_000;

/**
 * Drops all it can before it reports what it could not.
 *
 * @throws {ScratchLeftBehindError} which also tells of the `earlier` failure, so that none hides the other.
 */
async function dropAll(
  databases: readonly ScratchDatabase[],
  namespaces: readonly ScratchDatabase[],
  roles: ReadonlyMap<string, MissingRoles>,
  earlier?: unknown,
): Promise<void> {
  const options = { applicationName: APPLICATION_NAME, connectTimeoutMs: DROP_CONNECT_TIMEOUT_MS };
  const left: { readonly name: string; readonly reason: unknown }[] = [];
  const drop = (name: string, dropping: Promise<unknown>) =>
    dropping.catch((reason: unknown) => void left.push({ name, reason }));
  await Promise.all([
    ...databases.map(({ url, name }) =>
      drop(
        name,
        withPostgresClient({ url, ...options }, (client) =>
          client.query(`DROP DATABASE IF EXISTS ${client.escapeIdentifier(name)} WITH (FORCE)`),
        ),
      ),
    ),
    ...namespaces.map(({ url, name }) =>
      drop(
        name,
        withMongoClient({ url, ...options }, (client) => client.db(name).dropDatabase()),
      ),
    ),
  ]);
  for (const [url, missing] of roles) {
    await drop(`the roles ${missing.flat().join(', ')}`, dropScratchRoles(url, missing));
  }
  if (left[0] !== undefined) {
    throw new ScratchLeftBehindError(
      left.map(({ name }) => name),
      left[0].reason,
      earlier,
    );
  }
}

function withDatabase(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}
