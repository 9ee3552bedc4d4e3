import {
  BalanceRepository,
  LedgerRepository,
  StatementRepository,
  type TransactionsDatabase,
} from '@finova/transactions-db';
import type { Kysely } from 'kysely';

export async function buy(
  db: Kysely<TransactionsDatabase>,
  payer: string,
  shop: string,
  order: { readonly id: string; readonly placedAt: Date },
) {
  const ledger = new LedgerRepository(db);

  const { transactionId } = await ledger.hold(
    { scope: 'shop', key: `${order.id}/hold` },
    {
      transfers: [{ debitAccountId: payer, creditAccountId: shop, currency: 'EUR', amountMinor: 4_990n }],
      description: 'Shoes',
      // From the order, and not from the clock: a request that is sent again is the same.
      expiresAt: new Date(order.placedAt.getTime() + 7 * 24 * 3_600_000),
    },
  );
  await ledger.capture({ scope: 'shop', key: `${order.id}/capture` }, { pendingTransactionId: transactionId });

  const balance = await new BalanceRepository(db).get(payer);
  const { lines } = await new StatementRepository(db).page(payer, { limit: 1 });
  return { available: balance?.availableMinor, newest: lines[0]?.amountMinor };
}
