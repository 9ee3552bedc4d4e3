import { byTrigger, type Refusal } from '@finova/db-kit/testing';

const made = (columns: string, values: string) =>
  `INSERT INTO transactions.transactions (kind, booking_date, value_date${columns}) VALUES (${values})`;
const key = (what: string, scope: string, name: string, rule: string): Refusal => [
  what,
  `INSERT INTO transactions.idempotency_keys (scope, key, request_hash, response, transaction_id)
   VALUES (${scope}, ${name}, sha256(''), '{"kind": "posted"}', $posted)`,
  rule,
];
const snapshot = (what: string, values: string, rule: string): Refusal => [
  what,
  `INSERT INTO transactions.balance_snapshots
     (account_id, as_of, account_version, debits_posted_minor, credits_posted_minor) VALUES (${values})`,
  rule,
];

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

/** Columns that are never empty. Those of primary keys are so by these; `balances_in_step` speaks before some others. */
const NEVER_NULL: Readonly<Record<string, readonly string[]>> = {
  balances: ['debits_posted_minor', 'credits_posted_minor', 'debits_pending_minor', 'credits_pending_minor', 'version'],
  transactions: ['kind', 'booking_date', 'value_date', 'created_at'],
  transfers: ['transaction_id', 'debit_account_id', 'credit_account_id', 'currency', 'amount_minor', 'created_at'],
  entries: ['transaction_id', 'transfer_id', 'direction', 'amount_minor', 'balance_after_minor', 'created_at'],
  pending_expiries: ['expires_at', 'created_at'],
  pending_resolutions: ['resolution_transaction_id', 'created_at'],
  idempotency_keys: ['request_hash', 'response', 'created_at'],
  balance_snapshots: ['account_version', 'debits_posted_minor', 'credits_posted_minor', 'created_at'],
  outbox: ['topic', 'key', 'payload', 'created_at'],
  outbox_consumers: ['writer', 'position', 'updated_at'],
  outbox_set_aside: ['topic', 'key', 'payload', 'created_at', 'reason', 'attempts', 'tried_at'],
};

const nullRefusal = (table: string, column: string): Refusal => {
  const insert = `INSERT INTO transactions.${table} OVERRIDING SYSTEM VALUE
    SELECT (jsonb_populate_record(one, '{"${column}": null}')).* FROM transactions.${table} AS one LIMIT 1`;
  return [`${table} without ${column}`, table === 'entries' ? byTrigger(insert) : insert, '23502'];
};

/** One row of a table that has none in the scenario. */
const nullIn = (table: string, columns: string, values: string, column: string): Refusal => [
  `${table} without ${column}`,
  `INSERT INTO transactions.${table} (${columns}) VALUES (${values})`,
  '23502',
];

export const VALUE_REFUSALS: readonly Refusal[] = [
  ...Object.entries(NEVER_NULL).flatMap(([table, columns]) => columns.map((column) => nullRefusal(table, column))),
  nullIn('reversals', 'reversed_transaction_id, reversal_transaction_id', '$posted, NULL', 'reversal_transaction_id'),
  nullIn(
    'reversals',
    'reversed_transaction_id, reversal_transaction_id, created_at',
    '$posted, $open, NULL',
    'created_at',
  ),
  nullIn('retired_months', 'month, through, partition_name', `'2026-01-01', NULL, 'x'`, 'through'),
  nullIn('retired_months', 'month, through, partition_name', `'2026-01-01', '2026-01-31', NULL`, 'partition_name'),
  nullIn(
    'retired_months',
    'month, through, partition_name, created_at',
    `'2026-01-01', '2026-01-31', 'x', NULL`,
    'created_at',
  ),
  ['an unknown kind', made('', `'gift', '2026-01-01', '2026-01-01'`), 'transactions_kind_known'],
  [
    'an end-to-end id that is too long',
    made(', end_to_end_id', `'posted', '2026-01-01', '2026-01-01', repeat('x', 36)`),
    'transactions_end_to_end_id_length',
  ],
  [
    'an endless description',
    made(', description', `'posted', '2026-01-01', '2026-01-01', repeat('x', 141)`),
    'transactions_description_length',
  ],
  [
    'a transaction twice',
    'INSERT INTO transactions.transactions SELECT * FROM transactions.transactions',
    'transactions_pkey',
  ],
  key('an idempotency key of nobody', `''`, `'k'`, 'idempotency_keys_scope_length'),
  key('an empty idempotency key', `'s'`, `''`, 'idempotency_keys_key_length'),
  key('an idempotency key used twice', `'tests'`, `'1'`, 'idempotency_keys_pkey'),
  ...(['pending_resolutions', 'reversals'] as const).flatMap(onceRefusals),
  snapshot(
    'a balance kept of another day than the end of a month',
    `$account, '2026-03-30', 0, 0, 0`,
    'balance_snapshots_end_of_month',
  ),
  snapshot(
    'a snapshot of no account',
    `transactions.uuid_v7(), '2026-02-28', 0, 0, 0`,
    'balance_snapshots_account_exists',
  ),
  snapshot(
    'a snapshot of a negative version',
    `$account, '2026-02-28', -1, 0, 0`,
    'balance_snapshots_version_not_negative',
  ),
  snapshot(
    'a snapshot of negative debits',
    `$account, '2026-02-28', 0, -1, 0`,
    'balance_snapshots_debits_not_negative',
  ),
  snapshot(
    'a snapshot of negative credits',
    `$account, '2026-02-28', 0, 0, -1`,
    'balance_snapshots_credits_not_negative',
  ),
  snapshot(
    'two snapshots of a day',
    `$account, '2026-02-28', 0, 0, 0), ($account, '2026-02-28', 0, 0, 0`,
    'balance_snapshots_pkey',
  ),
  [
    'a topic of another shape',
    `INSERT INTO transactions.outbox (topic, key, payload) VALUES ('Bad Topic', $account, '{}')`,
    'outbox_topic_shape',
  ],
  [
    'a place of the outbox twice',
    `INSERT INTO transactions.outbox OVERRIDING SYSTEM VALUE SELECT * FROM transactions.outbox`,
    'outbox_pkey',
  ],
  [
    'a consumer with a name of another shape',
    `INSERT INTO transactions.outbox_consumers VALUES ('Somebody else', '0', 0)`,
    'outbox_consumers_consumer_shape',
  ],
  [
    'a consumer before the first message',
    `INSERT INTO transactions.outbox_consumers VALUES ('somebody', '0', -1)`,
    'outbox_consumers_position_not_negative',
  ],
  [
    'a consumer twice',
    'INSERT INTO transactions.outbox_consumers SELECT * FROM transactions.outbox_consumers',
    'outbox_consumers_pkey',
  ],
  [
    'a message set aside twice for one consumer',
    'INSERT INTO transactions.outbox_set_aside SELECT * FROM transactions.outbox_set_aside',
    'outbox_set_aside_pkey',
  ],
  [
    'a message set aside for nobody',
    `INSERT INTO transactions.outbox_set_aside (consumer, writer, position, topic, key, payload, created_at, reason)
     SELECT 'nobody', writer, position, topic, key, payload, created_at, reason FROM transactions.outbox_set_aside`,
    'outbox_set_aside_consumer_exists',
  ],
  [
    'a message set aside without saying why',
    `UPDATE transactions.outbox_set_aside SET reason = ''`,
    'outbox_set_aside_reason_length',
  ],
  [
    'a message set aside that was never tried',
    'UPDATE transactions.outbox_set_aside SET attempts = 0',
    'outbox_set_aside_attempts_positive',
  ],
  [
    'half a month retired',
    `INSERT INTO transactions.retired_months VALUES ('2026-01-02', '2026-01-31', 'x')`,
    'retired_months_whole',
  ],
  [
    'a month retired twice',
    `INSERT INTO transactions.retired_months VALUES ('2026-01-01', '2026-01-31', 'x'), ('2026-01-01', '2026-01-31', 'x')`,
    'retired_months_pkey',
  ],
];
