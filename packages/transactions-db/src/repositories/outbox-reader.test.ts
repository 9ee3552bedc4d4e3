import { setTimeout as sleep } from 'node:timers/promises';
import { createPostgresDatabase, withTransaction } from '@finova/db-kit/postgres';
import { type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LedgerTestDatabase, openLedgerTestDatabase } from '../../test/ledger-test-database.ts';
import { OutboxPassedError, UnknownConsumerError, UnknownMessageError } from '../errors.ts';
import type { TransactionsDatabase } from '../schema/index.ts';
import { type OutboxMessage, OutboxReader } from './outbox-reader.ts';

const placeOf = ({ writer, position }: OutboxMessage) => `${writer}/${position}`;

describe('the outbox', () => {
  let database: LedgerTestDatabase;
  let payer: string;
  let payee: string;

  beforeAll(async () => {
    database = await openLedgerTestDatabase();
    [payer, payee] = [await database.openAccount(), await database.openAccount()];
    await database.fund(payer, 1_000_000n);
  });
  afterAll(() => database?.close());

  const post = (db: Kysely<TransactionsDatabase> = database.db) =>
    sql<{ id: string }>`
      SELECT transactions.post_transaction('outbox', gen_random_uuid()::text, jsonb_build_object('transfers',
        jsonb_build_array(jsonb_build_object('debit_account_id', ${payer}::uuid, 'credit_account_id', ${payee}::uuid,
          'currency', 'EUR', 'amount_minor', 1)))) ->> 'transaction_id' AS id`
      .execute(db)
      .then(({ rows }) => rows[0]?.id ?? '');

  /** The server is that of other tests too, and what they have open is waited for as well. */
  async function waitFor(isThere: () => Promise<boolean>): Promise<void> {
    const endsAtMs = performance.now() + 20_000;
    while (!(await isThere())) {
      expect(performance.now(), 'waited for 20 s').toBeLessThan(endsAtMs);
      await sleep(5);
    }
  }

  /** At the end of what is there, so that a test begins with what it writes itself. */
  async function readerAtTheEnd(consumer: string): Promise<OutboxReader> {
    const reader = new OutboxReader(database.db, consumer);
    await reader.read(1);
    await waitFor(async () => {
      await reader.handle(async () => {});
      const { rows } = await sql<{ left: bigint }>`
        SELECT count(*) AS left FROM transactions.outbox AS message, transactions.outbox_consumers AS done
        WHERE consumer = ${consumer} AND (message.writer, message.position) > (done.writer, done.position)`.execute(
        database.db,
      );
      return rows[0]?.left === 0n;
    });
    return reader;
  }

  async function read(reader: OutboxReader, count: number): Promise<OutboxMessage[]> {
    let messages: OutboxMessage[] = [];
    await waitFor(async () => {
      messages = await reader.read();
      return messages.length >= count;
    });
    return messages;
  }

  it('keeps what a consumer that reads for the first time has not read yet, whoever prunes meanwhile', async () => {
    const old = await readerAtTheEnd('old');
    await post();
    await post();
    await read(old, 2);
    await waitFor(async () => (await old.handle(async () => {})) === 0);
    const db: Kysely<TransactionsDatabase> = database.db;
    const transaction = await db.startTransaction().execute();
    const first = await new OutboxReader(transaction, 'new').read(1);
    const pruning = old.prune();
    await sql`SELECT pg_sleep(0.2)`.execute(database.db);
    await transaction.commit().execute();
    await pruning;
    expect(await new OutboxReader(database.db, 'new').read(1)).toEqual(first);
  });

  it('is read in order, from where the consumer stopped, by each consumer for itself', async () => {
    const [one, other] = [await readerAtTheEnd('one'), await readerAtTheEnd('other')];
    const ids = [await post(), await post(), await post()];
    const [first, ...rest] = await read(one, 3);
    expect([first, ...rest].map((message) => message?.key)).toEqual(ids);
    expect(first).toMatchObject({
      topic: 'transaction.posted',
      payload: { transaction_id: ids[0], kind: 'posted' },
      createdAt: expect.any(Date),
      position: expect.any(BigInt),
    });
    await one.advance(first as OutboxMessage);
    expect((await one.read(1)).map(({ key }) => key)).toEqual([ids[1]]);
    expect((await read(other, 3)).map(({ key }) => key)).toEqual(ids);
  });

  it('comes again when it could not be handled, and only then', async () => {
    const reader = await readerAtTheEnd('retrying');
    const id = await post();
    await read(reader, 1);
    const seen: string[] = [];
    await expect(
      reader.handle(async (messages) => {
        seen.push(...messages.map(({ key }) => key));
        throw new Error('The inbox is away');
      }),
    ).rejects.toThrow('The inbox is away');
    expect(await reader.handle(async (messages) => void seen.push(...messages.map(({ key }) => key)))).toBe(1);
    expect(seen).toEqual([id, id]);
    expect(await reader.handle(async () => expect.unreachable())).toBe(0);
  });

  it('lets nobody pass an open transaction, whose messages have earlier places', async () => {
    const reader = await readerAtTheEnd('patient');
    const { early, late } = await withTransaction(database.db, async (transaction) => {
      // The accounts are others, so that the late one does not wait.
      const [account, clearing] = [await database.openAccount(), database.clearing];
      const key = { scope: 'outbox', key: `early ${account}` };
      await sql`SELECT pg_current_xact_id()`.execute(transaction);
      const late = await post();
      expect(await reader.read()).toEqual([]);
      const { rows } = await sql<{ id: string }>`
        SELECT transactions.post_transaction(${key.scope}, ${key.key}, jsonb_build_object('transfers', jsonb_build_array(
          jsonb_build_object('debit_account_id', ${clearing}::uuid, 'credit_account_id', ${account}::uuid, 'currency', 'EUR',
            'amount_minor', 1)))) ->> 'transaction_id' AS id`.execute(transaction);
      return { early: rows[0]?.id, late };
    });
    expect((await read(reader, 2)).map(({ key }) => key)).toEqual([early, late]);
  });

  it('loses nothing and repeats nothing while many write and commit out of order', async () => {
    const reader = await readerAtTheEnd('racing');
    const writers = createPostgresDatabase<TransactionsDatabase>({
      url: database.url,
      applicationName: 'tests',
      maxConnections: 12,
    });
    try {
      const written: string[] = [];
      const seen: OutboxMessage[] = [];
      let writing = true;
      const write = async (writer: number) => {
        for (let round = 0; round < 15; round += 1) {
          const rolledBack = round % 5 === 4;
          await withTransaction(writers, async (transaction) => {
            const { rows } = await sql<{ key: string }>`
              INSERT INTO transactions.outbox (topic, key, payload)
              SELECT 'transaction.posted', transactions.uuid_v7(), '{}' FROM generate_series(1, 1 + ${round % 3}) RETURNING key`.execute(
              transaction,
            );
            // Some commit long after those that began later, and some never.
            await sql`SELECT pg_sleep(${((writer * 7 + round * 13) % 20) / 1_000})`.execute(transaction);
            if (rolledBack) {
              throw new Error('Rolled back');
            }
            return rows.map(({ key }) => key);
          }).then(
            (keys) => written.push(...keys),
            (thrown: Error) => expect(thrown.message).toBe('Rolled back'),
          );
        }
      };
      const readAll = async () => {
        do {
          await reader.handle(async (messages) => void seen.push(...messages), 7);
        } while (writing);
        await waitFor(async () => {
          await reader.handle(async (messages) => void seen.push(...messages), 50);
          return seen.length >= written.length;
        });
      };
      const reading = Promise.all([readAll(), readAll()]);
      await Promise.all(Array.from({ length: 10 }, (_, writer) => write(writer)));
      writing = false;
      await reading;
      expect(new Set(seen.map(placeOf)).size).toBe(seen.length);
      expect(seen.map(({ key }) => key).sort()).toEqual(written.sort());
    } finally {
      await writers.destroy();
    }
  });

  it('never goes back for a consumer', async () => {
    const reader = await readerAtTheEnd('forward');
    await post();
    await post();
    const [first, second] = (await read(reader, 2)) as [OutboxMessage, OutboxMessage];
    await reader.advance(second);
    await reader.advance(second);
    await expect(reader.advance(first)).rejects.toThrow(OutboxPassedError);
    expect(await reader.read()).toEqual([]);
  });

  it('keeps no place for a consumer that has never read', async () => {
    const stranger = new OutboxReader(database.db, 'stranger');
    await expect(stranger.advance({ writer: '1', position: 1n })).rejects.toThrow(UnknownConsumerError);
  });

  it('is pruned of what every consumer is done with', async () => {
    const reader = await readerAtTheEnd('pruning');
    for (const consumer of ['old', 'new', 'one', 'other', 'retrying', 'patient', 'racing', 'forward']) {
      await readerAtTheEnd(consumer);
    }
    const id = await post();
    await reader.prune();
    const { rows } = await sql<{ key: string }>`SELECT key FROM transactions.outbox`.execute(database.db);
    expect(rows).toEqual([{ key: id }]);
  });

  describe('sets aside what cannot be handled', () => {
    const setAllAside =
      (consumer: string, reason = 'unreadable') =>
      async (messages: readonly OutboxMessage[], transaction: Kysely<TransactionsDatabase>) => {
        for (const message of messages) {
          await new OutboxReader(transaction, consumer).setAside(message, reason);
        }
      };
    const kept = (consumer: string) =>
      database.db
        .selectFrom('transactions.outbox_set_aside')
        .select(['key', 'reason', 'attempts'])
        .where('consumer', '=', consumer)
        .orderBy('writer')
        .execute();

    it('and goes on behind it; it is there when the outbox is pruned, and gone when it was handled', async () => {
      const reader = await readerAtTheEnd('aside');
      const [bad, good] = [await post(), await post()];
      await read(reader, 2);
      await reader.handle(setAllAside('aside'), 1);
      expect((await read(reader, 1)).map(({ key }) => key)).toEqual([good]);
      await database.db.deleteFrom('transactions.outbox').where('key', '=', bad).execute();

      expect(await reader.handleSetAside(async (messages) => messages.slice(1))).toBe(1);
      await reader.handleSetAside(async (messages, transaction) => {
        await setAllAside('aside', 'still unreadable')(messages, transaction);
        return [];
      });
      expect(await kept('aside')).toEqual([{ key: bad, reason: 'still unreadable', attempts: 2 }]);
      expect(await reader.countSetAside()).toBe(1);

      const tried: string[] = [];
      await reader.handleSetAside(async (messages) => {
        tried.push(...messages.map(({ key }) => key));
        return messages;
      });
      expect(tried).toEqual([bad]);
      expect(await reader.countSetAside()).toBe(0);
      expect(await reader.handleSetAside(async () => expect.unreachable())).toBe(0);
    });

    it('only together with the place that it keeps', async () => {
      const reader = await readerAtTheEnd('together');
      const id = await post();
      await read(reader, 1);
      const handling = reader.handle(async (messages, transaction) => {
        await setAllAside('together')(messages, transaction);
        throw new Error('The process ended here');
      });
      await expect(handling).rejects.toThrow('The process ended here');
      expect(await reader.countSetAside()).toBe(0);
      expect((await reader.read()).map(({ key }) => key)).toEqual([id]);
    });

    it('for each consumer by itself, and gives several who try again different ones', async () => {
      const reader = await readerAtTheEnd('several');
      const ids = [await post(), await post()].sort();
      await read(reader, 2);
      await reader.handle(setAllAside('several', 'x'.repeat(600)));
      const tried: string[] = [];
      await reader.handleSetAside(async (first) => {
        await reader.handleSetAside(async (second) => {
          tried.push(...[...first, ...second].map(({ key }) => key));
          return second;
        }, 1);
        return first;
      }, 1);
      expect(tried.sort()).toEqual(ids);
      expect(await new OutboxReader(database.db, 'aside').countSetAside()).toBe(0);
    });

    it('but nothing that was never written', async () => {
      const reader = await readerAtTheEnd('nothing');
      await expect(reader.setAside({ writer: '1', position: 0n }, 'unreadable')).rejects.toThrow(UnknownMessageError);
    });
  });

  it.each(['', 'Relay', 'a b', 'x'.repeat(64)])('has no consumer %j', (name) => {
    expect(() => new OutboxReader(database.db, name)).toThrow();
  });
});
