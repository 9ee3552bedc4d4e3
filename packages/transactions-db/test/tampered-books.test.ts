import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findImbalances, type LedgerTestDatabase, openLedgerTestDatabase } from './ledger-test-database.ts';

/** What an owner with a bad day can do, and what is then found. Each begins with right books. */
const TAMPERINGS: readonly (readonly [what: string, statements: string, problem: RegExp])[] = [
  [
    'a balance changed behind its guard',
    `ALTER TABLE transactions.balances DISABLE TRIGGER balances_rules;
     UPDATE transactions.balances SET credits_posted_minor = credits_posted_minor + 1 WHERE account_id = $account;
     ALTER TABLE transactions.balances ENABLE ALWAYS TRIGGER balances_rules`,
    /totals are not the sum/,
  ],
  [
    'something held by nobody',
    `ALTER TABLE transactions.balances DISABLE TRIGGER balances_rules;
     UPDATE transactions.balances SET debits_pending_minor = 1 WHERE account_id = $account;
     ALTER TABLE transactions.balances ENABLE ALWAYS TRIGGER balances_rules`,
    /what open holds hold/,
  ],
  [
    'an entry changed',
    `ALTER TABLE transactions.entries DISABLE TRIGGER entries_append_only;
     UPDATE transactions.entries SET amount_minor = amount_minor + 1 WHERE account_id = $account;
     ALTER TABLE transactions.entries ENABLE ALWAYS TRIGGER entries_append_only`,
    /differ by/,
  ],
  [
    'a balance after an entry changed',
    `ALTER TABLE transactions.entries DISABLE TRIGGER entries_append_only;
     UPDATE transactions.entries SET balance_after_minor = balance_after_minor + 1 WHERE account_id = $account;
     ALTER TABLE transactions.entries ENABLE ALWAYS TRIGGER entries_append_only`,
    /the balance after version 1 is/,
  ],
  [
    'both entries of a transfer removed',
    `ALTER TABLE transactions.entries DISABLE TRIGGER entries_append_only;
     DELETE FROM transactions.entries WHERE transfer_id = (SELECT transfer_id FROM transactions.entries WHERE account_id = $account);
     ALTER TABLE transactions.entries ENABLE ALWAYS TRIGGER entries_append_only`,
    /not one debit and one credit/,
  ],
  [
    'an entry numbered anew',
    `ALTER TABLE transactions.entries DISABLE TRIGGER entries_append_only;
     UPDATE transactions.entries SET account_version = 2 WHERE account_id = $account;
     ALTER TABLE transactions.entries ENABLE ALWAYS TRIGGER entries_append_only`,
    /version 2 follows version 0/,
  ],
  [
    'a transfer that did not post',
    `ALTER TABLE transactions.transfers DISABLE TRIGGER transfers_post;
     WITH made AS (INSERT INTO transactions.transactions (kind, booking_date, value_date)
       VALUES ('posted', current_date, current_date) RETURNING id)
     INSERT INTO transactions.transfers (transaction_id, debit_account_id, credit_account_id, currency, amount_minor)
     SELECT id, $clearing::uuid, $account::uuid, 'EUR', 5 FROM made;
     ALTER TABLE transactions.transfers ENABLE ALWAYS TRIGGER transfers_post`,
    /not one debit and one credit/,
  ],
  [
    'a transaction that moves nothing',
    `INSERT INTO transactions.transactions (kind, booking_date, value_date) VALUES ('posted', current_date, current_date)`,
    /moves or holds nothing/,
  ],
  [
    'a settlement of nothing',
    `INSERT INTO transactions.transactions (kind, booking_date, value_date) VALUES ('void', current_date, current_date)`,
    /settles nothing/,
  ],
  [
    'a balance with another limit than its account',
    `ALTER TABLE transactions.balances DISABLE TRIGGER balances_in_step;
     UPDATE transactions.balances SET overdraft_limit_minor = NULL WHERE account_id = $account;
     ALTER TABLE transactions.balances ENABLE ALWAYS TRIGGER balances_in_step`,
    /says something else than the account/,
  ],
  [
    'an account without a balance',
    `ALTER TABLE accounts.accounts DISABLE TRIGGER transactions_open_balance;
     INSERT INTO accounts.accounts (currency, is_internal, name, cash_account_type, normal_side, status, opened_at)
     VALUES ('EUR', true, 'New', 'OTHR', 'credit', 'active', clock_timestamp());
     ALTER TABLE accounts.accounts ENABLE ALWAYS TRIGGER transactions_open_balance`,
    /its balance is not there/,
  ],
  [
    'less available than the limit allows',
    `ALTER TABLE transactions.balances DISABLE TRIGGER balances_rules;
     SELECT transactions.post_transfer('tamper', '1', $account, $clearing, 'EUR', 101);
     ALTER TABLE transactions.balances ENABLE ALWAYS TRIGGER balances_rules`,
    /less is available than its overdraft limit allows/,
  ],
  [
    'a closed account with money on it',
    `ALTER TABLE transactions.balances DISABLE TRIGGER balances_rules;
     UPDATE accounts.accounts SET status = 'closed' WHERE id = $account;
     ALTER TABLE transactions.balances ENABLE ALWAYS TRIGGER balances_rules`,
    /it is closed, with money or holds on it/,
  ],
  [
    'a capture of more than was held',
    `CREATE OR REPLACE FUNCTION transactions.check_capture(resolution_id uuid) RETURNS void LANGUAGE sql AS '';
     SELECT transactions.hold('tamper', 'h', jsonb_build_object('transfers', jsonb_build_array(jsonb_build_object(
       'debit_account_id', $account, 'credit_account_id', $clearing, 'currency', 'EUR', 'amount_minor', 1))));
     SELECT transactions.capture('tamper', 'c', jsonb_build_object('amount_minor', 50, 'pending_transaction_id',
       (SELECT transaction_id FROM transactions.idempotency_keys WHERE scope = 'tamper' AND key = 'h')))`,
    /captures more than was held/,
  ],
  [
    'a reversal of something else',
    `CREATE OR REPLACE FUNCTION transactions.check_reversal(reversal_id uuid) RETURNS void LANGUAGE sql AS '';
     WITH made AS (
       INSERT INTO transactions.transactions (kind, booking_date, value_date)
       VALUES ('reversal', current_date, current_date) RETURNING id
     ), undone AS (
       INSERT INTO transactions.reversals (reversed_transaction_id, reversal_transaction_id)
       SELECT transaction_id, made.id FROM transactions.transfers, made WHERE credit_account_id = $account
     )
     INSERT INTO transactions.transfers (transaction_id, debit_account_id, credit_account_id, currency, amount_minor)
     SELECT id, $account::uuid, $clearing::uuid, 'EUR', 1 FROM made`,
    /does not move back exactly/,
  ],
  [
    'a transaction taken away that a key names',
    `ALTER TABLE transactions.transactions DISABLE TRIGGER transactions_append_only;
     DELETE FROM transactions.transactions;
     ALTER TABLE transactions.transactions ENABLE ALWAYS TRIGGER transactions_append_only`,
    /is not there, and an idempotency key names it/,
  ],
  [
    'a month that is said to be retired, and is there',
    `INSERT INTO transactions.retired_months (month, through, partition_name) VALUES ('2026-01-01', '2026-01-31', 'x')`,
    /entries_2026_01 has entries of a month that is said to be retired/,
  ],
  [
    'a closed month that is open again',
    `SELECT transactions.take_balance_snapshots('2026-01-31'); DROP TRIGGER entries_month_open ON transactions.entries_2026_01`,
    /entries_2026_01 is guarded by no trigger entries_month_open/,
  ],
  [
    'a guard that guards nothing',
    `CREATE OR REPLACE TRIGGER balances_rules BEFORE INSERT OR UPDATE ON transactions.balances
       FOR EACH ROW WHEN (false) EXECUTE FUNCTION transactions.check_balance_rules();
     ALTER TABLE transactions.balances ENABLE ALWAYS TRIGGER balances_rules`,
    /balances is guarded by no trigger balances_rules that is as it was made/,
  ],
  [
    'a partition that nobody guards, with a name of its own',
    `CREATE TABLE transactions.entries_of_old PARTITION OF transactions.entries FOR VALUES FROM ('2001-01-01') TO ('2002-01-01')`,
    /entries_of_old is guarded by no trigger entries_only_by_transfers/,
  ],
  [
    'a guard that calls something else',
    `CREATE OR REPLACE TRIGGER entries_only_by_transfers BEFORE INSERT ON transactions.entries_2026_05
       FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_removal();
     ALTER TABLE transactions.entries_2026_05 ENABLE ALWAYS TRIGGER entries_only_by_transfers`,
    /entries_2026_05 is guarded by no trigger entries_only_by_transfers that is as it was made/,
  ],
  [
    'a snapshot that says something else',
    `INSERT INTO transactions.balance_snapshots (account_id, as_of, account_version, debits_posted_minor, credits_posted_minor)
     VALUES ($account, '2026-05-31', 7, 7, 7)`,
    /its snapshot of 2026-05-31/,
  ],
  ...(
    [
      ['balances', 'balances_never_removed', 'DISABLE'],
      ['transactions', 'transactions_append_only', 'DISABLE'],
      ['transfers', 'transfers_post', 'ENABLE REPLICA'],
      ['entries_2026_05', 'entries_no_truncate', 'DISABLE'],
      ['entries_2026_05', 'entries_append_only', 'ENABLE'],
      ['entries', 'entries_only_by_transfers', 'DISABLE'],
    ] as const
  ).map(
    ([table, trigger, how]) =>
      [
        `a guard that is not always on: ${trigger} of ${table}`,
        `ALTER TABLE transactions.${table} ${how} TRIGGER ${trigger}`,
        new RegExp(`${table} is guarded by no trigger ${trigger}`),
      ] as const,
  ),
  [
    'a constraint that is gone',
    'ALTER TABLE transactions.transfers DROP CONSTRAINT transfers_two_accounts',
    /no valid constraint transfers_two_accounts/,
  ],
  [
    'balances that do not follow accounts',
    'ALTER TABLE accounts.accounts DISABLE TRIGGER transactions_follow_account',
    /followed by no trigger transactions_follow_account/,
  ],
];

describe('books that were tampered with', () => {
  let database: LedgerTestDatabase;
  let account: string;

  beforeAll(async () => {
    database = await openLedgerTestDatabase();
    account = await database.openAccount();
    await database.fund(account, 100n);
  });
  afterAll(async () => {
    expect(await findImbalances(database.db)).toEqual([]);
    await database.close();
  });

  it.each(TAMPERINGS)('are found: %s', async (_, statements, problem) => {
    expect(await database.books.verify()).toEqual([]);
    const found = await database.db.transaction().execute(async (transaction) => {
      await sql
        .raw(statements.replaceAll('$account', `'${account}'`).replaceAll('$clearing', `'${database.clearing}'`))
        .execute(transaction);
      const { rows } = await sql<{ problem: string }>`SELECT problem FROM transactions.verify()`.execute(transaction);
      await sql`ROLLBACK; BEGIN`.execute(transaction);
      return rows.map((row) => row.problem).join('\n');
    });
    expect(found).toMatch(problem);
  });
});
