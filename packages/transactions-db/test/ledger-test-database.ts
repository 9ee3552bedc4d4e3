import { join } from 'node:path';
import { AccountRepository, type AccountsDatabase, CustomerRepository, makeIban } from '@finova/accounts-db';
import { readDomain } from '@finova/db-kit/migrations';
import { createPostgresDatabase } from '@finova/db-kit/postgres';
import { deterministicId } from '@finova/db-kit/seeding';
import { createPostgresTestDatabase, createTestEncryption, testPostgresUrl } from '@finova/db-kit/testing';
import { type Kysely, sql } from 'kysely';
import { BooksRepository, LedgerRepository, OutboxReader } from '../src/index.ts';
import type { TransactionsDatabase } from '../src/schema/index.ts';

/** A migrated database of one test file, with accounts to move money between. */
export interface LedgerTestDatabase {
  readonly url: string;
  readonly db: Kysely<TransactionsDatabase & AccountsDatabase>;
  readonly ledger: LedgerRepository;
  readonly books: BooksRepository;
  readonly outbox: OutboxReader;
  readonly accounts: AccountRepository;
  /** The same accounts, changed within a transaction whose boundaries are the test's. */
  accountsWithin(transaction: Kysely<AccountsDatabase>): AccountRepository;
  /** The bank's clearing account in EUR: without limit, where money comes from. */
  readonly clearing: string;
  /** Opens a customer's account. */
  openAccount(options?: { readonly currency?: string; readonly overdraftLimitMinor?: bigint }): Promise<string>;
  /** Puts money into an account. */
  fund(accountId: string, amountMinor: bigint): Promise<void>;
  /** An idempotency key that was never used. */
  nextKey(): { readonly scope: string; readonly key: string };
  close(): Promise<void>;
}

/** Copies the migrated template for one test file, on the server of the test run unless another one is given. */
export async function openLedgerTestDatabase(serverUrl = testPostgresUrl()): Promise<LedgerTestDatabase> {
  const packages = join(import.meta.dirname, '..', '..');
  const domains = await Promise.all(['accounts-db', 'transactions-db'].map((name) => readDomain(join(packages, name))));
  const database = await createPostgresTestDatabase(serverUrl, domains);
  const db = createPostgresDatabase<TransactionsDatabase & AccountsDatabase>({
    url: database.url,
    applicationName: 'transactions-db tests',
    maxConnections: 20,
  });
  const encryption = await createTestEncryption();
  const accounts = new AccountRepository(db, encryption);
  const ledger = new LedgerRepository(db);
  const customerId = deterministicId('test customer');
  await new CustomerRepository(db, encryption).register({
    id: customerId,
    fullName: 'Ada Lovelace',
    email: 'ada@example.com',
  });
  const { id: clearing } = await accounts.openInternal({ currency: 'EUR', name: 'Clearing', normalSide: 'debit' });
  let opened = 0;
  let keys = 0;
  const nextKey = () => {
    keys += 1;
    return { scope: 'tests', key: String(keys) };
  };
  return {
    url: database.url,
    db,
    ledger,
    books: new BooksRepository(db),
    outbox: new OutboxReader(db, 'tests'),
    accounts,
    accountsWithin: (transaction) => new AccountRepository(transaction, encryption),
    clearing,
    nextKey,
    async openAccount({ currency = 'EUR', overdraftLimitMinor = 0n } = {}) {
      opened += 1;
      const iban = makeIban('DE', `37040044${String(opened).padStart(10, '0')}`);
      const holders = [{ customerId, role: 'owner' as const }];
      const account = {
        currency,
        iban,
        name: 'Current account',
        cashAccountType: 'CACC' as const,
        overdraftLimitMinor,
        holders,
      };
      return (await accounts.open(account)).id;
    },
    async fund(accountId, amountMinor) {
      const transfer = { debitAccountId: clearing, creditAccountId: accountId, currency: 'EUR', amountMinor };
      await ledger.post(nextKey(), { transfers: [transfer] });
    },
    close: async () => {
      await db.destroy();
      await database.drop();
    },
  };
}

/** What is wrong with the books; nothing when they balance. Recomputed from the entries, not from the totals. */
export async function findImbalances(db: Kysely<TransactionsDatabase>): Promise<string[]> {
  const { rows } = await sql<{ problem: string }>`
    WITH folded AS (
      SELECT account_id, count(*) AS entries, max(account_version) AS newest,
        coalesce(sum(amount_minor) FILTER (WHERE direction = 'debit'), 0) AS debits,
        coalesce(sum(amount_minor) FILTER (WHERE direction = 'credit'), 0) AS credits
      FROM transactions.entries GROUP BY account_id
    ),
    running AS (
      SELECT entry.account_id, account_version, balance_after_minor,
        sum(CASE WHEN direction = normal_side THEN amount_minor ELSE -amount_minor END)
          OVER (PARTITION BY entry.account_id ORDER BY account_version) AS expected
      FROM transactions.entries AS entry JOIN transactions.balances USING (account_id)
    )
    SELECT format('account %s: totals differ from its entries', account_id) AS problem
    FROM transactions.balances LEFT JOIN folded USING (account_id)
    WHERE (debits_posted_minor, credits_posted_minor, version)
      IS DISTINCT FROM (coalesce(debits, 0), coalesce(credits, 0), coalesce(entries, 0))
    UNION ALL
    SELECT format('account %s: versions have gaps', account_id) FROM folded WHERE entries <> newest
    UNION ALL
    SELECT format('account %s version %s: balance after is %s, not %s', account_id, account_version, balance_after_minor, expected)
    FROM running WHERE balance_after_minor <> expected
    UNION ALL
    SELECT format('transaction %s: debits differ from credits', transaction_id) FROM transactions.entries
    GROUP BY transaction_id
    HAVING sum(CASE direction WHEN 'debit' THEN amount_minor ELSE -amount_minor END) <> 0`.execute(db);
  return rows.map(({ problem }) => problem);
}
