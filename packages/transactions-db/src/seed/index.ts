import { createPostgresDatabase, withTransaction } from '@finova/db-kit/postgres';
import { type DomainSeed, type SeedContext, SeedRefusedError } from '@finova/db-kit/seeding';
import { type Kysely, sql } from 'kysely';
import { LedgerRepository } from '../repositories/ledger-repository.ts';
import type { TransactionsDatabase } from '../schema/index.ts';
import { seedMovements } from './movements.ts';

/** The scope of the idempotency keys of the seed: what lies outside it is not from the seed. */
const SCOPE = 'seed';

/** A quarter of a year of salaries, rents and card payments over the accounts of accounts-db's seed. */
export const seed: DomainSeed = {
  async run(context) {
    return withDatabase(context, (db) =>
      withTransaction(db, async (transaction) => {
        const before = await count(transaction);
        if (before.transactions !== before.seeded) {
          throw new SeedRefusedError('transactions-db', 'transactions.transactions');
        }
        const ledger = new LedgerRepository(transaction);
        for (const movement of seedMovements()) {
          const key = { scope: SCOPE, key: movement.key };
          if (movement.kind === 'hold') {
            await ledger.hold(key, movement.input);
            continue;
          }
          const { transactionId } = await ledger.post(key, movement.input);
          if (movement.reversedAs !== undefined) {
            const { bookingDate } = movement.input;
            await ledger.reverse(
              { scope: SCOPE, key: movement.reversedAs },
              { transactionId, bookingDate, description: 'Refund' },
            );
          }
        }
        const after = await count(transaction);
        return [
          { name: 'transactions', added: after.transactions - before.transactions, total: after.transactions },
          { name: 'entries', added: after.entries - before.entries, total: after.entries },
        ];
      }),
    );
  },

  async sample(context) {
    return withDatabase(context, async (db) => {
      const balances = await db
        .selectFrom('transactions.balances')
        .select([
          'account_id',
          'currency',
          'debits_posted_minor',
          'credits_posted_minor',
          'debits_pending_minor',
          'version',
        ])
        .orderBy('account_id')
        .limit(3)
        .execute();
      const entries = await db
        .selectFrom('transactions.entries as entry')
        .innerJoin('transactions.transactions as transaction', 'transaction.id', 'entry.transaction_id')
        .select([
          'entry.account_id',
          'account_version',
          'entry.booking_date',
          'direction',
          'amount_minor',
          'balance_after_minor',
          'description',
        ])
        .orderBy('entry.account_id')
        .orderBy('account_version')
        .limit(4)
        .execute();
      return [
        { name: 'balances', ...asTable(balances) },
        { name: 'entries', ...asTable(entries) },
      ];
    });
  },
};

function asTable(rows: readonly Record<string, unknown>[]) {
  return { columns: Object.keys(rows[0] ?? {}), rows: rows.map((row) => Object.values(row).map(String)) };
}

async function withDatabase<T>(
  { url }: SeedContext,
  use: (db: Kysely<TransactionsDatabase>) => Promise<T>,
): Promise<T> {
  const db = createPostgresDatabase<TransactionsDatabase>({
    url,
    applicationName: 'transactions-db seed',
    maxConnections: 1,
  });
  try {
    return await use(db);
  } finally {
    await db.destroy();
  }
}

async function count(db: Kysely<TransactionsDatabase>) {
  const { rows } = await sql<{ transactions: bigint; seeded: bigint; entries: bigint }>`
    SELECT (SELECT count(*) FROM transactions.transactions) AS transactions,
      (SELECT count(*) FROM transactions.idempotency_keys WHERE scope = ${SCOPE}) AS seeded,
      (SELECT count(*) FROM transactions.entries) AS entries`.execute(db);
  const { transactions = 0n, seeded = 0n, entries = 0n } = rows[0] ?? {};
  return { transactions: Number(transactions), seeded: Number(seeded), entries: Number(entries) };
}
