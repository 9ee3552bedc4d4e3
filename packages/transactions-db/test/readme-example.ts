import {
  BalanceRepository,
  LedgerRepository,
  StatementRepository,
  type TransactionsDatabase,
} from '@finova/transactions-db';
import type { Kysely } from 'kysely';

export async function buy(db: Kysely<TransactionsDatabase>, payer: string, shop: string, order: string) {
  const ledger = new LedgerRepository(db);

  const { transactionId } = await ledger.hold(
    { scope: 'shop', key: `${order}/hold` },
    {
      transfers: [{ debitAccountId: payer, creditAccountId: shop, currency: 'EUR', amountMinor: 4_990n }],
      description: 'Shoes',
      expiresAt: new Date(Date.now() + 7 * 24 * 3_600_000),
    },
  );
  await ledger.capture({ scope: 'shop', key: `${order}/capture` }, { pendingTransactionId: transactionId });

  const balance = await new BalanceRepository(db).get(payer);
  const { lines } = await new StatementRepository(db).page(payer, { limit: 1 });
  return { available: balance?.availableMinor, newest: lines[0]?.amountMinor };
}
