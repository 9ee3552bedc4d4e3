import { asReplica, expectRows, type Refusal } from '@finova/db-kit/testing';

type Move = readonly [debit: string, credit: string, amount: string, currency?: string];

/** A transaction of this kind and its transfers, by one statement of the owner's own. */
const move = (kind: string, ...moves: readonly Move[]) => `
  WITH made AS (
    INSERT INTO transactions.transactions (kind, booking_date, value_date) VALUES ('${kind}', current_date, current_date) RETURNING id
  )
  INSERT INTO transactions.transfers (transaction_id, debit_account_id, credit_account_id, currency, amount_minor)
  ${moves
    .map(
      ([debit, credit, amount, currency = 'EUR']) =>
        `SELECT id, ${debit}::uuid, ${credit}::uuid, '${currency}', ${amount} FROM made`,
    )
    .join(' UNION ALL ')}`;

/** The same, once alone and once beside another transfer: a single one takes a shorter way through the ledger. */
const both = (what: string, kind: string, moved: Move, refusedBy: string): Refusal[] => [
  [`${what} (${kind})`, move(kind, moved), refusedBy],
  [`${what}, beside another (${kind})`, move(kind, ['$clearing', '$holder', '1'], moved), refusedBy],
];

const EMPTY = '0198c0de-0000-7000-8000-00000000000a';
const NOBODY = `'0198c0de-0000-7000-8000-000000000000'`;

const settle = (kind: string, pending: string, rest = '') => `
  WITH made AS (
    INSERT INTO transactions.transactions (kind, booking_date, value_date) VALUES ('${kind}', current_date, current_date) RETURNING id
  ) INSERT INTO transactions.pending_resolutions (pending_transaction_id, resolution_transaction_id) SELECT ${pending}, id FROM made; ${rest}`;
const capture = (pending: string, amount: string) =>
  settle(
    'post',
    pending,
    `INSERT INTO transactions.transfers (transaction_id, debit_account_id, credit_account_id, currency, amount_minor)
     SELECT resolution_transaction_id, $holder, $clearing, 'EUR', ${amount} FROM transactions.pending_resolutions
     WHERE pending_transaction_id = ${pending}`,
  );
const reverse = (original: string, ...moves: readonly Move[]) => `
  WITH made AS (
    INSERT INTO transactions.transactions (kind, booking_date, value_date) VALUES ('reversal', current_date, current_date) RETURNING id
  ) INSERT INTO transactions.reversals (reversed_transaction_id, reversal_transaction_id) SELECT ${original}, id FROM made;
  INSERT INTO transactions.transfers (transaction_id, debit_account_id, credit_account_id, currency, amount_minor)
  ${moves
    .map(
      ([debit, credit, amount]) =>
        `SELECT reversal_transaction_id, ${debit}::uuid, ${credit}::uuid, 'EUR', ${amount} FROM transactions.reversals WHERE reversed_transaction_id = ${original}`,
    )
    .join(' UNION ALL ')}`;

/** A transaction without transfers, and another one that settles or reverses it. */
const madeOfNothing = (kind: string, otherKind: string, table: string) => `
  INSERT INTO transactions.transactions (id, kind, booking_date, value_date)
  VALUES ('${EMPTY}', '${kind}', current_date, current_date), (${NOBODY}, '${otherKind}', current_date, current_date);
  INSERT INTO transactions.${table} VALUES ('${EMPTY}', ${NOBODY})`;

const pendingOf = (account: string, amount: number) =>
  `SELECT FROM transactions.balances WHERE account_id = ${account} AND debits_pending_minor = ${amount}`;

const IN_A_CLOSED_MONTH = `WITH made AS (
      INSERT INTO transactions.transactions (kind, booking_date, value_date) VALUES ('posted', '2026-01-15', '2026-01-15') RETURNING id
    ) INSERT INTO transactions.transfers (transaction_id, debit_account_id, credit_account_id, currency, amount_minor)
    SELECT id, $clearing::uuid, $account::uuid, 'EUR', 1 FROM made`;

/** What moves or holds money, by raw SQL. */
export const MOVEMENT_REFUSALS: readonly Refusal[] = [
  ...(['posted', 'pending'] as const).flatMap((kind): Refusal[] => [
    ...both('a transfer of nothing', kind, ['$account', '$clearing', '0'], 'transfers_amount_positive'),
    ...both('a negative transfer', kind, ['$account', '$clearing', '-1'], 'transfers_amount_positive'),
    ...both('a transfer to itself', kind, ['$account', '$account', '1'], 'transfers_two_accounts'),
    ...both(
      'a transfer in another currency than the payer’s',
      kind,
      ['$dollars', '$account', '1'],
      'transfers_currency',
    ),
    ...both(
      'a transfer in another currency than the payee’s',
      kind,
      ['$account', '$dollars', '1'],
      'transfers_currency',
    ),
    ...both('a transfer in a currency of neither', kind, ['$account', '$clearing', '1', 'GBP'], 'transfers_currency'),
    [
      `a transfer in another currency beside one between the same accounts (${kind})`,
      move(kind, ['$clearing', '$account', '1'], ['$clearing', '$account', '1', 'USD']),
      'transfers_currency',
    ],
    ...both('a transfer from nobody', kind, [NOBODY, '$account', '1'], 'FN001'),
    ...both('a transfer to nobody', kind, ['$account', NOBODY, '1'], 'FN001'),
    ...both('a transfer from a frozen account', kind, ['$frozen', '$account', '1'], 'FN002'),
    ...both('a transfer to a frozen account', kind, ['$account', '$frozen', '1'], 'FN002'),
    ...both('a transfer to a closed account', kind, ['$account', '$closed', '1'], 'FN002'),
    ...both('a transfer below the limit', kind, ['$account', '$clearing', '101'], 'balances_available'),
    ...both('a transfer below what is held', kind, ['$holder', '$clearing', '92'], 'balances_available'),
  ]),
  ...both('a total beyond 64 bits', 'posted', ['$clearing', '$account', '9223372036854775807'], '22003'),
  [
    'a transfer of no transaction',
    `INSERT INTO transactions.transfers (transaction_id, debit_account_id, credit_account_id, currency, amount_minor)
     VALUES ($account, $account, $clearing, 'EUR', 1)`,
    'transfers_transaction_exists',
  ],
  ...(['posted', 'open'] as const).map(
    (transaction): Refusal => [
      `one more transfer of a transaction that has its own ($${transaction})`,
      `INSERT INTO transactions.transfers (transaction_id, debit_account_id, credit_account_id, currency, amount_minor)
     VALUES ($${transaction}, $clearing, $account, 'EUR', 1)`,
      'transfers_together',
    ],
  ),
  [
    'transfers of a transaction that moves nothing',
    move('void', ['$clearing', '$account', '1']),
    'transfers_of_one_kind',
  ],
  ['a transfer twice', `INSERT INTO transactions.transfers SELECT * FROM transactions.transfers`, 'transfers_pkey'],
  [
    'a posting on two statements, in replica mode too',
    asReplica(`${move('posted', ['$clearing', '$account', '1'])};
    ${expectRows(1, 'SELECT FROM transactions.balances WHERE account_id = $account AND credits_posted_minor = 101 AND version = 2')};
    ${expectRows(2, `SELECT FROM transactions.entries WHERE transaction_id = (SELECT transaction_id FROM transactions.transfers ORDER BY created_at DESC LIMIT 1)`)}`),
    undefined,
  ],

  ['a capture of nothing', move('post', ['$holder', '$clearing', '1']), 'transfers_capture_hold'],
  ['a capture of more than is held', capture('$open', '11'), 'transfers_within_hold'],
  [
    'a capture of what another account holds',
    settle(
      'post',
      '$open',
      `INSERT INTO transactions.transfers (transaction_id, debit_account_id, credit_account_id, currency, amount_minor)
    SELECT resolution_transaction_id, $account, $clearing, 'EUR', 1 FROM transactions.pending_resolutions WHERE pending_transaction_id = $open`,
    ),
    'transfers_within_hold',
  ],
  ['a capture after its time', settle('post', '$due'), 'pending_resolutions_in_time'],
  ['an expiry before its time', settle('expire', '$open'), 'pending_resolutions_due'],
  ['a settlement of what is no hold', settle('void', '$posted'), 'pending_resolutions_of_hold'],
  ['a settlement by a posting', settle('posted', '$open'), 'pending_resolutions_by_resolution'],
  ['a second settlement', settle('void', '$settled'), 'pending_resolutions_pkey'],
  [
    'what is given back, in replica mode too',
    asReplica(`${settle('void', '$open')} ${expectRows(1, pendingOf('$holder', 10))}`),
    undefined,
  ],
  [
    'a part captured and the rest given back',
    `${capture('$open', '4')}; ${expectRows(1, `${pendingOf('$holder', 10)} AND debits_posted_minor = 4`)}`,
    undefined,
  ],
  [
    'one more transfer of a hold that is settled',
    `INSERT INTO transactions.transfers (transaction_id, debit_account_id, credit_account_id, currency, amount_minor)
    VALUES ($settled, $clearing, $account, 'EUR', 1)`,
    'transfers_together',
  ],
  [
    'a settlement of a hold of nothing',
    madeOfNothing('pending', 'void', 'pending_resolutions'),
    'pending_resolutions_of_hold',
  ],
  [
    'an expiry of something that is not pending',
    `INSERT INTO transactions.pending_expiries VALUES ($posted, now())`,
    'pending_expiries_of_hold',
  ],
  [
    'an expiry of something that is not pending, in replica mode',
    asReplica(`INSERT INTO transactions.pending_expiries VALUES ($posted, now())`),
    'pending_expiries_of_hold',
  ],
  [
    'an expiry of a hold that holds something already',
    `${move('pending', ['$clearing', '$account', '1'])};
     INSERT INTO transactions.pending_expiries SELECT id, now() FROM transactions.transactions ORDER BY created_at DESC LIMIT 1`,
    'pending_expiries_of_hold',
  ],
  [
    'an expiry of nothing',
    `INSERT INTO transactions.pending_expiries VALUES ('0198c0de-0000-7000-8000-000000000000', now())`,
    'pending_expiries_pending_exists',
  ],
  [
    'two expiries of one hold',
    `INSERT INTO transactions.pending_expiries VALUES ($open, now())`,
    'pending_expiries_pkey',
  ],

  ['a reversal of nothing', move('reversal', ['$account', '$clearing', '1']), 'transfers_reverse_exactly'],
  ['a reversal of less', reverse('$posted', ['$account', '$clearing', '99']), 'transfers_reverse_exactly'],
  [
    'a reversal of more transfers',
    reverse('$posted', ['$account', '$clearing', '50'], ['$account', '$clearing', '50']),
    'transfers_reverse_exactly',
  ],
  [
    'a reversal in the same direction',
    reverse('$posted', ['$clearing', '$account', '100']),
    'transfers_reverse_exactly',
  ],
  ['a reversal of a posting of nothing', madeOfNothing('posted', 'reversal', 'reversals'), 'reversals_of_posting'],
  ['a reversal of a hold', reverse('$open', ['$clearing', '$holder', '10']), 'reversals_of_posting'],
  [
    'a reversal of a hold, in replica mode',
    asReplica(reverse('$open', ['$clearing', '$holder', '10'])),
    'reversals_of_posting',
  ],
  [
    'an exact reversal',
    `${reverse('$posted', ['$account', '$clearing', '100'])};
    ${expectRows(1, 'SELECT FROM transactions.balances WHERE account_id = $account AND debits_posted_minor = credits_posted_minor')}`,
    undefined,
  ],

  ['a booking in a closed month', IN_A_CLOSED_MONTH, 'entries_month_open'],
  ['a booking in a closed month, in replica mode', asReplica(IN_A_CLOSED_MONTH), 'entries_month_open'],
];
