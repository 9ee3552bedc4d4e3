import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { DatabaseUnreachableError, InvalidDatabaseUrlError } from '../errors/index.ts';
import { testMongoUrl } from '../testing/test-servers.ts';
import { withMongoClient } from './connect.ts';
import { describeMongo, mongoAddress } from './describe-server.ts';

const SECRET = 'open-sesame';

describe('a connection to MongoDB', () => {
  it('tells what the server is, whether it has transactions, and where', async () => {
    await withMongoClient({ url: testMongoUrl(), applicationName: 'finova tests' }, async (client) => {
      const described = await describeMongo(client);
      expect(described.product).toMatch(/^(MongoDB \d|SecantusDB \d.* \(MongoDB \d)/);
      expect(described.hasTransactions).toBe(true);
      expect(mongoAddress(client)).toMatch(/^[\w.-]+:\d+/);
    });
  });

  it('reads 64-bit integers exactly', async () => {
    await withMongoClient({ url: testMongoUrl(), applicationName: 'finova tests' }, async (client) => {
      const [row] = await client
        .db('admin')
        .aggregate([{ $documents: [{ value: 9_223_372_036_854_775_807n }] }])
        .toArray();
      expect(row).toEqual({ value: 9_223_372_036_854_775_807n });
    });
  });

  it('to a port that nobody listens on names the address and shows no secret', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const url = `mongodb://user:${SECRET}@127.0.0.1:${port}/?directConnection=true`;
    const thrown = await withMongoClient(
      { url, applicationName: 'finova tests', connectTimeoutMs: 500 },
      async () => {},
    ).catch((caught) => caught);
    expect(thrown).toBeInstanceOf(DatabaseUnreachableError);
    expect(thrown.message).toContain(`127.0.0.1:${port} cannot be reached: connect ECONNREFUSED`);
    expect(inspect(thrown, { depth: 9 })).not.toContain(SECRET);
  });

  it('waits as long as its URL says, where that says how long', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const url = `mongodb://127.0.0.1:${port}/?directConnection=true&serverSelectionTimeoutMS=300&ConnectTimeoutMS=300`;
    const startedAtMs = performance.now();
    await expect(
      withMongoClient({ url, applicationName: 'finova tests', connectTimeoutMs: 60_000 }, async () => {}),
    ).rejects.toThrow(DatabaseUnreachableError);
    expect(performance.now() - startedAtMs).toBeLessThan(30_000);
    silent.close();
  });

  it.each([
    'not a URL',
    '',
    `postgresql://user:${SECRET}@127.0.0.1/`,
    `mongodb://user:${SECRET}/@127.0.0.1/`,
    `mongodb://user:${SECRET}@127.0.0.1:port/`,
    `mongodb://user:${SECRET}@127.0.0.1/?noSuchOption=1`,
  ])('by %j, which is none of its URLs, is refused and not shown', async (url) => {
    const thrown = await withMongoClient({ url, applicationName: 'finova tests' }, async () => {}).catch(
      (caught) => caught,
    );
    expect(thrown).toBeInstanceOf(InvalidDatabaseUrlError);
    expect(inspect(thrown, { depth: 9 })).not.toContain(SECRET);
  });
});
