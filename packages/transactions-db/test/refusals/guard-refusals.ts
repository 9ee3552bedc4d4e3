import { amongShadows, asReplica, byTrigger, expectRows, type Refusal } from '@finova/db-kit/testing';

const APPEND_ONLY = [
  'transactions',
  'transfers',
  'entries',
  'pending_expiries',
  'pending_resolutions',
  'reversals',
  'idempotency_keys',
  'balance_snapshots',
  'retired_months',
];
const TOTALS = [
  'debits_posted_minor',
  'credits_posted_minor',
  'debits_pending_minor',
  'credits_pending_minor',
  'version',
];

/** A month with entries, and one without. */
const PARTITIONS = ['entries_2026_01', 'entries_2027_12'];

const ENTRY = `(account_id, account_version, booking_date, transaction_id, transfer_id, direction, amount_minor, balance_after_minor)
  SELECT account_id, account_version + 1, booking_date, transaction_id, transfer_id, direction, amount_minor, balance_after_minor
  FROM transactions.entries WHERE account_id = $account`;
const ACCOUNT = `INSERT INTO accounts.accounts (currency, is_internal, name, cash_account_type, normal_side, status, opened_at)
  VALUES ('EUR', true, 'New', 'OTHR', 'credit', 'active', clock_timestamp())`;

/** What holds in an ordinary session and in one with triggers switched off. */
const IN_ANY_SESSION: readonly Refusal[] = [
  ...APPEND_ONLY.flatMap((table): Refusal[] => [
    [`an update of ${table}`, `UPDATE transactions.${table} SET created_at = now()`, `${table}_append_only`],
    [`a deletion of ${table}`, `DELETE FROM transactions.${table}`, `${table}_append_only`],
    [
      `a truncation of ${table}`,
      `TRUNCATE transactions.${table} CASCADE`,
      table === 'entries' ? 'entries_append_only' : `${table}_append_only`,
    ],
  ]),
  ...PARTITIONS.map(
    (partition): Refusal => [
      `a truncation of ${partition}`,
      `TRUNCATE transactions.${partition}`,
      'entries_append_only',
    ],
  ),
  ['an entry by hand', `INSERT INTO transactions.entries ${ENTRY}`, 'entries_only_by_transfers'],
  ...PARTITIONS.map(
    (partition): Refusal => [
      `an entry by hand into ${partition}`,
      `INSERT INTO transactions.${partition} ${ENTRY}`,
      'entries_only_by_transfers',
    ],
  ),
  ...TOTALS.map(
    (column): Refusal => [
      `a balance by hand: ${column}`,
      `UPDATE transactions.balances SET ${column} = ${column} + 1 WHERE account_id = $account`,
      'balances_only_by_transfers',
    ],
  ),
  ['a balance taken away', 'DELETE FROM transactions.balances WHERE account_id = $dollars', 'balances_never_removed'],
  ['all balances taken away', 'TRUNCATE transactions.balances CASCADE', 'balances_never_removed'],
  ...(
    [
      ['another currency than its account', `currency = 'GBP'`],
      ['another normal side than its account', `normal_side = 'debit'`],
      ['another status than its account', `account_status = 'frozen'`],
      ['another limit than its account', 'overdraft_limit_minor = 1000'],
      ['no limit when its account has one', 'overdraft_limit_minor = NULL'],
    ] as const
  ).map(
    ([what, change]): Refusal => [
      `a balance with ${what}`,
      `UPDATE transactions.balances SET ${change} WHERE account_id = $account`,
      'balances_in_step',
    ],
  ),
  [
    'a balance of no account',
    `INSERT INTO transactions.balances (account_id, currency, normal_side, account_status)
       VALUES (transactions.uuid_v7(), 'EUR', 'debit', 'active')`,
    'balances_in_step',
  ],
  [
    'a consumer of the outbox set back',
    `UPDATE transactions.outbox_consumers SET writer = '0', position = 0`,
    'outbox_consumers_only_forward',
  ],
  [
    'an account closed with money on it',
    `UPDATE accounts.accounts SET status = 'closed' WHERE id = $account`,
    'balances_empty_when_closed',
  ],
  [
    'an account closed with a hold on it',
    `UPDATE accounts.accounts SET status = 'closed' WHERE id = $holder`,
    'balances_empty_when_closed',
  ],
  [
    'a balance for each new account',
    `${ACCOUNT}; ${expectRows(0, 'SELECT FROM accounts.accounts WHERE id NOT IN (SELECT account_id FROM transactions.balances)')}`,
    undefined,
  ],
  [
    'a freeze that the ledger follows',
    `UPDATE accounts.accounts SET status = 'frozen' WHERE id = $account;
    ${expectRows(1, `SELECT FROM transactions.balances WHERE account_id = $account AND account_status = 'frozen'`)}`,
    undefined,
  ],
];

export const GUARD_REFUSALS: readonly Refusal[] = [
  ...IN_ANY_SESSION,
  ...IN_ANY_SESSION.map(
    ([what, statements, rule]): Refusal => [`${what}, in replica mode`, asReplica(statements), rule],
  ),
  ...IN_ANY_SESSION.map(
    ([what, statements, rule]): Refusal => [`${what}, among shadows`, amongShadows(statements), rule],
  ),
  [
    'a limit lowered below what is overdrawn',
    'UPDATE accounts.accounts SET overdraft_limit_minor = 39 WHERE id = $overdrawn',
    'balances_available',
  ],
  [
    'an account with another currency than its balance, its own guard being off',
    `ALTER TABLE accounts.accounts DISABLE TRIGGER USER; UPDATE accounts.accounts SET currency = 'GBP' WHERE id = $dollars`,
    'balances_account_exists',
  ],
  ['a balance twice', 'INSERT INTO transactions.balances SELECT * FROM transactions.balances', 'balances_pkey'],
  [
    'an entry twice',
    byTrigger(
      'INSERT INTO transactions.entries SELECT * FROM transactions.entries WHERE booking_date > current_date - 1',
    ),
    'entries_pkey',
  ],
  ...TOTALS.map(
    (column): Refusal => [
      `a negative total, by a trigger: ${column}`,
      byTrigger(`UPDATE transactions.balances SET ${column} = -1 WHERE overdraft_limit_minor IS NULL`),
      'balances_totals_not_negative',
    ],
  ),
  [
    'nothing that is missing or not always on, on partitions either',
    expectRows(0, 'SELECT FROM transactions.missing_guards()'),
    undefined,
  ],
  [
    'nothing that is missing, among shadows',
    // Not in FROM: there the body of the function would become part of the statement.
    amongShadows(expectRows(0, 'SELECT transactions.missing_guards()')),
    undefined,
  ],
  [
    'a function exposed to the application, among shadows',
    amongShadows(`SELECT transactions.expose_to_application('transactions.verify(date, date)')`),
    undefined,
  ],
];
