import type { DatabaseEngine } from '../database-server.ts';
import { generatePassword } from '../embedded/state-file.ts';
import { composeImage, dockerAnswers, hasImage } from './docker.ts';

/** A container of one test run. */
export interface TestContainer {
  readonly url: string;
  readonly image: string;
  stop(): Promise<void>;
}

/**
 * Starts a container with the image that docker-compose.yml pins, where a Docker daemon answers and has the image or
 * can pull it.
 *
 * @returns `undefined` where it cannot be had.
 */
export async function startTestContainer(
  workspaceRoot: string,
  engine: DatabaseEngine,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<TestContainer | undefined> {
  if (!(await dockerAnswers(environment))) {
    return undefined;
  }
  const image = await composeImage(workspaceRoot, engine);
  if (!(await hasImage(image))) {
    return undefined;
  }
  await settleReaper(environment);
  // Docker publishes a container's ports to the network, not to this machine alone.
  const password = generatePassword();
  if (engine === 'postgres') {
    const { PostgreSqlContainer } = await import('@testcontainers/postgresql');
    const container = await new PostgreSqlContainer(image)
      .withDatabase('finova')
      .withUsername('finova')
      .withPassword(password)
      .withCommand(['postgres', '-c', 'fsync=off', '-c', 'max_connections=200', '-c', 'max_prepared_transactions=8'])
      .start();
    return {
      url: byAddress(new URL(container.getConnectionUri())),
      image,
      stop: async () => void (await container.stop()),
    };
  }
  const { MongoDBContainer } = await import('@testcontainers/mongodb');
  const container = await new MongoDBContainer(image).withUsername('finova').withPassword(password).start();
  const url = new URL(container.getConnectionString());
  url.searchParams.set('directConnection', 'true');
  url.searchParams.set('authSource', 'admin');
  return { url: byAddress(url), image, stop: async () => void (await container.stop()) };
}

/** `localhost` may mean IPv6 first, on which the same port can be another container's. */
function byAddress(url: URL): string {
  if (url.hostname === 'localhost') {
    url.hostname = '127.0.0.1';
  }
  return url.href;
}

/** The image with which Testcontainers removes what a killed run leaves. */
const REAPER_IMAGE = 'testcontainers/ryuk:0.14.0';
/** A network without an answer must not take up the time of a test. */
const REAPER_PULL_TIMEOUT_MS = 20_000;
/** Asked once: it is the same for every container of a run. */
let hasReaper: Promise<boolean> | undefined;

/**
 * Testcontainers refuses to start anything when it cannot pull its reaper, and asks the environment whether to use
 * one. Without it a run that is killed leaves its containers; that is better than no run.
 */
async function settleReaper(environment: NodeJS.ProcessEnv): Promise<void> {
  if (environment['TESTCONTAINERS_RYUK_DISABLED'] === undefined) {
    hasReaper ??= hasImage(REAPER_IMAGE, REAPER_PULL_TIMEOUT_MS);
    if (!(await hasReaper)) {
      process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true';
    }
  }
}
