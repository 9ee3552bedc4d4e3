import { type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LedgerTestDatabase, openLedgerTestDatabase } from '../../test/ledger-test-database.ts';
import { BookingDateOutOfRangeError, EntriesRetiredError, MonthClosedError, MonthNotReadyError } from '../errors.ts';
import type { TransactionsDatabase } from '../schema/index.ts';
import { BalanceRepository } from './balance-repository.ts';
import { BooksRepository } from './books-repository.ts';
import { StatementRepository } from './statement-repository.ts';

describe('the books', () => {
  let database: LedgerTestDatabase;
  let account: string;

  const book = (bookingDate: string, amountMinor: bigint) =>
    database.ledger.post(database.nextKey(), {
      transfers: [{ debitAccountId: database.clearing, creditAccountId: account, currency: 'EUR', amountMinor }],
      bookingDate,
    });
  const ledgerDb = (): Kysely<TransactionsDatabase> => database.db;
  const bookedAt = (day: string) => new BalanceRepository(database.db).bookedAt(account, day);

  beforeAll(async () => {
    database = await openLedgerTestDatabase();
    account = await database.openAccount();
    await book('2026-01-10', 1n);
    await book('2026-03-10', 100n);
    // Booked late: its version is later than that of the one before.
    await book('2026-01-31', 2n);
    await book('2026-02-10', 10n);
  });
  afterAll(() => database?.close());

  it('say what was booked at the end of any day', async () => {
    const days = ['2026-01-09', '2026-01-10', '2026-01-31', '2026-02-10', '2026-03-09', '2026-03-10', '2027-01-01'];
    expect(await Promise.all(days.map(bookedAt))).toEqual([0n, 1n, 3n, 13n, 13n, 113n, 113n]);
    expect(
      await new BalanceRepository(database.db).bookedAt('0198c0de-0000-7000-8000-000000000000', '2026-01-01'),
    ).toBeUndefined();
  });

  it('are right', async () => {
    expect(await database.books.verify()).toEqual([]);
    expect(await database.books.verify({ from: '2026-01-01', to: '2026-01-31' })).toEqual([]);
  });

  it('keep no balances but at the end of a month that is over', async () => {
    await expect(database.books.takeSnapshots('2026-01-30')).rejects.toThrow(MonthNotReadyError);
    await expect(database.books.takeSnapshots('2027-12-31')).rejects.toMatchObject({
      name: MonthNotReadyError.name,
      day: '2027-12-31',
      reason: 'The month of 2027-12-31 is not over',
    });
  });

  it('let no month go before its balances are kept', async () => {
    await expect(database.books.retireMonth('2026-01-15')).rejects.toThrow(MonthNotReadyError);
    await expect(database.books.retireMonth('2031-01-15')).rejects.toThrow(MonthNotReadyError);
  });

  it('close a month when its balances are taken, for whoever books', async () => {
    expect(await database.books.takeSnapshots('2026-01-31')).toBe(2);
    expect(await database.books.takeSnapshots('2026-01-31')).toBe(0);
    await expect(book('2026-01-15', 1n)).rejects.toMatchObject({
      name: MonthClosedError.name,
      bookingDate: '2026-01-15',
    });
    expect(await bookedAt('2026-01-31')).toBe(3n);
    expect(await bookedAt('2026-02-28')).toBe(13n);
  });

  it('make no month before one that is closed', async () => {
    expect(await database.books.ensurePartitions('2025-11-01', '2026-02-28')).toBe(0);
    await expect(book('2025-12-15', 1n)).rejects.toThrow(BookingDateOutOfRangeError);
  });

  it.each(['repeatable read', 'serializable'] as const)(
    'are kept up by nobody who cannot see it: %s',
    async (level) => {
      const upkeep: readonly ((books: BooksRepository) => Promise<unknown>)[] = [
        (books) => books.takeSnapshots('2026-02-28'),
        (books) => books.retireMonth('2026-01-15'),
        (books) => books.ensurePartitions('2028-06-01', '2028-06-30'),
      ];
      for (const keepUp of upkeep) {
        const transaction = await ledgerDb().startTransaction().setIsolationLevel(level).execute();
        await expect(keepUp(new BooksRepository(transaction))).rejects.toMatchObject({
          name: MonthNotReadyError.name,
          reason: expect.stringContaining('READ COMMITTED'),
        });
        await transaction.rollback().execute();
      }
    },
  );

  it('wait with closing a month for a posting under way in it', async () => {
    const order: string[] = [];
    let closing: Promise<unknown> | undefined;
    await database.db.transaction().execute(async (transaction) => {
      await sql`
        SELECT transactions.post_transaction('books', 'slow', jsonb_build_object('booking_date', '2026-02-20', 'transfers',
          jsonb_build_array(jsonb_build_object('debit_account_id', ${database.clearing}::uuid, 'credit_account_id',
            ${account}::uuid, 'currency', 'EUR', 'amount_minor', 1000))))`.execute(transaction);
      closing = database.books.takeSnapshots('2026-02-28').then(() => order.push('closed'));
      await sql`SELECT pg_sleep(0.2)`.execute(transaction);
      order.push('posted');
    });
    await closing;
    expect(order).toEqual(['posted', 'closed']);
    expect(await bookedAt('2026-02-28')).toBe(1_013n);
    expect(await database.books.verify()).toEqual([]);
  });

  it('let the oldest month go, whole, and stay right without it', async () => {
    await expect(database.books.retireMonth('2026-02-01')).rejects.toThrow(MonthNotReadyError);
    // Who asks while it goes waits, and is told what holds afterwards.
    const retiring = await ledgerDb().startTransaction().execute();
    expect(await new BooksRepository(retiring).retireMonth('2026-01-15')).toBe('entries_2026_01');
    const asked = Promise.allSettled([bookedAt('2026-01-15'), bookedAt('2026-03-31'), database.books.verify()]);
    await sql`SELECT pg_sleep(0.3)`.execute(database.db);
    await retiring.commit().execute();
    expect(await asked).toMatchObject([
      { status: 'rejected', reason: { name: EntriesRetiredError.name } },
      { status: 'fulfilled', value: 1_113n },
      { status: 'fulfilled', value: [] },
    ]);
    expect(await database.books.retireMonth('2026-02-15')).toBe('entries_2026_02');
    expect(await database.books.verify()).toEqual([]);
    const { rows } = await sql<{ entries: bigint }>`
      SELECT count(*) AS entries FROM transactions.entries_2026_01`.execute(database.db);
    expect(rows).toEqual([{ entries: 4n }]);
    for (const statement of [
      'UPDATE transactions.entries_2026_01 SET amount_minor = 1',
      'TRUNCATE transactions.entries_2026_01',
    ]) {
      await expect(sql.raw(statement).execute(database.db)).rejects.toMatchObject({ code: '23001' });
    }
    expect(await bookedAt('2026-01-31')).toBe(3n);
    await expect(bookedAt('2026-01-15')).rejects.toThrow(EntriesRetiredError);
    expect(await bookedAt('2026-03-31')).toBe(1_113n);
    await book('2026-03-20', 1n);
    expect(await database.books.verify()).toEqual([]);
    const lines = [];
    for await (const line of new StatementRepository(database.db).lines(account, { pageSize: 1 })) {
      lines.push(line.version);
    }
    expect(lines).toEqual([6n, 2n]);
  });

  it('make no partition again for a month that was retired', async () => {
    expect(await database.books.ensurePartitions('2026-01-01', '2026-02-28')).toBe(0);
  });
});
