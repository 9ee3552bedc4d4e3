import { sql } from 'kysely';
import { expect, it, onTestFinished } from 'vitest';
import { cuttableProxy } from '../../test/cuttable-proxy.ts';
import { DatabaseSilentError } from '../errors/index.ts';
import { testPostgresUrl } from '../testing/test-servers.ts';
import { createPostgresDatabase } from './pool.ts';
import { withTransaction } from './transaction.ts';

it('a connection on which no answer comes is given up, and its place taken by a new one', async () => {
  const proxy = await cuttableProxy(testPostgresUrl());
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
  proxy.stall();
  await expect(withTransaction(db, (transaction) => sql`SELECT 1`.execute(transaction))).rejects.toMatchObject({
    name: DatabaseSilentError.name,
    timeoutMs: 300,
  });
  proxy.recover();
  expect((await ask()).rows).toEqual([{ one: 1 }]);
});
