import { createServer } from 'node:net';
import {
  DatabaseLoginRefusedError,
  DatabaseMissingError,
  DatabaseUnreachableError,
  InvalidDatabaseUrlError,
} from '@finova/db-kit';
import getPort from 'get-port';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import {
  type DatabaseEngine,
  domainServer,
  EnvironmentServerError,
  ForcedServerMissingError,
  InvalidServerChoiceError,
  selectServers,
} from '../src/index.ts';

const WORKSPACE = `${import.meta.dirname}/../../..`;

let urls: Record<DatabaseEngine, string>;
let stop: () => Promise<void>;

beforeAll(async () => {
  // Servers of our own, because they surely ask for a password.
  const servers = await select({ FINOVA_DATABASES: 'embedded' });
  urls = { postgres: servers.postgres?.url ?? '', mongodb: servers.mongodb?.url ?? '' };
  stop = async () => {
    await Promise.all(Object.values(servers).map((server) => server.stop()));
  };
});
afterAll(() => stop());

function select(environment: NodeJS.ProcessEnv, engines: readonly DatabaseEngine[] = ['postgres', 'mongodb']) {
  return selectServers({ workspaceRoot: WORKSPACE, purpose: 'test', engines, environment });
}

/** What selecting by one engine's variable fails with. */
async function failure(engine: DatabaseEngine, url: string): Promise<EnvironmentServerError> {
  const variable = engine === 'postgres' ? 'FINOVA_POSTGRES_URL' : 'FINOVA_MONGODB_URL';
  const thrown = await select({ [variable]: url }, [engine]).catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(EnvironmentServerError);
  const error = thrown as EnvironmentServerError;
  expect(error.variable).toBe(variable);
  expect(error.message).toContain(`The server of ${variable} cannot be used`);
  return error;
}

/** The same URL with other parts; MongoDB's is one of a single host here. */
function withParts(url: string, parts: Partial<Pick<URL, 'username' | 'password' | 'port' | 'pathname'>>): string {
  return Object.assign(new URL(url), parts).href;
}

describe('a URL in the environment', () => {
  test('is used as it is, and told by its variable', async () => {
    const { postgres, mongodb } = await select({
      FINOVA_POSTGRES_URL: urls.postgres,
      FINOVA_MONGODB_URL: urls.mongodb,
    });

    expect(postgres).toMatchObject({ source: 'url', url: urls.postgres, reason: 'url: FINOVA_POSTGRES_URL is set' });
    expect(postgres?.label).toMatch(new RegExp(`^PostgreSQL \\d+\\.\\d+ at ${new URL(urls.postgres).host}/`));
    expect(mongodb).toMatchObject({ source: 'url', url: urls.mongodb, reason: 'url: FINOVA_MONGODB_URL is set' });
    expect(mongodb?.label).toMatch(new RegExp(`^(?:MongoDB|SecantusDB) \\d\\S*.* at ${new URL(urls.mongodb).host}$`));
  });

  test('is not stopped with the servers of a test', async () => {
    const { postgres } = await select({ FINOVA_POSTGRES_URL: urls.postgres }, ['postgres']);
    await postgres?.stop();

    await expect(select({ FINOVA_POSTGRES_URL: urls.postgres }, ['postgres'])).resolves.toHaveProperty('postgres');
  });

  test.for(['postgres', 'mongodb'] as const)('of a %s that is down is told with its address', async (engine) => {
    const port = String(await getPort());
    const error = await failure(engine, withParts(urls[engine], { port }));

    expect(error.cause).toBeInstanceOf(DatabaseUnreachableError);
    expect(error.message).toContain(`127.0.0.1:${port} cannot be reached`);
  });

  test.for(['postgres', 'mongodb'] as const)('of a %s with a wrong password does not repeat it', async (engine) => {
    const error = await failure(engine, withParts(urls[engine], { password: 'not-the-secret' }));

    expect(error.cause).toBeInstanceOf(DatabaseLoginRefusedError);
    expect(error.message).toContain('refused the login of user finova');
    expect(error.message).not.toContain('not-the-secret');
  });

  test('of a PostgreSQL that asks for a password names the user who has none', async () => {
    const error = await failure('postgres', withParts(urls.postgres, { password: '' }));

    expect(error.cause).toBeInstanceOf(DatabaseLoginRefusedError);
    expect(error.message).toContain('refused the login of user finova');
  });

  test('of a MongoDB that asks for a password is refused without a user, though connecting works', async () => {
    const error = await failure('mongodb', `mongodb://${new URL(urls.mongodb).host}/?directConnection=true`);

    expect(error.cause).toBeInstanceOf(DatabaseLoginRefusedError);
    expect(error.message).toContain('refused the login of user (none)');
  });

  test('of a database that does not exist names it', async () => {
    const error = await failure('postgres', withParts(urls.postgres, { pathname: '/nowhere' }));

    expect(error.cause).toBeInstanceOf(DatabaseMissingError);
    expect(error.message).toContain('has no database nowhere');
  });

  test.for(['postgres', 'mongodb'] as const)(
    'of a %s that takes the connection and says nothing is given up',
    {
      timeout: 15_000,
    },
    async (engine) => {
      const silent = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
      onTestFinished(() => void silent.close());
      await new Promise((resolve) => silent.once('listening', resolve));
      const { port } = silent.address() as { readonly port: number };
      const startedAtMs = performance.now();

      const error = await failure(engine, withParts(urls[engine], { port: String(port) }));

      expect(error.cause).toBeInstanceOf(DatabaseUnreachableError);
      expect(performance.now() - startedAtMs).toBeLessThan(8_000);
    },
  );

  test('that the driver cannot read is told by its variable', async () => {
    const url = `mongodb://user:secret@${new URL(urls.mongodb).host}/?colour=blue`;
    const attempt = select({ FINOVA_MONGODB_URL: url }, ['mongodb']);

    await expect(attempt).rejects.toThrow(InvalidDatabaseUrlError);
    await expect(attempt).rejects.toThrow('The database URL in FINOVA_MONGODB_URL is not valid');
    await expect(attempt).rejects.not.toThrow(/secret/);
  });

  test('of one domain goes before the one of its engine, for that domain alone', async () => {
    const environment = { FINOVA_ACCOUNTS_URL: urls.postgres, FINOVA_POSTGRES_URL: 'postgresql://127.0.0.1:1/other' };

    const server = await domainServer('accounts-db', 'postgres', environment);
    expect(server).toMatchObject({ url: urls.postgres, reason: 'url: FINOVA_ACCOUNTS_URL is set' });
    await expect(domainServer('transactions-db', 'postgres', environment)).resolves.toBeUndefined();
  });

  test('of one domain is told by its own variable when it does not work', async () => {
    const url = withParts(urls.mongodb, { password: 'not-the-secret' });
    const attempt = domainServer('preferences-db', 'mongodb', { FINOVA_PREFERENCES_URL: url });

    await expect(attempt).rejects.toThrow('The server of FINOVA_PREFERENCES_URL cannot be used');
  });
});

describe('FINOVA_DATABASES', () => {
  test('is refused when it is no branch, before any server is looked for', async () => {
    const attempt = select({ FINOVA_DATABASES: 'docker' }, []);

    await expect(attempt).rejects.toThrow(InvalidServerChoiceError);
    await expect(attempt).rejects.toThrow('expected url, containers or embedded, found docker');
  });

  test('as url names the variable that is missing, also when the other engine has its own', async () => {
    const attempt = select({ FINOVA_DATABASES: 'url', FINOVA_POSTGRES_URL: urls.postgres });

    await expect(attempt).rejects.toThrow(ForcedServerMissingError);
    await expect(attempt).rejects.toThrow('FINOVA_MONGODB_URL is not set');
  });

  test('as containers is refused where no Docker daemon answers', async () => {
    const environment = { FINOVA_DATABASES: 'containers', DOCKER_HOST: 'unix:///nowhere/docker.sock' };

    await expect(select(environment, ['postgres'])).rejects.toThrow(ForcedServerMissingError);
    const command = selectServers({ workspaceRoot: WORKSPACE, purpose: 'command', engines: ['mongodb'], environment });
    await expect(command).rejects.toThrow('run docker compose up --wait');
  });

  test('as embedded passes over URLs, a domain’s own included', async () => {
    const environment = { FINOVA_DATABASES: 'embedded', FINOVA_ACCOUNTS_URL: urls.postgres };

    await expect(domainServer('accounts-db', 'postgres', environment)).resolves.toBeUndefined();
  });
});
