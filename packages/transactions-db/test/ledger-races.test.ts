import type { AccountsDatabase } from '@finova/accounts-db';
import { type Kysely, sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import type { TransactionsDatabase } from '../src/schema/index.ts';
import { useLedger } from './ledger-scenario.ts';

type Transaction = Kysely<TransactionsDatabase & AccountsDatabase>;

/** What a posting meets that began before another transaction ended. That the books balance is checked after all of them. */
describe('a posting that waits for another transaction', () => {
  const ledgerTest = useLedger();
  const { transfer, funded, balanceOf } = ledgerTest;

  /** Starts `request` while `change` is made and not committed, and commits when the request waits for it. */
  async function postMeanwhile<T>(change: (transaction: Transaction) => Promise<void>, request: () => Promise<T>) {
    const transaction = await ledgerTest.database.db.startTransaction().execute();
    try {
      await change(transaction);
      const answer = Promise.allSettled([request()]);
      await waitForWaiting();
      await transaction.commit().execute();
      return (await answer)[0];
    } finally {
      if (!transaction.isCommitted) {
        await transaction.rollback().execute();
      }
    }
  }

  async function waitForWaiting(): Promise<void> {
    const isWaiting = sql<{ waiting: bigint }>`
      SELECT count(*) AS waiting FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    await expect
      .poll(async () => (await isWaiting.execute(ledgerTest.database.db)).rows[0]?.waiting, { timeout: 5_000 })
      .toBe(1n);
  }

  const posts: Readonly<Record<string, (payer: string, payee: string) => Promise<unknown>>> = {
    post: (payer: string, payee: string) =>
      ledgerTest.database.ledger.post(ledgerTest.database.nextKey(), { transfers: [transfer(payer, payee, 10n)] }),
    'post of two transfers': (payer: string, payee: string) =>
      ledgerTest.database.ledger.post(ledgerTest.database.nextKey(), {
        transfers: [transfer(payer, payee, 4n), transfer(payer, payee, 6n)],
      }),
    postTransfer: (payer: string, payee: string) =>
      ledgerTest.database.ledger.postTransfer(ledgerTest.database.nextKey(), transfer(payer, payee, 10n)),
    postBatch: (payer: string, payee: string) =>
      ledgerTest.database.ledger.postBatch(ledgerTest.database.nextKey(), { transfers: [transfer(payer, payee, 10n)] }),
    'rows by hand': async (payer: string, payee: string) => {
      await sql`WITH made AS (
        INSERT INTO transactions.transactions (kind, booking_date, value_date) VALUES ('posted', current_date, current_date)
        RETURNING id
      )
      INSERT INTO transactions.transfers (transaction_id, debit_account_id, credit_account_id, currency, amount_minor)
      SELECT id, ${payer}, ${payee}, 'EUR', amount FROM made, (VALUES (4), (6)) AS amounts(amount)`.execute(
        ledgerTest.database.db,
      );
    },
  };
  /** A batch names what it leaves out, the others throw. */
  async function requireMovedOnceOrRefused(outcome: PromiseSettledResult<unknown>, payer: string, payee: string) {
    const isRefused = outcome.status === 'rejected' || JSON.stringify(outcome.value ?? null).includes('refusal');
    const moved = isRefused ? 0n : 10n;
    expect([await balanceOf(payer), await balanceOf(payee)]).toEqual([
      [100n - moved, 100n - moved],
      [moved, moved],
    ]);
  }

  describe.each(['before', 'after'] as const)('where the payee was opened %s the payer', (order) => {
    async function openPair(): Promise<[payer: string, payee: string]> {
      const early = order === 'before' ? await ledgerTest.database.openAccount() : undefined;
      const payer = await funded(100n);
      return [payer, early ?? (await ledgerTest.database.openAccount())];
    }

    it.each(Object.entries(posts))('moves once or is refused while a freeze is lifted: %s', async (_, post) => {
      const [payer, payee] = await openPair();
      await ledgerTest.database.accounts.changeStatus(payee, 'frozen', 'race');
      const outcome = await postMeanwhile(
        async (transaction) => {
          await ledgerTest.database.accountsWithin(transaction).changeStatus(payee, 'active', 'race');
        },
        () => post(payer, payee),
      );
      await requireMovedOnceOrRefused(outcome, payer, payee);
    });
  });

  it.each(Object.entries(posts))('moves once or is refused while an account is opened: %s', async (_, post) => {
    const payer = await funded(100n);
    let payee = '';
    const outcome = await postMeanwhile(
      async (transaction) => {
        await sql`SELECT FROM transactions.balances WHERE account_id = ${payer} FOR UPDATE`.execute(transaction);
        const accounts = ledgerTest.database.accountsWithin(transaction);
        ({ id: payee } = await accounts.openInternal({ currency: 'EUR', name: 'Race', normalSide: 'credit' }));
      },
      () => post(payer, payee),
    );
    await requireMovedOnceOrRefused(outcome, payer, payee);
  });

  it.each(['posted', 'pending', 'post'])('gives a transaction (%s) its transfers once', async (kind) => {
    const payer = await funded(100n);
    const payee = await ledgerTest.database.openAccount();
    const { rows } = await sql<{ id: string }>`
      INSERT INTO transactions.transactions (kind, booking_date, value_date) VALUES (${kind}, current_date, current_date)
      RETURNING id`.execute(ledgerTest.database.db);
    const id = rows[0]?.id ?? '';
    if (kind === 'post') {
      const { transactionId } = await ledgerTest.hold(payer, payee, 10n);
      await sql`INSERT INTO transactions.pending_resolutions (pending_transaction_id, resolution_transaction_id)
        VALUES (${transactionId}, ${id})`.execute(ledgerTest.database.db);
    }
    const give = async (db: Transaction) => {
      await sql`INSERT INTO transactions.transfers (transaction_id, debit_account_id, credit_account_id, currency, amount_minor)
        VALUES (${id}, ${payer}, ${payee}, 'EUR', 10)`.execute(db);
    };
    const second = await postMeanwhile(give, () => give(ledgerTest.database.db));
    expect(second).toMatchObject({ status: 'rejected', reason: { constraint: 'transfers_together' } });
    expect(await balanceOf(payer)).toEqual([kind === 'pending' ? 100n : 90n, 90n]);
  });
});
