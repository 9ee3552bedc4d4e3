import { composeUrl } from './containers/compose.ts';
import { startTestContainer } from './containers/test-container.ts';
import type { DatabaseEngine, DatabaseServer, ServerSource } from './database-server.ts';
import { domainVariable, engineVariable, urlFromEnvironment } from './domain-url.ts';
import { ensureEmbeddedServer } from './embedded/embedded-servers.ts';
import { startThrowAwayServer } from './embedded/throw-away-servers.ts';
import { ForcedServerMissingError, InvalidServerChoiceError } from './errors.ts';
import { identifyServer } from './identify-server.ts';

export interface SelectServersOptions {
  readonly workspaceRoot: string;
  /** `command`: servers that outlive the command. `test`: servers of one test run. */
  readonly purpose: 'command' | 'test';
  readonly engines: readonly DatabaseEngine[];
  readonly environment?: NodeJS.ProcessEnv;
  /** Hears of what takes long, such as an installation. */
  readonly onProgress?: (line: string) => void;
}

const SOURCES: readonly ServerSource[] = ['url', 'containers', 'embedded'];

/**
 * Finds or starts a real server per engine, the first that applies: a URL in the environment, containers, embedded.
 *
 * @throws {InvalidDatabaseUrlError | DatabaseUnreachableError | DatabaseLoginRefusedError | DatabaseMissingError} for
 * a URL that is set and does not work: it is never passed over in silence.
 * @throws {ForcedServerMissingError | InvalidServerChoiceError} when `FINOVA_DATABASES` asks for what cannot be had.
 */
export async function selectServers(
  options: SelectServersOptions,
): Promise<Partial<Record<DatabaseEngine, DatabaseServer>>> {
  const servers = await Promise.allSettled(options.engines.map((engine) => selectServer(options, engine)));
  const failed = servers.find((result) => result.status === 'rejected');
  if (failed !== undefined) {
    await Promise.all(servers.map((result) => (result.status === 'fulfilled' ? result.value.stop() : undefined)));
    throw failed.reason;
  }
  return Object.fromEntries(
    servers.flatMap((result) => (result.status === 'fulfilled' ? [[result.value.engine, result.value]] : [])),
  );
}

/**
 * The server of one domain's own variable, such as `FINOVA_ACCOUNTS_URL`; `undefined` when it is not set.
 *
 * @throws as {@link selectServers}.
 */
export async function domainServer(
  domain: string,
  engine: DatabaseEngine,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<DatabaseServer | undefined> {
  return serverFromUrl(domainVariable(domain), engine, environment);
}

async function selectServer(options: SelectServersOptions, engine: DatabaseEngine): Promise<DatabaseServer> {
  const environment = options.environment ?? process.env;
  const forced = forcedSource(environment);
  for (const source of forced === undefined ? SOURCES : [forced]) {
    const server = await branches[source](options, engine, environment);
    if (server !== undefined) {
      return forced === undefined ? server : { ...server, reason: `${source}: FINOVA_DATABASES=${source} asks for it` };
    }
  }
  throw missing(forced ?? 'url', options, engine);
}

type Branch = (
  options: SelectServersOptions,
  engine: DatabaseEngine,
  environment: NodeJS.ProcessEnv,
) => Promise<DatabaseServer | undefined>;

const branches: Readonly<Record<ServerSource, Branch>> = {
  url: (_options, engine, environment) => serverFromUrl(engineVariable(engine), engine, environment),

  async containers({ workspaceRoot, purpose }, engine, environment) {
    if (purpose === 'test') {
      const container = await startTestContainer(workspaceRoot, engine, environment);
      return (
        container && {
          engine,
          source: 'containers',
          url: container.url,
          label: await identifyServer(engine, container.url),
          reason: `containers: a Docker daemon answers and has ${container.image}`,
          stop: container.stop,
        }
      );
    }
    const url = await composeUrl(workspaceRoot, engine, environment);
    return url === undefined
      ? undefined
      : {
          engine,
          source: 'containers',
          url,
          label: await identifyServer(engine, url),
          reason: 'containers: the docker-compose.yml service is up',
          stop: async () => {},
        };
  },

  async embedded({ workspaceRoot, purpose, onProgress }, engine) {
    const server =
      purpose === 'test'
        ? await startThrowAwayServer(workspaceRoot, engine, onProgress)
        : { ...(await ensureEmbeddedServer(workspaceRoot, engine, onProgress)), stop: async () => {} };
    const why = [`${engineVariable(engine)} is not set and no container is there`, server.programReason];
    return {
      engine,
      source: 'embedded',
      url: server.url,
      label: server.label,
      reason: `embedded: ${why.filter(Boolean).join('; ')}`,
      stop: server.stop,
    };
  },
};

async function serverFromUrl(
  variable: string,
  engine: DatabaseEngine,
  environment: NodeJS.ProcessEnv,
): Promise<DatabaseServer | undefined> {
  const found = urlFromEnvironment(variable, engine, environment);
  return (
    found && {
      engine,
      source: 'url',
      url: found.url,
      label: await identifyServer(engine, found.url),
      reason: `url: ${variable} is set`,
      stop: async () => {},
    }
  );
}

function forcedSource(environment: NodeJS.ProcessEnv): ServerSource | undefined {
  const text = environment['FINOVA_DATABASES'];
  if (text === undefined || text === '') {
    return undefined;
  }
  const source = SOURCES.find((candidate) => candidate === text);
  if (source === undefined) {
    throw new InvalidServerChoiceError(text);
  }
  return source;
}

function missing(source: ServerSource, { purpose }: SelectServersOptions, engine: DatabaseEngine): Error {
  if (source === 'url') {
    const variable = engineVariable(engine);
    return new ForcedServerMissingError(source, engine, `${variable} is not set`, `set ${variable}`);
  }
  return purpose === 'test'
    ? new ForcedServerMissingError(source, engine, 'no Docker daemon answers, or it has no image', 'start Docker')
    : new ForcedServerMissingError(source, engine, 'its service is not up', 'run docker compose up --wait');
}
