import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { sql } from 'kysely';
import { expect, it, onTestFinished } from 'vitest';
import { DatabaseSilentError } from '../errors/index.ts';
import { testPostgresUrl } from '../testing/test-servers.ts';
import { createPostgresDatabase } from './pool.ts';
import { withTransaction } from './transaction.ts';

/** Stands before the server, and passes nothing on any more once it is told to be silent. */
async function startProxy() {
  const target = new URL(testPostgresUrl());
  const sockets = new Set<Socket>();
  let isSilent = false;
  const proxy = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('data', (data) => isSilent || to.write(data)).on('error', () => {});
      from.on('close', () => to.destroy());
    }
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  onTestFinished(() => {
    proxy.close();
    for (const socket of sockets) {
      socket.destroy();
    }
  });
  const url = new URL(target);
  url.host = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  return {
    url: url.href,
    beSilent: (silent: boolean) => {
      isSilent = silent;
    },
  };
}

it('a connection on which no answer comes is given up, and its place taken by a new one', async () => {
  const proxy = await startProxy();
  const db = createPostgresDatabase({
    url: proxy.url,
    applicationName: 'finova tests',
    maxConnections: 1,
    statementTimeoutMs: 200,
    answerTimeoutMs: 300,
  });
  onTestFinished(() => db.destroy());
  const ask = () => sql<{ one: number }>`SELECT 1 AS one`.execute(db);
  expect((await ask()).rows).toEqual([{ one: 1 }]);
  proxy.beSilent(true);
  await expect(withTransaction(db, (transaction) => sql`SELECT 1`.execute(transaction))).rejects.toMatchObject({
    name: DatabaseSilentError.name,
    timeoutMs: 300,
  });
  proxy.beSilent(false);
  expect((await ask()).rows).toEqual([{ one: 1 }]);
});
