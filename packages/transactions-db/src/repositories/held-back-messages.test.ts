import { setTimeout as sleep } from 'node:timers/promises';
import { withPostgresClient, withTransaction } from '@finova/db-kit/postgres';
import { type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LedgerTestDatabase, openLedgerTestDatabase } from '../../test/ledger-test-database.ts';
import type { TransactionsDatabase } from '../schema/index.ts';
import type { HeldBackMessages } from './held-back-messages.ts';
import { OutboxReader } from './outbox-reader.ts';

describe('messages that wait for an open transaction', () => {
  let database: LedgerTestDatabase;

  beforeAll(async () => {
    database = await openLedgerTestDatabase();
  });
  afterAll(() => database?.close());

  /** Asked with the rights that a relay has. */
  const findHeldBack = () => {
    const db: Kysely<TransactionsDatabase> = database.db;
    return withTransaction(db, async (transaction) => {
      await sql`SET LOCAL ROLE finova_transactions_app`.execute(transaction);
      return new OutboxReader(transaction, 'tests').findHeldBack();
    });
  };

  /** The server is that of other tests too: what they have open may be older, and is waited for. */
  async function waitFor(isThere: (found: HeldBackMessages | undefined) => boolean): Promise<void> {
    const endsAtMs = performance.now() + 20_000;
    for (let found = await findHeldBack(); !isThere(found); found = await findHeldBack()) {
      expect(performance.now(), `waited for 20 s, and found ${JSON.stringify(found)}`).toBeLessThan(endsAtMs);
      await sleep(5);
    }
  }

  const write = async (count: number) => {
    await sql`
      INSERT INTO transactions.outbox (topic, key, payload)
      SELECT 'transaction.posted', transactions.uuid_v7(), '{}' FROM generate_series(1, ${count})`.execute(database.db);
  };
  const forget = () => database.db.deleteFrom('transactions.outbox').execute();

  it('are counted, and the session that they wait for is named, with the rights of the application', async () => {
    await withPostgresClient({ url: database.url, applicationName: 'forgetful report' }, async (client) => {
      await client.query('BEGIN');
      const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid, pg_current_xact_id()');
      await write(3);
      const pid = rows[0]?.pid;
      const databaseName = new URL(database.url).pathname.slice(1);
      await waitFor((found) => found?.holder !== undefined && 'pid' in found.holder && found.holder.pid === pid);
      await sleep(20);
      const found = await findHeldBack();
      expect(found).toEqual({
        messages: 3,
        oldestAgeMs: expect.any(Number),
        holder: {
          pid,
          user: decodeURIComponent(new URL(database.url).username),
          database: databaseName,
          applicationName: 'forgetful report',
        },
      });
      expect(found?.oldestAgeMs).toBeGreaterThanOrEqual(20);
      await client.query('COMMIT');
    });
    await waitFor((found) => found === undefined);
    await forget();
  });

  it('are none while nothing was written behind an open transaction', async () => {
    await write(1);
    await waitFor((found) => found === undefined);
    await withTransaction(database.db, async (transaction) => {
      await sql`SELECT pg_current_xact_id()`.execute(transaction);
      expect(await findHeldBack()).toBeUndefined();
    });
    await forget();
  });

  it('wait for a transaction that was prepared and left, too', async (context) => {
    const { rows } = await sql<{ most: number }>`
      SELECT current_setting('max_prepared_transactions')::integer AS most`.execute(database.db);
    context.skip(rows[0]?.most === 0, 'the server prepares no transactions (max_prepared_transactions)');
    const name = `left by ${process.pid}`;
    await withPostgresClient({ url: database.url, applicationName: 'two phases' }, async (client) => {
      await client.query('BEGIN');
      await client.query('SELECT pg_current_xact_id()');
      await client.query(`PREPARE TRANSACTION '${name}'`);
      try {
        await write(1);
        await waitFor(
          (found) =>
            found?.holder !== undefined &&
            'preparedTransaction' in found.holder &&
            found.holder.preparedTransaction === name,
        );
      } finally {
        await client.query(`ROLLBACK PREPARED '${name}'`);
      }
    });
    await waitFor((found) => found === undefined);
  });

  it('are counted up to 10,000', async () => {
    await forget();
    await withTransaction(database.db, async (transaction) => {
      await sql`SELECT pg_current_xact_id()`.execute(transaction);
      await write(10_001);
      expect((await findHeldBack())?.messages).toBe(10_000);
    });
  });
});
