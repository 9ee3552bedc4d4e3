import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv, promisify } from 'node:util';
import { z } from 'zod';
import type { DatabaseEngine } from '../database-server.ts';
import { COMPOSE_SERVICES, dockerAnswers } from './docker.ts';

const run = promisify(execFile);

const service = z.object({
  Service: z.string(),
  State: z.string(),
  Publishers: z.array(z.object({ PublishedPort: z.number() })).nullish(),
});

const PASSWORD_VARIABLE = 'FINOVA_COMPOSE_PASSWORD';
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
  const login = `${COMPOSE_USER}:${encodeURIComponent(await composePassword(workspaceRoot, environment))}`;
  return engine === 'postgres'
    ? `postgresql://${login}@127.0.0.1:${port}/finova`
    : `mongodb://${login}@127.0.0.1:${port}/?directConnection=true&authSource=admin`;
}

/** As Compose finds it: the environment before the `.env` file, and what is empty counts as unset. */
async function composePassword(workspaceRoot: string, environment: NodeJS.ProcessEnv): Promise<string> {
  const file = parseEnv(await readFile(join(workspaceRoot, '.env'), 'utf8').catch(() => ''));
  return environment[PASSWORD_VARIABLE] || file[PASSWORD_VARIABLE] || COMPOSE_PASSWORD;
}
