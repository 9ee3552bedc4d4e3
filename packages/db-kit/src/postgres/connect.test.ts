import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  DatabaseLoginRefusedError,
  DatabaseMissingError,
  DatabaseUnreachableError,
  InvalidDatabaseUrlError,
} from '../errors/index.ts';
import { testPostgresUrl } from '../testing/test-servers.ts';
import { withPostgresClient } from './connect.ts';
import { describePostgres } from './describe-server.ts';

const SECRET = 'open-sesame';

const urlWith = (change: (url: URL) => void) => {
  const url = new URL(testPostgresUrl());
  change(url);
  return url.href;
};
const connect = (url: string, connectTimeoutMs = 5_000) =>
  withPostgresClient({ url, applicationName: 'finova tests', connectTimeoutMs }, async () => 'connected').catch(
    (thrown) => thrown,
  );

/** A port that nobody listens on, or somebody who never answers. */
async function somePort({ silent }: { silent: boolean }): Promise<string> {
  const server = createServer(() => {}).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  if (silent) {
    onTestFinished(() => void server.close());
  } else {
    server.close();
    await once(server, 'close');
  }
  return String(port);
}

describe('a connection to PostgreSQL', () => {
  it('tells what the server is, without secrets', async () => {
    const url = testPostgresUrl();
    const said = await withPostgresClient({ url, applicationName: 'finova tests' }, describePostgres);
    expect(said).toMatch(/^PostgreSQL \d+(\.\d+)? at [^@]+:\d+\/\w+$/);
    expect(said).not.toContain(new URL(url).password || '@');
  });

  it('is closed however its use ends', async () => {
    const url = testPostgresUrl();
    let used: { query(text: string): Promise<unknown> } | undefined;
    await expect(
      withPostgresClient({ url, applicationName: 'finova tests' }, async (client) => {
        used = client;
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    await expect(used?.query('SELECT 1')).rejects.toThrow();
  });

  it.each<[string, () => Promise<string>, typeof DatabaseUnreachableError]>([
    [
      'to a port that nobody listens on',
      async () => {
        const port = await somePort({ silent: false });
        return urlWith((url) => Object.assign(url, { port, password: SECRET }));
      },
      DatabaseUnreachableError,
    ],
    [
      'to a host that does not exist',
      async () => urlWith((url) => Object.assign(url, { hostname: 'nowhere.invalid', password: SECRET })),
      DatabaseUnreachableError,
    ],
  ])('%s names the address and shows no secret', async (_, url, expected) => {
    const target = await url();
    const thrown = await connect(target);
    expect(thrown).toBeInstanceOf(expected);
    const { hostname, port } = new URL(target);
    expect(thrown.address).toBe(`${hostname}:${port}`);
    expect(thrown.message).toContain(`${hostname}:${port} cannot be reached`);
    expect(thrown.next).toContain('finova-db doctor');
    expect(inspect(thrown, { depth: 9 })).not.toContain(SECRET);
  });

  it('to a server that does not answer is given up on in time', async () => {
    const port = await somePort({ silent: true });
    const startedAtMs = performance.now();
    expect(
      await connect(
        urlWith((url) => Object.assign(url, { port })),
        200,
      ),
    ).toBeInstanceOf(DatabaseUnreachableError);
    expect(performance.now() - startedAtMs).toBeLessThan(2_000);
  });

  it('with a wrong password names the user and shows no secret', async () => {
    const thrown = await connect(urlWith((url) => Object.assign(url, { password: SECRET })));
    expect(thrown).toBeInstanceOf(DatabaseLoginRefusedError);
    expect(thrown.user).toBe(new URL(testPostgresUrl()).username);
    expect(inspect(thrown, { depth: 9 })).not.toContain(SECRET);
  });

  it('without a password is a login that is refused', async () => {
    expect(await connect(urlWith((url) => Object.assign(url, { password: '' })))).toBeInstanceOf(
      DatabaseLoginRefusedError,
    );
  });

  it('to a database that does not exist names it', async () => {
    const thrown = await connect(urlWith((url) => Object.assign(url, { pathname: '/no_such_database' })));
    expect(thrown).toBeInstanceOf(DatabaseMissingError);
    expect(thrown).toMatchObject({ database: 'no_such_database' });
    expect(thrown.next).toContain('createdb no_such_database');
  });

  it.each([
    'not a URL',
    '',
    `postgresql://user:${SECRET}@host:port/database`,
    `mysql://user:${SECRET}@127.0.0.1:3306/database`,
  ])('by %j, which is none of its URLs, is refused and not shown', async (url) => {
    const thrown = await connect(url);
    expect(thrown).toBeInstanceOf(InvalidDatabaseUrlError);
    expect(inspect(thrown, { depth: 9 })).not.toContain(SECRET);
  });
});
