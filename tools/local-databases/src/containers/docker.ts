import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { DatabaseEngine } from '../database-server.ts';

const run = promisify(execFile);

/** The services of docker-compose.yml by the engine they serve. */
export const COMPOSE_SERVICES: Readonly<Record<DatabaseEngine, string>> = { postgres: 'postgres', mongodb: 'mongo' };

/**
 * Whether a Docker daemon answers, found out in milliseconds: this is asked on every command, and most machines that
 * run it have no daemon.
 */
export async function dockerAnswers(environment: NodeJS.ProcessEnv = process.env): Promise<boolean> {
  const host = environment['DOCKER_HOST'];
  if (host !== undefined && !host.startsWith('unix://')) {
    return run('docker', ['version', '--format', '{{.Server.Version}}'], { timeout: 2_000 }).then(
      () => true,
      () => false,
    );
  }
  const sockets = host === undefined ? defaultSockets() : [host.slice('unix://'.length)];
  const answers = await Promise.all(sockets.filter((socket) => existsSync(socket)).map(connects));
  return answers.includes(true);
}

function defaultSockets(): string[] {
  return ['/var/run/docker.sock', join(homedir(), '.docker', 'run', 'docker.sock')];
}

function connects(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = createConnection(socket);
    connection.setTimeout(500);
    const end = (answer: boolean) => () => {
      connection.destroy();
      resolve(answer);
    };
    connection.once('connect', end(true)).once('error', end(false)).once('timeout', end(false));
  });
}

/**
 * The image of a service, as docker-compose.yml pins it or the environment names another: tests use the same one.
 */
export async function composeImage(
  workspaceRoot: string,
  engine: DatabaseEngine,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const text = await readFile(join(workspaceRoot, 'docker-compose.yml'), 'utf8');
  const service = COMPOSE_SERVICES[engine];
  const image = new RegExp(`^  ${service}:\\n(?:    .*\\n)*?    image: (\\S+)$`, 'm').exec(text)?.[1];
  if (image === undefined) {
    throw new Error(`docker-compose.yml has no image for service ${service}`);
  }
  const [, variable = '', usual] = /^\$\{(\w+):-(.+)\}$/.exec(image) ?? [];
  return usual === undefined ? image : environment[variable] || usual;
}

/** Whether the daemon has an image, or can pull it in time. */
export async function hasImage(image: string, pullTimeoutMs = 120_000): Promise<boolean> {
  const succeeds = (args: readonly string[], timeout: number) =>
    run('docker', [...args], { timeout }).then(
      () => true,
      () => false,
    );
  return (
    (await succeeds(['image', 'inspect', image], 5_000)) || (await succeeds(['pull', '--quiet', image], pullTimeoutMs))
  );
}
