import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AccountRepository, CustomerRepository, makeIban } from '../src/index.ts';
import { type AccountsTestDatabase, openAccountsTestDatabase } from './accounts-test-database.ts';

type Refusal = readonly [what: string, statement: string, constraint: string];

/** What must be refused, the statement that tries it, and the rule that refuses. */
const REFUSALS: readonly Refusal[] = [
  [
    'plain text where ciphertext belongs',
    `UPDATE accounts.customers SET full_name = 'Ada Lovelace'`,
    'ciphertext_is_an_envelope',
  ],
  ['an envelope that is too short', `UPDATE accounts.customers SET email = '\\x464e01aa'`, 'ciphertext_is_an_envelope'],
  [
    'a data key that is not wrapped',
    `UPDATE accounts.customers SET data_key = decode(repeat('00', 65), 'hex')`,
    'wrapped_key_is_an_envelope',
  ],
  [
    'a blind index of another length',
    `UPDATE accounts.customers SET email_blind_index = '\\x00'`,
    'blind_index_is_a_digest',
  ],
  ['an unknown KYC status', `UPDATE accounts.customers SET kyc_status = 'maybe'`, 'customers_kyc_status_known'],
  [
    'an unknown currency',
    `INSERT INTO accounts.accounts (currency, is_internal, name, cash_account_type, normal_side) VALUES ('XXX', true, 'x', 'SACC', 'debit')`,
    'accounts_currency_known',
  ],
  [
    'a customer’s account without IBAN',
    `INSERT INTO accounts.accounts (currency, name, cash_account_type, normal_side) VALUES ('EUR', 'x', 'CACC', 'credit')`,
    'accounts_iban_unless_internal',
  ],
  [
    'an IBAN without its blind index',
    `UPDATE accounts.accounts SET iban_blind_index = NULL WHERE id = $account`,
    'accounts_iban_complete',
  ],
  [
    'a customer’s account without limit',
    `UPDATE accounts.accounts SET overdraft_limit_minor = NULL WHERE id = $account`,
    'accounts_unlimited_only_internal',
  ],
  [
    'a negative overdraft limit',
    `UPDATE accounts.accounts SET overdraft_limit_minor = -1 WHERE id = $account`,
    'accounts_overdraft_limit_not_negative',
  ],
  ['an unknown status', `UPDATE accounts.accounts SET status = 'gone' WHERE id = $account`, 'accounts_status_known'],
  [
    'an illegal change of status',
    `UPDATE accounts.accounts SET status = 'frozen' WHERE id = $pending`,
    'account_status_transitions_legal',
  ],
  [
    'an opening taken back',
    `UPDATE accounts.accounts SET status = 'pending' WHERE id = $account`,
    'accounts_opened_unless_pending',
  ],
  [
    'a closed account opened again',
    `UPDATE accounts.accounts SET status = 'active' WHERE id = $closed`,
    'accounts_closed_when_closed',
  ],
  [
    'an unknown cash account type',
    `UPDATE accounts.accounts SET cash_account_type = 'CASH' WHERE id = $account`,
    'accounts_cash_account_type_known',
  ],
  [
    'overlapping roles of a holder',
    `INSERT INTO accounts.account_holders (account_id, customer_id, role, validity) VALUES ($account, $customer, 'co_owner', '[2026-05-01,2026-06-01)')`,
    'account_holders_no_overlap',
  ],
  [
    'a role that never began',
    `INSERT INTO accounts.account_holders (account_id, customer_id, role, validity) VALUES ($account, $customer, 'co_owner', '(,2020-01-01)')`,
    'account_holders_validity_begins',
  ],
  [
    'an unknown role',
    `INSERT INTO accounts.account_holders (account_id, customer_id, role, validity) VALUES ($account, $customer, 'friend', '[2020-01-01,2020-01-02)')`,
    'account_holders_role_known',
  ],
  [
    'a record of a status change edited',
    `UPDATE accounts.account_status_transitions SET reason = 'other'`,
    'account_status_transitions_append_only',
  ],
  [
    'a record of a status change deleted',
    'DELETE FROM accounts.account_status_transitions',
    'account_status_transitions_append_only',
  ],
  [
    'the record of status changes truncated',
    'TRUNCATE accounts.account_status_transitions',
    'account_status_transitions_append_only',
  ],
  [
    'a customer deleted who holds an account',
    'DELETE FROM accounts.customers WHERE id = $customer',
    'account_holders_customer_exists',
  ],
  [
    'a currency with a wrong code',
    `INSERT INTO accounts.currencies VALUES ('eur', 999, 2, 'Small euro')`,
    'currencies_code_is_iso_4217',
  ],
  [
    'a customer twice',
    'INSERT INTO accounts.customers SELECT * FROM accounts.customers WHERE id = $customer',
    'customers_pkey',
  ],
  [
    'an e-mail address twice',
    `INSERT INTO accounts.customers (data_key, full_name, email, email_blind_index)
       SELECT data_key, full_name, email, email_blind_index FROM accounts.customers WHERE id = $customer`,
    'customers_email_unique',
  ],
  [
    'an account twice',
    `INSERT INTO accounts.accounts (id, currency, is_internal, name, cash_account_type, normal_side)
       VALUES ($account, 'EUR', true, 'x', 'SACC', 'debit')`,
    'accounts_pkey',
  ],
  [
    'an IBAN twice',
    `INSERT INTO accounts.accounts (currency, data_key, iban, iban_blind_index, name, cash_account_type, normal_side)
       SELECT currency, data_key, iban, iban_blind_index, name, cash_account_type, normal_side
       FROM accounts.accounts WHERE id = $account`,
    'accounts_iban_unique',
  ],
  ['an account without a name', `UPDATE accounts.accounts SET name = '' WHERE id = $account`, 'accounts_name_length'],
  [
    'a normal side that is none',
    `INSERT INTO accounts.accounts (currency, is_internal, name, cash_account_type, normal_side) VALUES ('EUR', true, 'x', 'SACC', 'left')`,
    'accounts_normal_side_known',
  ],
  [
    'an account closed before it was opened',
    `UPDATE accounts.accounts SET status = 'closed', closed_at = '2020-01-01' WHERE id = $account`,
    'accounts_status_times_kept',
  ],
  ...['opened_at = NULL', `opened_at = '2020-01-01'`, `closed_at = clock_timestamp()`].map(
    (change): Refusal => [
      `a time moved by hand: ${change}`,
      `UPDATE accounts.accounts SET ${change} WHERE id = $account`,
      'accounts_status_times_kept',
    ],
  ),
  [
    'the time of a closing moved by hand',
    `UPDATE accounts.accounts SET closed_at = clock_timestamp() WHERE id = $closed`,
    'accounts_status_times_kept',
  ],
  ...['frozen', 'closed'].map(
    (status): Refusal => [
      `an account that begins ${status}`,
      `INSERT INTO accounts.accounts (currency, is_internal, name, cash_account_type, normal_side, status)
         VALUES ('EUR', true, 'x', 'SACC', 'debit', '${status}')`,
      'accounts_begin_open',
    ],
  ),
  [
    'an account opened in the future',
    `INSERT INTO accounts.accounts (currency, is_internal, name, cash_account_type, normal_side, status, opened_at)
       VALUES ('EUR', true, 'x', 'SACC', 'debit', 'active', clock_timestamp() + interval '1 hour')`,
    'accounts_opened_by_now',
  ],
  ['an account deleted', 'DELETE FROM accounts.accounts WHERE id = $pending', 'accounts_never_removed'],
  ['accounts truncated, with all that stands on them', 'TRUNCATE accounts.accounts CASCADE', 'accounts_never_removed'],
  [
    'an account without an owner',
    `INSERT INTO accounts.accounts (currency, data_key, iban, iban_blind_index, name, cash_account_type, normal_side)
       SELECT currency, data_key, iban, decode(repeat('07', 32), 'hex'), name, cash_account_type, normal_side
       FROM accounts.accounts WHERE id = $account`,
    'accounts_have_an_owner',
  ],
  [
    'the last owner’s role ended',
    `UPDATE accounts.account_holders SET validity = '[2026-01-01,2026-06-01)' WHERE account_id = $account`,
    'account_holders_owner_remains',
  ],
  ...[
    `role = 'authorised'`,
    'customer_id = accounts.uuid_v7()',
    'account_id = $pending',
    'id = accounts.uuid_v7()',
    `validity = '[2026-02-01,)'`,
    `created_at = '2020-01-01'`,
  ].map(
    (change): Refusal => [
      `a holder’s past rewritten: ${change}`,
      `UPDATE accounts.account_holders SET ${change} WHERE account_id = $account`,
      'account_holders_kept',
    ],
  ),
  [
    'a holder deleted whose role began',
    'DELETE FROM accounts.account_holders WHERE account_id = $account',
    'account_holders_kept',
  ],
  ['holders truncated', 'TRUNCATE accounts.account_holders', 'account_holders_never_removed'],
  ...[`'active', 'frozen'`, `'frozen', 'active'`].map(
    (change): Refusal => [
      `a status change recorded that did not happen: ${change}`,
      `INSERT INTO accounts.account_status_transitions (account_id, from_status, to_status) VALUES ($account, ${change})`,
      'account_status_transitions_happened',
    ],
  ),
  ...[`normal_side = 'debit'`, `currency = 'USD'`, 'is_internal = true', 'id = accounts.uuid_v7()'].map(
    (change): Refusal => [
      `an account that becomes another: ${change}`,
      `UPDATE accounts.accounts SET ${change} WHERE id = $account`,
      'accounts_identity_kept',
    ],
  ),
  [
    'a holder’s role twice',
    `INSERT INTO accounts.account_holders (id, account_id, customer_id, role, validity)
       SELECT id, account_id, customer_id, role, '[1999-01-01,1999-01-02)' FROM accounts.account_holders`,
    'account_holders_pkey',
  ],
  [
    'a holder of no account',
    `INSERT INTO accounts.account_holders (account_id, customer_id, role) VALUES ($customer, $customer, 'owner')`,
    'account_holders_account_exists',
  ],
  [
    'a role on no day at all',
    `INSERT INTO accounts.account_holders (account_id, customer_id, role, validity) VALUES ($account, $customer, 'co_owner', 'empty')`,
    'account_holders_validity_begins',
  ],
  [
    'a record of a status change twice',
    `INSERT INTO accounts.account_status_transitions (id, account_id, from_status, to_status)
       SELECT id, account_id, from_status, to_status FROM accounts.account_status_transitions`,
    'account_status_transitions_pkey',
  ],
  [
    'a status change of no account',
    `INSERT INTO accounts.account_status_transitions (account_id, from_status, to_status) VALUES ($customer, 'active', 'frozen')`,
    'account_status_transitions_account_exists',
  ],
  [
    'an endless reason',
    `INSERT INTO accounts.account_status_transitions (account_id, from_status, to_status, reason) VALUES ($account, 'active', 'frozen', repeat('x', 501))`,
    'account_status_transitions_reason_length',
  ],
  ['a currency twice', `INSERT INTO accounts.currencies VALUES ('EUR', 999, 2, 'Euro')`, 'currencies_pkey'],
  [
    'a currency’s number twice',
    `INSERT INTO accounts.currencies VALUES ('XTS', 978, 2, 'Test')`,
    'currencies_numeric_code_unique',
  ],
  [
    'a currency’s number of four digits',
    `INSERT INTO accounts.currencies VALUES ('XTS', 1000, 2, 'Test')`,
    'currencies_numeric_code_range',
  ],
  [
    'minor units of five digits',
    `INSERT INTO accounts.currencies VALUES ('XTS', 963, 5, 'Test')`,
    'currencies_minor_unit_digits_range',
  ],
  [
    'a currency without a name',
    `INSERT INTO accounts.currencies VALUES ('XTS', 963, 2, '')`,
    'currencies_name_not_empty',
  ],
];

/**
 * The primary key, over fewer columns, always refuses before the first: it is there to be referred to. The second is
 * what is left of it where the trigger that keeps the times is switched off.
 */
const NEVER_THE_FIRST_TO_REFUSE = ['accounts_id_currency_unique', 'accounts_closed_after_opened'];

describe('the database, by raw SQL of its owner', () => {
  let database: AccountsTestDatabase;
  let customerId: string;
  let accountId: string;
  let pendingId: string;
  let closedId: string;

  beforeAll(async () => {
    database = await openAccountsTestDatabase();
    const customers = new CustomerRepository(database.db, database.encryption);
    const accounts = new AccountRepository(database.db, database.encryption);
    ({ id: customerId } = await customers.register({ fullName: 'Ada Lovelace', email: 'ada@example.com' }));
    ({ id: accountId } = await accounts.open({
      currency: 'EUR',
      iban: makeIban('DE', '370400440532013000'),
      name: 'Current account',
      cashAccountType: 'CACC',
      holders: [{ customerId, role: 'owner', from: '2026-01-01' }],
    }));
    await accounts.changeStatus(accountId, 'frozen', 'test');
    ({ id: closedId } = await accounts.openInternal({ currency: 'EUR', name: 'Closed', normalSide: 'debit' }));
    await accounts.changeStatus(closedId, 'closed', 'test');
    const pending = await sql<{ id: string }>`
      INSERT INTO accounts.accounts (currency, is_internal, name, cash_account_type, normal_side)
      VALUES ('EUR', true, 'Pending', 'SACC', 'debit') RETURNING id`.execute(database.db);
    pendingId = pending.rows[0]?.id ?? '';
  });
  afterAll(() => database?.close());

  const run = (statement: string) => {
    const ids: Record<string, string> = {
      $customer: customerId,
      $account: accountId,
      $pending: pendingId,
      $closed: closedId,
    };
    const text = statement.replaceAll(/\$(?:customer|account|pending|closed)\b/g, (name) => `'${ids[name]}'`);
    return sql.raw(text).execute(database.db);
  };

  it.each(REFUSALS)('refuses %s', async (_, statement, constraint) => {
    await expect(run(statement)).rejects.toMatchObject({ constraint });
  });

  // Foreign keys are triggers of the system, which nobody but a superuser can have run in that mode.
  const heldByTriggers = REFUSALS.filter(([, , constraint]) =>
    /_kept$|_begin_open$|_by_now$|_never_removed$|_append_only$|_happened$|_owner$|_owner_remains$|_legal$/.test(
      constraint,
    ),
  );

  it.each(heldByTriggers)(
    'refuses %s with session_replication_role = replica too',
    async (_, statement, constraint) => {
      await expect(
        run(`SET LOCAL session_replication_role = replica; ${statement}; SET CONSTRAINTS ALL IMMEDIATE`),
      ).rejects.toMatchObject({ constraint });
    },
  );

  it('lets a role be taken back that has not begun', async () => {
    await run(`INSERT INTO accounts.account_holders (account_id, customer_id, role, validity)
      VALUES ($pending, $customer, 'authorised', daterange(current_date + 1, NULL))`);
    await run('DELETE FROM accounts.account_holders WHERE account_id = $pending');
  });

  it('lets an account be taken over that was opened long ago', async () => {
    await run(`INSERT INTO accounts.accounts (currency, is_internal, name, cash_account_type, normal_side, status, opened_at)
      VALUES ('EUR', true, 'Old', 'SACC', 'debit', 'active', '1999-12-31')`);
  });

  it('has no rule that nothing above is refused by', async () => {
    const { rows } = await sql<{ name: string }>`
      SELECT conname AS name FROM pg_constraint
      WHERE connamespace = 'accounts'::regnamespace AND contype <> 'n'`.execute(database.db);
    const tried = new Set([...REFUSALS.map(([, , constraint]) => constraint), ...NEVER_THE_FIRST_TO_REFUSE]);
    expect(rows.length).toBeGreaterThan(30);
    expect(rows.map(({ name }) => name).filter((name) => !tried.has(name))).toEqual([]);
  });

  it('records every change of status, whoever makes it', async () => {
    await run(`UPDATE accounts.accounts SET status = 'active' WHERE id = $account`);
    const { rows } = await sql<{ change: string }>`
      SELECT from_status || ' → ' || to_status AS change FROM accounts.account_status_transitions
      WHERE account_id = ${accountId} ORDER BY occurred_at DESC LIMIT 1`.execute(database.db);
    expect(rows).toEqual([{ change: 'frozen → active' }]);
  });

  it('makes ids that are UUIDs of version 7, of now and in order', async () => {
    const { rows } = await sql<{ id: string; at: Date }>`
      SELECT accounts.uuid_v7() AS id, clock_timestamp() AS at FROM generate_series(1, 100)`.execute(database.db);
    for (const { id, at } of rows) {
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(Math.abs(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16) - at.getTime())).toBeLessThanOrEqual(
        1_000,
      );
    }
    expect(new Set(rows.map(({ id }) => id)).size).toBe(100);
    const milliseconds = rows.map(({ id }) => id.slice(0, 13));
    expect(milliseconds).toEqual(milliseconds.toSorted());
  });
});
