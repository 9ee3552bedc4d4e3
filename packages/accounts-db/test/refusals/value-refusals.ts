import type { Refusal } from '@finova/db-kit/testing';

/** Changes of a row, and values of a new one. */
const customer = (what: string, change: string, rule: string): Refusal => [
  what,
  `UPDATE accounts.customers SET ${change} WHERE id = $customer`,
  rule,
];
const account = (what: string, change: string, rule: string): Refusal => [
  what,
  `UPDATE accounts.accounts SET ${change} WHERE id = $account`,
  rule,
];
const currency = (what: string, values: string, rule: string): Refusal => [
  what,
  `INSERT INTO accounts.currencies (code, numeric_code, minor_unit_digits, name) VALUES (${values})`,
  rule,
];
const holder = (what: string, values: string, rule: string): Refusal => [
  what,
  `INSERT INTO accounts.account_holders (account_id, customer_id, role, validity) VALUES (${values})`,
  rule,
];
const transition = (what: string, values: string, rule: string): Refusal => [
  what,
  `INSERT INTO accounts.account_status_transitions (account_id, from_status, to_status, reason) VALUES (${values})`,
  rule,
];

/** Columns that are never empty, of a row to copy. Those of primary keys are so by these. */
const NEVER_NULL: readonly (readonly [table: string, row: string, columns: readonly string[]])[] = [
  ['currencies', `code = 'EUR'`, ['numeric_code', 'minor_unit_digits', 'name']],
  [
    'customers',
    'id = $customer',
    ['kyc_status', 'data_key', 'full_name', 'email', 'email_blind_index', 'created_at', 'updated_at'],
  ],
  [
    'accounts',
    'id = $pending',
    ['currency', 'is_internal', 'name', 'cash_account_type', 'normal_side', 'status', 'created_at', 'updated_at'],
  ],
  ['account_holders', 'account_id = $account', ['account_id', 'customer_id', 'role', 'validity', 'created_at']],
  [
    'account_status_transitions',
    'account_id = $account',
    ['account_id', 'from_status', 'to_status', 'database_user', 'occurred_at'],
  ],
];

export const VALUE_REFUSALS: readonly Refusal[] = [
  ...NEVER_NULL.flatMap(([table, row, columns]) =>
    columns.map(
      (column): Refusal => [
        `${table} without ${column}`,
        `INSERT INTO accounts.${table}
         SELECT (jsonb_populate_record(one, '{"${column}": null}')).* FROM accounts.${table} AS one WHERE ${row}`,
        '23502',
      ],
    ),
  ),

  customer('plain text where ciphertext belongs', `full_name = 'Ada Lovelace'`, 'ciphertext_is_an_envelope'),
  customer('an envelope that is too short', `email = '\\x464e01aa'`, 'ciphertext_is_an_envelope'),
  customer(
    'a data key that is not wrapped',
    `data_key = decode(repeat('00', 65), 'hex')`,
    'wrapped_key_is_an_envelope',
  ),
  customer('a blind index of another length', `email_blind_index = '\\x00'`, 'blind_index_is_a_digest'),
  customer('an unknown KYC status', `kyc_status = 'maybe'`, 'customers_kyc_status_known'),
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
    'a customer deleted who holds an account',
    'DELETE FROM accounts.customers WHERE id = $customer',
    'account_holders_customer_exists',
  ],

  account('an IBAN without its blind index', 'iban_blind_index = NULL', 'accounts_iban_complete'),
  account('a customer’s account without limit', 'overdraft_limit_minor = NULL', 'accounts_unlimited_only_internal'),
  account('a negative overdraft limit', 'overdraft_limit_minor = -1', 'accounts_overdraft_limit_not_negative'),
  account('an unknown status', `status = 'gone'`, 'accounts_status_known'),
  account('an opening taken back', `status = 'pending'`, 'accounts_opened_unless_pending'),
  account('an unknown cash account type', `cash_account_type = 'CASH'`, 'accounts_cash_account_type_known'),
  account('an account without a name', `name = ''`, 'accounts_name_length'),
  account('an account with an endless name', `name = repeat('x', 71)`, 'accounts_name_length'),
  [
    'a closed account opened again',
    `UPDATE accounts.accounts SET status = 'active' WHERE id = $closed`,
    'accounts_closed_when_closed',
  ],
  [
    'an account closed before it was opened, where nothing keeps the times',
    `ALTER TABLE accounts.accounts DISABLE TRIGGER USER;
     UPDATE accounts.accounts SET status = 'closed', closed_at = '2020-01-01' WHERE id = $account`,
    'accounts_closed_after_opened',
  ],
  [
    'an unknown currency',
    `INSERT INTO accounts.accounts (currency, is_internal, name, cash_account_type, normal_side)
     VALUES ('XXX', true, 'x', 'SACC', 'debit')`,
    'accounts_currency_known',
  ],
  [
    'a customer’s account without IBAN',
    `INSERT INTO accounts.accounts (currency, name, cash_account_type, normal_side) VALUES ('EUR', 'x', 'CACC', 'credit')`,
    'accounts_iban_unless_internal',
  ],
  [
    'a normal side that is none',
    `INSERT INTO accounts.accounts (currency, is_internal, name, cash_account_type, normal_side)
     VALUES ('EUR', true, 'x', 'SACC', 'left')`,
    'accounts_normal_side_known',
  ],
  [
    'an account twice',
    `INSERT INTO accounts.accounts (id, currency, is_internal, name, cash_account_type, normal_side)
     VALUES ($account, 'EUR', true, 'x', 'SACC', 'debit')`,
    'accounts_pkey',
  ],
  [
    // It refuses nothing that the primary key, over fewer columns, does not: it is there to be referred to.
    'an account twice, where the primary key is gone',
    `ALTER TABLE accounts.accounts DROP CONSTRAINT IF EXISTS accounts_pkey CASCADE;
     INSERT INTO accounts.accounts (id, currency, is_internal, name, cash_account_type, normal_side)
     VALUES ($account, 'EUR', true, 'x', 'SACC', 'debit')`,
    'accounts_id_currency_unique',
  ],
  [
    'an IBAN twice',
    `INSERT INTO accounts.accounts (currency, data_key, iban, iban_blind_index, name, cash_account_type, normal_side)
     SELECT currency, data_key, iban, iban_blind_index, name, cash_account_type, normal_side
     FROM accounts.accounts WHERE id = $account`,
    'accounts_iban_unique',
  ],

  holder(
    'overlapping roles of a holder',
    `$account, $customer, 'co_owner', '[2026-05-01,2026-06-01)'`,
    'account_holders_no_overlap',
  ),
  holder(
    'a role that never began',
    `$account, $customer, 'co_owner', '(,2020-01-01)'`,
    'account_holders_validity_begins',
  ),
  holder('a role on no day at all', `$account, $customer, 'co_owner', 'empty'`, 'account_holders_validity_begins'),
  holder('an unknown role', `$account, $customer, 'friend', '[2020-01-01,2020-01-02)'`, 'account_holders_role_known'),
  holder('a holder of no account', `$customer, $customer, 'owner', '[2026-01-01,)'`, 'account_holders_account_exists'),
  holder(
    'a holder who is no customer',
    `$account, $account, 'co_owner', '[2026-01-01,)'`,
    'account_holders_customer_exists',
  ),
  [
    'a holder’s role twice',
    `INSERT INTO accounts.account_holders (id, account_id, customer_id, role, validity)
     SELECT id, account_id, customer_id, role, '[1999-01-01,1999-01-02)' FROM accounts.account_holders`,
    'account_holders_pkey',
  ],

  transition(
    'a status change of no account',
    `$customer, 'active', 'frozen', NULL`,
    'account_status_transitions_account_exists',
  ),
  transition(
    'an endless reason',
    `$account, 'active', 'frozen', repeat('x', 501)`,
    'account_status_transitions_reason_length',
  ),
  [
    'a record of a status change twice',
    `INSERT INTO accounts.account_status_transitions (id, account_id, from_status, to_status)
     SELECT id, account_id, from_status, to_status FROM accounts.account_status_transitions`,
    'account_status_transitions_pkey',
  ],

  currency('a currency with a wrong code', `'eur', 999, 2, 'Small euro'`, 'currencies_code_is_iso_4217'),
  currency('a currency twice', `'EUR', 999, 2, 'Euro'`, 'currencies_pkey'),
  currency('a currency’s number twice', `'XTS', 978, 2, 'Test'`, 'currencies_numeric_code_unique'),
  currency('a currency’s number of four digits', `'XTS', 1000, 2, 'Test'`, 'currencies_numeric_code_range'),
  currency('minor units of five digits', `'XTS', 963, 5, 'Test'`, 'currencies_minor_unit_digits_range'),
  currency('a currency without a name', `'XTS', 963, 2, ''`, 'currencies_name_not_empty'),
];
