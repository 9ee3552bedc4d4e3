import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { useLedger } from '../../test/ledger-scenario.ts';
import { IdempotencyConflictError } from '../errors.ts';
import type { BatchItemInput } from './ledger-repository.ts';

const NOBODY = '0198c0de-0000-7000-8000-000000000000';
const LARGEST = 2n ** 63n - 1n;

describe('a batch', () => {
  const ledgerTest = useLedger();
  const { transfer, funded, balanceOf } = ledgerTest;
  const post = (transfers: BatchItemInput[], key = ledgerTest.database.nextKey()) =>
    ledgerTest.database.ledger.postBatch(key, { transfers });

  it('posts each transfer as a transaction of its own, in their order', async () => {
    const [payer, payee] = [await funded(100n), await ledgerTest.database.openAccount()];
    const answers = await post([
      { ...transfer(payer, payee, 60n), description: 'Lunch', endToEndId: 'E2E-1' },
      transfer(payer, payee, 30n),
      transfer(payee, payer, 90n),
    ]);
    expect(new Set(answers.map(({ transactionId }) => transactionId)).size).toBe(3);
    expect(await balanceOf(payer)).toEqual([100n, 100n]);
    const { rows } = await sql<{ version: bigint; after: bigint; description: string | null }>`
      SELECT account_version AS version, balance_after_minor AS after, description FROM transactions.entries
      JOIN transactions.transactions ON id = transaction_id WHERE account_id = ${payee} ORDER BY account_version`.execute(
      ledgerTest.database.db,
    );
    expect(rows).toEqual([
      { version: 1n, after: 60n, description: 'Lunch' },
      { version: 2n, after: 90n, description: null },
      { version: 3n, after: 0n, description: null },
    ]);
  });

  it('decides on each as if it came alone, after those before it', async () => {
    const [payer, payee] = [await funded(100n), await ledgerTest.database.openAccount()];
    const answers = await post([
      transfer(payer, payee, 70n),
      transfer(payer, payee, 31n),
      transfer(payer, payee, 30n),
      transfer(payee, payer, 100n),
      transfer(payer, payee, 101n),
    ]);
    expect(answers.map(({ refusal }) => refusal)).toEqual([
      undefined,
      'insufficient_funds',
      undefined,
      undefined,
      'insufficient_funds',
    ]);
    expect(await balanceOf(payer)).toEqual([100n, 100n]);
  });

  it('leaves out what cannot be posted, says why, and leaves every row of it as it was', async () => {
    const { database } = ledgerTest;
    const [payer, payee] = [await funded(100n), await database.openAccount()];
    const [frozen, dollars] = [await database.openAccount(), await database.openAccount({ currency: 'USD' })];
    await database.accounts.changeStatus(frozen, 'frozen', 'test');
    const rows = async () =>
      (
        await sql`SELECT row_to_json(balances) AS row FROM transactions.balances
          WHERE account_id IN (${frozen}, ${dollars}, ${payer}, ${payee}) ORDER BY account_id`.execute(database.db)
      ).rows;
    const before = await rows();
    const counts = async () =>
      (
        await sql`SELECT (SELECT count(*) FROM transactions.transactions) AS transactions,
          (SELECT count(*) FROM transactions.entries) AS entries, (SELECT count(*) FROM transactions.outbox) AS messages`.execute(
          database.db,
        )
      ).rows;
    const countsBefore = await counts();
    const answers = await post([
      transfer(payer, NOBODY, 1n),
      transfer(payer, frozen, 1n),
      transfer(payer, dollars, 1n),
      transfer(payer, payee, 101n),
      transfer(payer, payee, 1n, 'USD'),
    ]);
    expect(answers.map(({ refusal }) => refusal)).toEqual([
      'unknown_account',
      'account_not_active',
      'currency_mismatch',
      'insufficient_funds',
      'currency_mismatch',
    ]);
    expect(await rows()).toEqual(before);
    expect(await counts()).toEqual(countsBefore);
  });

  it('names what would overflow an account, and posts the rest', async () => {
    const { database } = ledgerTest;
    const { id: source } = await database.accounts.openInternal({
      currency: 'GBP',
      name: 'Source',
      normalSide: 'debit',
    });
    const full = await database.openAccount({ currency: 'GBP' });
    const answers = await post([
      transfer(source, full, LARGEST - 1n, 'GBP'),
      transfer(source, full, 2n, 'GBP'),
      transfer(source, full, 1n, 'GBP'),
      transfer(full, source, LARGEST, 'GBP'),
    ]);
    expect(answers.map(({ refusal }) => refusal)).toEqual([undefined, 'amount_out_of_range', undefined, undefined]);
    expect(await balanceOf(full)).toEqual([0n, 0n]);
  });

  it.each([0n, -1n, 2n ** 63n, 1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, '1'])(
    'takes no amount of %s',
    async (amount) => {
      const [payer, payee] = [await funded(10n), await ledgerTest.database.openAccount()];
      await expect(post([transfer(payer, payee, amount as bigint)])).rejects.toThrow();
    },
  );

  it('repeated is answered as the first, refusals included; with another body it is refused', async () => {
    const [payer, payee] = [await funded(10n), await ledgerTest.database.openAccount()];
    const key = ledgerTest.database.nextKey();
    const transfers = [transfer(payer, payee, 10n), transfer(payer, payee, 1n)];
    const first = await post(transfers, key);
    await ledgerTest.database.fund(payer, 100n);
    expect(await post(transfers, key)).toEqual(first);
    expect(await balanceOf(payer)).toEqual([100n, 100n]);
    await expect(post(transfers.slice(0, 1), key)).rejects.toThrow(IdempotencyConflictError);
    const [single] = transfers as [BatchItemInput];
    await expect(ledgerTest.database.ledger.post(key, { transfers: [single] })).rejects.toThrow(
      IdempotencyConflictError,
    );
  });

  it('sent 50 times at once happens once', async () => {
    const [payer, payee] = [await funded(10n), await ledgerTest.database.openAccount()];
    const key = ledgerTest.database.nextKey();
    const transfers = [transfer(payer, payee, 5n), transfer(payer, payee, 6n)];
    const answers = await Promise.all(Array.from({ length: 50 }, () => post(transfers, key)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(await balanceOf(payer)).toEqual([5n, 5n]);
  });

  it('posts an item with a key of its own once, in whichever batch it comes', async () => {
    const [payer, payee] = [await funded(100n), await ledgerTest.database.openAccount()];
    const item = (amountMinor: bigint, key: string) => ({ ...transfer(payer, payee, amountMinor), key });
    const name = (suffix: string) => `item ${payer} ${suffix}`;
    const [first] = await post([item(10n, name('a'))]);
    const again = await post([
      item(10n, name('a')),
      item(11n, name('a')),
      item(5n, name('b')),
      item(5n, name('b')),
      transfer(payer, payee, 1n),
    ]);
    expect(again[0]).toEqual(first);
    expect(again.map(({ refusal }) => refusal)).toEqual([
      undefined,
      'idempotency_conflict',
      undefined,
      'idempotency_conflict',
      undefined,
    ]);
    expect(await balanceOf(payer)).toEqual([84n, 84n]);
    const [refused] = await post([item(1_000n, name('c'))]);
    expect(refused).toEqual({ refusal: 'insufficient_funds' });
    await ledgerTest.database.fund(payer, 1_000n);
    expect(await post([item(1_000n, name('c'))])).toEqual([{ transactionId: expect.any(String) }]);
  });

  it('refuses an item whose key is that of its batch', async () => {
    const [payer, payee] = [await funded(100n), await ledgerTest.database.openAccount()];
    const batchKey = ledgerTest.database.nextKey();
    const transfers = [{ ...transfer(payer, payee, 1n), key: batchKey.key }, transfer(payer, payee, 2n)];
    const answers = await ledgerTest.database.ledger.postBatch(batchKey, { transfers });
    expect(answers.map(({ refusal }) => refusal)).toEqual(['idempotency_conflict', undefined]);
    expect(await balanceOf(payer)).toEqual([98n, 98n]);
  });

  it('overlaps with others over the same accounts, in any order, without deadlock and without a cent lost', async () => {
    const accounts = await Promise.all(Array.from({ length: 8 }, () => funded(1_000n)));
    const pick = (index: number) => accounts[index % accounts.length] ?? '';
    await Promise.all(
      Array.from({ length: 24 }, (_, round) =>
        post(
          Array.from({ length: 40 }, (__, index) =>
            transfer(pick(index * (round + 1)), pick(index * (round + 1) + 1 + (round % 7)), BigInt(1 + (index % 5))),
          ),
        ),
      ),
    );
    const balances = await Promise.all(accounts.map(balanceOf));
    expect(balances.reduce((sum, [booked = 0n]) => sum + booked, 0n)).toBe(8_000n);
  });

  it('drained by many batches at once never goes below the limit', async () => {
    const [payer, payee] = [await funded(100n), await ledgerTest.database.openAccount()];
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => post(Array.from({ length: 10 }, () => transfer(payer, payee, 7n)))),
    );
    const accepted = answers.flat().filter(({ refusal }) => refusal === undefined).length;
    expect(accepted).toBe(14);
    expect(await balanceOf(payer)).toEqual([2n, 2n]);
  });

  it('of nothing, or with columns of different lengths, is refused', async () => {
    await expect(post([])).rejects.toThrow();
    const raw = sql`SELECT transactions.post_batch('tests', 'raw', ARRAY[${NOBODY}]::uuid[], '{}', '{}', '{}')`;
    await expect(raw.execute(ledgerTest.database.db)).rejects.toMatchObject({ code: 'FN006' });
  });
});
