import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { DatabaseEngine } from '../database-server.ts';
import { COMPOSE_SERVICES, dockerAnswers } from './docker.ts';

const run = promisify(execFile);

const service = z.object({
  Service: z.string(),
  State: z.string(),
  Publishers: z.array(z.object({ PublishedPort: z.number() })).nullish(),
});

/** The user of both services in docker-compose.yml. */
const COMPOSE_USER = 'finova';
/** As in docker-compose.yml: reachable from this machine only, so the default is no secret. */
const COMPOSE_PASSWORD = 'finova-loopback-only';

/**
 * The URL of this workspace's docker-compose.yml service for an engine, where it is up.
 *
 * @returns `undefined` when no daemon answers, the service is not up, or Docker does not answer in two seconds.
 */
export async function composeUrl(
  workspaceRoot: string,
  engine: DatabaseEngine,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<string | undefined> {
  if (!(await dockerAnswers(environment))) {
    return undefined;
  }
  const listed = await run('docker', ['compose', 'ps', '--format', 'json', COMPOSE_SERVICES[engine]], {
    cwd: workspaceRoot,
    timeout: 2_000,
  }).catch(() => undefined);
  // One JSON document per line; older versions of Compose print one array.
  const services = (listed?.stdout ?? '')
    .split('\n')
    .filter(Boolean)
    .flatMap((line) => JSON.parse(line) as unknown)
    .map((item) => service.safeParse(item).data);
  const up = services.find((found) => found?.Service === COMPOSE_SERVICES[engine] && found.State === 'running');
  const port = up?.Publishers?.find(({ PublishedPort }) => PublishedPort > 0)?.PublishedPort;
  if (port === undefined) {
    return undefined;
  }
  const login = `${COMPOSE_USER}:${encodeURIComponent(environment['FINOVA_COMPOSE_PASSWORD'] ?? COMPOSE_PASSWORD)}`;
  return engine === 'postgres'
    ? `postgresql://${login}@127.0.0.1:${port}/finova`
    : `mongodb://${login}@127.0.0.1:${port}/?directConnection=true&authSource=admin`;
}
