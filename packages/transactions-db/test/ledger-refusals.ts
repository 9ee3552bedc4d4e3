/** What must be refused, the statement that tries it, and the rule that refuses. */
export type Refusal = readonly [what: string, statement: string, constraint: string];

const transferOf = (debit: string, credit: string, currency: string, amount: string) =>
  `INSERT INTO transactions.transfers (transaction_id, debit_account_id, credit_account_id, currency, amount_minor)
   SELECT id, ${debit}, ${credit}, '${currency}', ${amount} FROM transactions.transactions LIMIT 1`;

const keyRefusal = (what: string, values: string, constraint: string): Refusal => [
  what,
  `INSERT INTO transactions.idempotency_keys (scope, key, request_hash${values.split(', ').length > 3 ? ', response, transaction_id' : ''})
   VALUES (${values})`,
  constraint,
];

const snapshotRefusal = (what: string, values: string, constraint: string): Refusal => [
  what,
  `INSERT INTO transactions.balance_snapshots
     (account_id, as_of, account_version, debits_posted_minor, credits_posted_minor) VALUES (${values})`,
  constraint,
];

/** The newest entry of the account once more, under the next number, with one column changed. */
const entryRefusal = (what: string, change: Readonly<Record<string, string>>, constraint: string): Refusal => {
  const columns = {
    account_id: 'account_id',
    account_version: 'account_version + 1',
    booking_date: 'booking_date',
    transaction_id: 'transaction_id',
    transfer_id: 'transfer_id',
    direction: 'direction',
    amount_minor: 'amount_minor',
    balance_after_minor: 'balance_after_minor',
    ...change,
  };
  return [
    what,
    `INSERT INTO transactions.entries (${Object.keys(columns).join(', ')})
     SELECT ${Object.values(columns).join(', ')} FROM transactions.entries WHERE account_id = $account`,
    constraint,
  ];
};

/** The rules of the two tables that let something happen at most once. */
function onceRefusals(table: 'pending_resolutions' | 'reversals'): Refusal[] {
  const [subject, result] = table === 'reversals' ? ['reversed', 'reversal'] : ['pending', 'resolution'];
  const insert = (ids: string) =>
    `WITH made AS (
       INSERT INTO transactions.transactions (kind, booking_date, value_date)
       SELECT 'posted', '2026-01-01', '2026-01-01' FROM generate_series(1, 3) RETURNING id
     ), ids AS (SELECT array_agg(id) AS id FROM made)
     INSERT INTO transactions.${table} (${subject}_transaction_id, ${result}_transaction_id) SELECT * FROM (${ids}) AS pairs`;
  return [
    [
      `${table}: the same twice`,
      insert('SELECT id[1], id[2] FROM ids UNION ALL SELECT id[1], id[3] FROM ids'),
      `${table}_pkey`,
    ],
    [
      `${table}: one result for two`,
      insert('SELECT id[1], id[3] FROM ids UNION ALL SELECT id[2], id[3] FROM ids'),
      `${table}_${result}_unique`,
    ],
    [`${table}: by itself`, insert('SELECT id[1], id[1] FROM ids'), `${table}_two_transactions`],
    [`${table}: of what does not exist`, insert('SELECT $account::uuid, id[1] FROM ids'), `${table}_${subject}_exists`],
    [`${table}: by what does not exist`, insert('SELECT id[1], $account::uuid FROM ids'), `${table}_${result}_exists`],
  ];
}

/**
 * At least one for every rule. `$account` holds 100 minor units of EUR, `$overdrawn` is 40 below zero with a limit of
 * 50, `$dollars` is an empty account in USD, `$clearing` is the bank's own in EUR.
 */
export const REFUSALS: readonly Refusal[] = [
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
    'a balance in another currency than its account',
    `UPDATE transactions.balances SET currency = 'GBP' WHERE account_id = $dollars`,
    'balances_account_exists',
  ],
  [
    'a limit lowered below what is overdrawn',
    'UPDATE accounts.accounts SET overdraft_limit_minor = 39 WHERE id = $overdrawn',
    'balances_available',
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
  keyRefusal('an idempotency key without a hash', `'s', 'k', ''`, 'idempotency_keys_request_hash_length'),
  keyRefusal('an idempotency key of nobody', `'', 'k', sha256('')`, 'idempotency_keys_scope_length'),
  keyRefusal('an empty idempotency key', `'s', '', sha256('')`, 'idempotency_keys_key_length'),
  keyRefusal('an idempotency key used twice', `'tests', '1', sha256('')`, 'idempotency_keys_pkey'),
  keyRefusal(
    'an answer that names no transaction',
    `'s', 'k', sha256(''), '{}', NULL`,
    'idempotency_keys_answer_complete',
  ),
  keyRefusal(
    'an answer that names a transaction that does not exist',
    `'s', 'k', sha256(''), '{}', $account`,
    'idempotency_keys_transaction_exists',
  ),
  [
    'a topic of another shape',
    `INSERT INTO transactions.outbox (topic, key, payload) VALUES ('Bad Topic', $account, '{}')`,
    'outbox_topic_shape',
  ],
  ['a transfer twice', `INSERT INTO transactions.transfers SELECT * FROM transactions.transfers`, 'transfers_pkey'],
  [
    'a transfer of no transaction',
    `INSERT INTO transactions.transfers (transaction_id, debit_account_id, credit_account_id, currency, amount_minor)
       VALUES ($account, $account, $clearing, 'EUR', 1)`,
    'transfers_transaction_exists',
  ],
  ['a balance twice', 'INSERT INTO transactions.balances SELECT * FROM transactions.balances', 'balances_pkey'],
  [
    'a balance of no account',
    `INSERT INTO transactions.balances (account_id, currency, normal_side, account_status)
       VALUES (transactions.uuid_v7(), 'EUR', 'debit', 'active')`,
    'balances_in_step',
  ],
  ...(
    [
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
  ['a balance taken away', 'DELETE FROM transactions.balances WHERE account_id = $dollars', 'balances_never_removed'],
  ['all balances taken away', 'TRUNCATE transactions.balances CASCADE', 'balances_never_removed'],
  ...['credits_posted', 'debits_pending', 'credits_pending'].map(
    (total): Refusal => [
      `a negative total: ${total}`,
      `UPDATE transactions.balances SET ${total}_minor = -1 WHERE account_id = $clearing`,
      `balances_${total}_not_negative`,
    ],
  ),
  [
    'a negative version',
    'UPDATE transactions.balances SET version = -1 WHERE account_id = $account',
    'balances_version_not_negative',
  ],
  [
    'a transaction twice',
    'INSERT INTO transactions.transactions SELECT * FROM transactions.transactions',
    'transactions_pkey',
  ],
  [
    'an endless description',
    `INSERT INTO transactions.transactions (kind, booking_date, value_date, description) VALUES ('posted', '2026-01-01', '2026-01-01', repeat('x', 141))`,
    'transactions_description_length',
  ],
  ['an entry twice', 'INSERT INTO transactions.entries SELECT * FROM transactions.entries', 'entries_pkey'],
  entryRefusal('an entry of no account', { account_id: 'transactions.uuid_v7()' }, 'entries_account_exists'),
  entryRefusal('an entry of no transaction', { transaction_id: '$account' }, 'entries_transaction_exists'),
  entryRefusal('an entry of no transfer', { transfer_id: '$account' }, 'entries_transfer_exists'),
  entryRefusal('an entry numbered zero', { account_version: '0' }, 'entries_account_version_positive'),
  entryRefusal('an entry of nothing', { amount_minor: '0' }, 'entries_amount_positive'),
  entryRefusal('an entry on no side', { direction: `'left'` }, 'entries_direction_known'),
  ...(['pending_resolutions', 'reversals'] as const).flatMap(onceRefusals),
  snapshotRefusal(
    'a snapshot of no account',
    `transactions.uuid_v7(), '2026-01-31', 0, 0, 0`,
    'balance_snapshots_account_exists',
  ),
  snapshotRefusal(
    'a snapshot of a negative version',
    `$account, '2026-01-31', -1, 0, 0`,
    'balance_snapshots_version_not_negative',
  ),
  snapshotRefusal(
    'a snapshot of negative debits',
    `$account, '2026-01-31', 0, -1, 0`,
    'balance_snapshots_debits_not_negative',
  ),
  snapshotRefusal(
    'a snapshot of negative credits',
    `$account, '2026-01-31', 0, 0, -1`,
    'balance_snapshots_credits_not_negative',
  ),
  snapshotRefusal(
    'two snapshots of a day',
    `$account, '2026-01-31', 0, 0, 0), ($account, '2026-01-31', 0, 0, 0`,
    'balance_snapshots_pkey',
  ),
  [
    'a position of the outbox twice',
    `INSERT INTO transactions.outbox (position, topic, key, payload) OVERRIDING SYSTEM VALUE
       SELECT position, topic, key, payload FROM transactions.outbox`,
    'outbox_pkey',
  ],
];
