import { plantShadows, type RefusalScenario } from '@finova/db-kit/testing';
import { openLedgerTestDatabase } from '../ledger-test-database.ts';

/**
 * Makes a ledger in which something of everything has happened: `$account` has 100 minor units of EUR, `$overdrawn` is 40
 * below zero with a limit of 50, `$dollars` is empty and in USD, `$frozen` and `$closed` are what they say and empty,
 * `$clearing` is the bank's own. `$posted` moved 100, `$open` and `$due` hold 10 of `$holder`, the time of `$due` being
 * over; `$settled` was voided. January 2026 is closed.
 *
 * @param serverUrl - without it, the server of the test run.
 */
export async function openRefusalScenario(serverUrl?: string): Promise<RefusalScenario> {
  const database = await openLedgerTestDatabase(serverUrl);
  const { ledger, accounts, clearing, nextKey } = database;
  const transfer = (debitAccountId: string, creditAccountId: string, amountMinor: bigint) => ({
    transfers: [{ debitAccountId, creditAccountId, currency: 'EUR', amountMinor }],
  });
  const [account, holder, frozen, closed] = [
    await database.openAccount(),
    await database.openAccount(),
    await database.openAccount(),
    await database.openAccount(),
  ];
  const dollars = await database.openAccount({ currency: 'USD' });
  const overdrawn = await database.openAccount({ overdraftLimitMinor: 50n });
  const posted = await ledger.post(nextKey(), transfer(clearing, account, 100n));
  await database.fund(holder, 100n);
  await ledger.post(nextKey(), transfer(overdrawn, clearing, 40n));
  const hold = (expiresAt: Date) => ledger.hold(nextKey(), { ...transfer(holder, clearing, 10n), expiresAt });
  const open = await hold(new Date(Date.now() + 3_600_000));
  const due = await hold(new Date(Date.now() - 1_000));
  const settled = await hold(new Date(Date.now() + 3_600_000));
  await ledger.voidPending(nextKey(), { pendingTransactionId: settled.transactionId });
  await accounts.changeStatus(frozen, 'frozen', 'test');
  await accounts.changeStatus(closed, 'closed', 'test');
  await database.books.takeSnapshots('2026-01-31');
  // Not through the reader: whether it finds a message depends on what else the server has open.
  const message = await database.db
    .selectFrom('transactions.outbox')
    .select(['writer', 'position'])
    .executeTakeFirstOrThrow();
  await database.outbox.read(1);
  await database.outbox.advance({ writer: '1', position: 1n });
  await database.outbox.setAside(message, 'test');
  await plantShadows(database.url);
  return {
    url: database.url,
    ids: {
      account,
      holder,
      frozen,
      closed,
      dollars,
      overdrawn,
      clearing,
      posted: posted.transactionId,
      open: open.transactionId,
      due: due.transactionId,
      settled: settled.transactionId,
    },
    close: () => database.close(),
  };
}
