import { FinovaError, InvalidDatabaseUrlError } from '@finova/db-kit';
import { composeUrl } from './containers/compose.ts';
import { COMPOSE_SERVICES } from './containers/docker.ts';
import { startTestContainer } from './containers/test-container.ts';
import type { DatabaseEngine, DatabaseServer, ServerSource } from './database-server.ts';
import { domainVariable, engineVariable, urlFromEnvironment } from './domain-url.ts';
import { ensureEmbeddedServer } from './embedded/embedded-servers.ts';
import { startThrowAwayServer } from './embedded/throw-away-servers.ts';
import {
  ComposeServerError,
  EnvironmentServerError,
  ForcedServerMissingError,
  InvalidServerChoiceError,
} from './errors.ts';
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
 * @throws {InvalidDatabaseUrlError | EnvironmentServerError | ComposeServerError | EmbeddedServerError} for a server
 * that is named or up and does not work: it is never passed over in silence.
 * @throws {ForcedServerMissingError | InvalidServerChoiceError} when `FINOVA_DATABASES` asks for what cannot be had.
 */
export async function selectServers(
  options: SelectServersOptions,
): Promise<Partial<Record<DatabaseEngine, DatabaseServer>>> {
  forcedSource(options.environment ?? process.env);
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
 * The server of one domain's own variable, such as `FINOVA_ACCOUNTS_URL`; `undefined` when it is not set, or when
 * `FINOVA_DATABASES` forces another branch.
 *
 * @throws as {@link selectServers}.
 */
export async function domainServer(
  domain: string,
  engine: DatabaseEngine,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<DatabaseServer | undefined> {
  const source = forcedSource(environment) ?? 'url';
  return source === 'url' ? serverFromUrl(domainVariable(domain), engine, environment) : undefined;
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
      return testContainerServer(workspaceRoot, engine, environment);
    }
    const url = await composeUrl(workspaceRoot, engine, environment);
    return url === undefined
      ? undefined
      : {
          engine,
          source: 'containers',
          url,
          label: await identifyServer(engine, url).catch((thrown: unknown) => {
            throw thrown instanceof FinovaError ? new ComposeServerError(COMPOSE_SERVICES[engine], thrown) : thrown;
          }),
          reason: `containers: service ${COMPOSE_SERVICES[engine]} of docker-compose.yml is up`,
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

async function testContainerServer(
  workspaceRoot: string,
  engine: DatabaseEngine,
  environment: NodeJS.ProcessEnv,
): Promise<DatabaseServer | undefined> {
  const container = await startTestContainer(workspaceRoot, engine, environment);
  if (container === undefined) {
    return undefined;
  }
  const { url, image, stop } = container;
  try {
    const label = await identifyServer(engine, url);
    return { engine, source: 'containers', url, label, reason: `containers: Testcontainers started ${image}`, stop };
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}

async function serverFromUrl(
  variable: string,
  engine: DatabaseEngine,
  environment: NodeJS.ProcessEnv,
): Promise<DatabaseServer | undefined> {
  const found = urlFromEnvironment(variable, engine, environment);
  if (found === undefined) {
    return undefined;
  }
  const { url } = found;
  try {
    const label = await identifyServer(engine, url);
    return { engine, source: 'url', url, label, reason: `url: ${variable} is set`, stop: async () => {} };
  } catch (thrown) {
    if (thrown instanceof InvalidDatabaseUrlError) {
      throw new InvalidDatabaseUrlError(variable, 'a connection string', 'one that the driver cannot read');
    }
    throw thrown instanceof FinovaError ? new EnvironmentServerError(variable, thrown) : thrown;
  }
}

function forcedSource(environment: NodeJS.ProcessEnv): ServerSource | undefined {
  const text = environment['FINOVA_DATABASES']?.trim();
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
