import { type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isPostgresError, SqlState, TransactionAbortedError } from '../errors/index.ts';
import { createPostgresTestDatabase, type PostgresTestDatabase } from '../testing/postgres-test-database.ts';
import { testPostgresUrl } from '../testing/test-servers.ts';
import { createPostgresDatabase } from './pool.ts';
import { withTransaction } from './transaction.ts';

interface CounterDatabase {
  counters: { id: number; value: number };
}

let database: PostgresTestDatabase;
let db: Kysely<CounterDatabase>;

beforeAll(async () => {
  database = await createPostgresTestDatabase(testPostgresUrl());
  db = createPostgresDatabase<CounterDatabase>({ url: database.url, applicationName: 'finova tests' });
  await sql`CREATE TABLE counters (id int PRIMARY KEY, value int NOT NULL CHECK (value < 1000))`.execute(db);
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});
beforeEach(async () => {
  await sql`TRUNCATE counters`.execute(db);
  await db
    .insertInto('counters')
    .values([
      { id: 1, value: 0 },
      { id: 2, value: 0 },
    ])
    .execute();
});

const counterValue = async (id: number) =>
  (await db.selectFrom('counters').select('value').where('id', '=', id).executeTakeFirstOrThrow()).value;

/** Adds 1 by reading and writing, so that two at once conflict; `between` runs after the first read of each attempt. */
const increment = (maxRetries: number, between: (attempt: number) => Promise<void>, attempts: { count: number }) =>
  withTransaction(
    db,
    async (transaction) => {
      attempts.count++;
      const { value } = await transaction
        .selectFrom('counters')
        .select('value')
        .where('id', '=', 1)
        .executeTakeFirstOrThrow();
      await between(attempts.count);
      await transaction
        .updateTable('counters')
        .set({ value: value + 1 })
        .where('id', '=', 1)
        .execute();
    },
    { isolationLevel: 'serializable', maxRetries },
  );

const disturb = async () => {
  await db
    .updateTable('counters')
    .set((row) => ({ value: row('value', '+', 10) }))
    .where('id', '=', 1)
    .execute();
};

describe('a transaction', () => {
  it('commits when its body returns, and returns what it returned', async () => {
    const result = await withTransaction(db, async (transaction) => {
      await transaction.updateTable('counters').set({ value: 7 }).where('id', '=', 1).execute();
      return 'done';
    });
    expect(result).toBe('done');
    expect(await counterValue(1)).toBe(7);
  });

  it('rolls back when its body throws, and throws the same', async () => {
    const thrown = new Error('changed my mind');
    await expect(
      withTransaction(db, async (transaction) => {
        await transaction.updateTable('counters').set({ value: 7 }).where('id', '=', 1).execute();
        throw thrown;
      }),
    ).rejects.toBe(thrown);
    expect(await counterValue(1)).toBe(0);
  });

  it('fails when an error of a statement was caught in it, because nothing is committed after one', async () => {
    const refusedAndCaught = (transaction: Kysely<CounterDatabase>) =>
      transaction
        .updateTable('counters')
        .set({ value: 1_000 })
        .where('id', '=', 1)
        .execute()
        .catch(() => 'refused');
    await expect(
      withTransaction(db, async (transaction) => {
        await transaction.updateTable('counters').set({ value: 7 }).where('id', '=', 2).execute();
        return await refusedAndCaught(transaction);
      }),
    ).rejects.toThrow(TransactionAbortedError);
    expect(await counterValue(2)).toBe(0);
    // Within a savepoint it may be caught.
    const transaction = await db.startTransaction().execute();
    const within = await (await transaction.savepoint('attempt').execute())
      .updateTable('counters')
      .set({ value: 7 })
      .where('id', '=', 2)
      .execute()
      .then(() => transaction.savepoint('refused').execute());
    expect(await refusedAndCaught(within)).toBe('refused');
    await (await within.rollbackToSavepoint('refused').execute()).commit().execute();
    expect(await counterValue(2)).toBe(7);
  });

  it('throws what its body threw, where the connection broke too', async () => {
    const thrown = new RangeError('changed my mind');
    await expect(
      withTransaction(db, async (transaction) => {
        await sql`SELECT pg_terminate_backend(pg_backend_pid())`.execute(transaction).catch(() => {});
        throw thrown;
      }),
    ).rejects.toBe(thrown);
  });

  it('that the server gave up for concurrency is not run again unless asked to', async () => {
    const attempts = { count: 0 };
    const failed = await increment(0, disturb, attempts).catch((thrown) => thrown);
    expect(isPostgresError(failed, [SqlState.serializationFailure])).toBe(true);
    expect(attempts.count).toBe(1);
    expect(await counterValue(1)).toBe(10);
  });

  it('is run again, whole, until it succeeds', async () => {
    const attempts = { count: 0 };
    await increment(3, async (attempt) => (attempt <= 2 ? disturb() : undefined), attempts);
    expect(attempts.count).toBe(3);
    expect(await counterValue(1)).toBe(21);
  });

  it('is run again maxRetries times at most', async () => {
    const attempts = { count: 0 };
    const failed = await increment(2, disturb, attempts).catch((thrown) => thrown);
    expect(isPostgresError(failed, [SqlState.serializationFailure])).toBe(true);
    expect(attempts.count).toBe(3);
    expect(await counterValue(1)).toBe(30);
  });

  it('is run again after a deadlock', async () => {
    let attempts = 0;
    const bothHoldOne = meetingOf(2);
    const lockInOrder = (first: number, second: number) =>
      withTransaction(
        db,
        async (transaction) => {
          const isFirstAttempt = ++attempts <= 2;
          const add = (id: number) =>
            transaction
              .updateTable('counters')
              .set((row) => ({ value: row('value', '+', 1) }))
              .where('id', '=', id)
              .execute();
          await add(first);
          await (isFirstAttempt ? bothHoldOne() : undefined);
          await add(second);
        },
        { maxRetries: 3 },
      );
    await Promise.all([lockInOrder(1, 2), lockInOrder(2, 1)]);
    expect(attempts).toBe(3);
    expect([await counterValue(1), await counterValue(2)]).toEqual([2, 2]);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['a broken constraint', () => sql`INSERT INTO counters VALUES (1, 0)`.execute(db)],
    ['an error of the code', () => Promise.reject(new Error('no'))],
    ['a TypeError', () => Promise.reject(new TypeError('undefined is not a function'))],
  ])('is never run again for %s', async (_, fail) => {
    let attempts = 0;
    await expect(
      withTransaction(
        db,
        async () => {
          attempts++;
          await fail();
        },
        { maxRetries: 3 },
      ),
    ).rejects.toThrow();
    expect(attempts).toBe(1);
  });
});

/** Resolves for all once `size` have come. */
function meetingOf(size: number): () => Promise<void> {
  const { promise, resolve } = withResolvers();
  let arrived = 0;
  return () => {
    arrived++;
    if (arrived === size) {
      resolve();
    }
    return promise;
  };
}

function withResolvers() {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
