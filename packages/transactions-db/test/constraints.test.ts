import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LedgerTestDatabase, openLedgerTestDatabase } from './ledger-test-database.ts';

const APPEND_ONLY = ['transactions', 'transfers', 'pending_resolutions', 'reversals', 'balance_snapshots'];

describe('the database, by raw SQL of its owner', () => {
  let database: LedgerTestDatabase;
  let account: string;
  let dollars: string;

  beforeAll(async () => {
    database = await openLedgerTestDatabase();
    account = await database.openAccount();
    dollars = await database.openAccount({ currency: 'USD' });
    await database.fund(account, 100n);
  });
  afterAll(() => database?.close());

  const run = (statement: string) => {
    const names: Record<string, string> = { $account: account, $dollars: dollars, $clearing: database.clearing };
    const text = statement.replaceAll(/\$(?:account|dollars|clearing)/g, (name) => `'${names[name]}'`);
    return sql.raw(text).execute(database.db);
  };
  const transferOf = (debit: string, credit: string, currency: string, amount: string) =>
    `INSERT INTO transactions.transfers (transaction_id, debit_account_id, credit_account_id, currency, amount_minor)
     SELECT id, ${debit}, ${credit}, '${currency}', ${amount} FROM transactions.transactions LIMIT 1`;

  it.each([
    ['a transfer of nothing', transferOf('$account', '$clearing', 'EUR', '0'), 'transfers_amount_positive'],
    ['a negative transfer', transferOf('$account', '$clearing', 'EUR', '-1'), 'transfers_amount_positive'],
    ['a transfer to itself', transferOf('$account', '$account', 'EUR', '1'), 'transfers_two_accounts'],
    [
      'a transfer in another currency than the payer’s',
      transferOf('$dollars', '$account', 'EUR', '1'),
      'transfers_debit_currency',
    ],
    [
      'a transfer in another currency than the payee’s',
      transferOf('$account', '$dollars', 'EUR', '1'),
      'transfers_credit_currency',
    ],
    [
      'a balance below the limit',
      'UPDATE transactions.balances SET debits_posted_minor = 101 WHERE account_id = $account',
      'balances_available',
    ],
    [
      'a hold below the limit',
      'UPDATE transactions.balances SET debits_pending_minor = 101 WHERE account_id = $account',
      'balances_available',
    ],
    [
      'a negative total',
      'UPDATE transactions.balances SET debits_posted_minor = -1 WHERE account_id = $account',
      'balances_debits_posted_not_negative',
    ],
    [
      'an account in another currency than in accounts-db',
      `UPDATE transactions.balances SET currency = 'GBP' WHERE account_id = $dollars`,
      'balances_account_exists',
    ],
    [
      'a limit lowered below what is overdrawn',
      'UPDATE accounts.accounts SET overdraft_limit_minor = -5 WHERE id = $account',
      'accounts_overdraft_limit_not_negative',
    ],
    [
      'an account closed with money on it',
      `UPDATE accounts.accounts SET status = 'closed' WHERE id = $account`,
      'balances_empty_when_closed',
    ],
    [
      'an unknown kind',
      `INSERT INTO transactions.transactions (kind, booking_date, value_date) VALUES ('gift', '2026-01-01', '2026-01-01')`,
      'transactions_kind_known',
    ],
    [
      'an expiry of something that is not pending',
      `INSERT INTO transactions.transactions (kind, booking_date, value_date, expires_at) VALUES ('posted', '2026-01-01', '2026-01-01', now())`,
      'transactions_only_pending_expire',
    ],
    [
      'an end-to-end id that is too long',
      `INSERT INTO transactions.transactions (kind, booking_date, value_date, end_to_end_id) VALUES ('posted', '2026-01-01', '2026-01-01', repeat('x', 36))`,
      'transactions_end_to_end_id_length',
    ],
    [
      'an idempotency key without a hash',
      `INSERT INTO transactions.idempotency_keys (scope, key, request_hash) VALUES ('s', 'k', '')`,
      'idempotency_keys_request_hash_length',
    ],
    [
      'a topic of another shape',
      `INSERT INTO transactions.outbox (topic, key, payload) VALUES ('Bad Topic', $account, '{}')`,
      'outbox_topic_shape',
    ],
  ])('refuses %s', async (_, statement, constraint) => {
    await expect(run(statement)).rejects.toMatchObject({ constraint });
  });

  describe.each(APPEND_ONLY)('in %s', (table) => {
    it.each([
      ['an update', `UPDATE transactions.${table} SET created_at = now()`],
      ['a deletion', `DELETE FROM transactions.${table}`],
      ['a truncation', `TRUNCATE transactions.${table} CASCADE`],
    ])('refuses %s', async (_, statement) => {
      await expect(run(statement)).rejects.toMatchObject({ code: '23001' });
    });
  });

  it('refuses changes of entries, on the parent and on every partition', async () => {
    const { rows } = await sql<{ name: string }>`
      SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'transactions.entries'::regclass`.execute(
      database.db,
    );
    expect(rows.length).toBeGreaterThanOrEqual(24);
    for (const { name } of rows) {
      await expect(run(`TRUNCATE ${name}`)).rejects.toMatchObject({ code: '23001' });
    }
    const filled = (
      await sql<{ name: string }>`SELECT tableoid::regclass::text AS name FROM transactions.entries LIMIT 1`.execute(
        database.db,
      )
    ).rows[0]?.name;
    for (const name of ['transactions.entries', filled]) {
      await expect(run(`UPDATE ${name} SET amount_minor = 1`)).rejects.toMatchObject({ code: '23001' });
      await expect(run(`DELETE FROM ${name}`)).rejects.toMatchObject({ code: '23001' });
    }
    await expect(run('TRUNCATE transactions.entries')).rejects.toMatchObject({ code: '23001' });
  });

  it('makes missing partitions, guarded like the others, and only those', async () => {
    const made = async () =>
      (
        await sql<{ made: number }>`SELECT transactions.ensure_partitions('2027-11-15', '2028-02-01') AS made`.execute(
          database.db,
        )
      ).rows[0]?.made;
    expect(await made()).toBe(2);
    expect(await made()).toBe(0);
    await expect(run('TRUNCATE transactions.entries_2028_02')).rejects.toMatchObject({ code: '23001' });
  });

  it('updates balances in place: no index covers what a posting changes', async () => {
    const { rows } = await sql<{ columns: string }>`
      SELECT DISTINCT attname AS columns FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)
      WHERE indrelid = 'transactions.balances'::regclass ORDER BY 1`.execute(database.db);
    expect(rows.map(({ columns }) => columns)).toEqual(['account_id', 'currency']);
  });
});
