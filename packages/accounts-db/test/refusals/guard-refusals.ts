import { amongShadows, asReplica, expectRows, type Refusal } from '@finova/db-kit/testing';

/** An account of the bank's own, with this beside what it needs. */
const internal = (columns: string, values: string) =>
  `INSERT INTO accounts.accounts (currency, is_internal, name, cash_account_type, normal_side${columns})
   VALUES ('EUR', true, 'New', 'SACC', 'debit'${values})`;

/** A customer's account, and what its holders are. */
const NEW_ACCOUNT = `'0198c0de-0000-7000-8000-000000000001'`;
const customers = (holders = '') => `
  INSERT INTO accounts.accounts (id, currency, data_key, iban, iban_blind_index, name, cash_account_type, normal_side)
  SELECT ${NEW_ACCOUNT}, currency, data_key, iban, sha256('new'), name, cash_account_type, normal_side
  FROM accounts.accounts WHERE id = $account;
  ${holders && `INSERT INTO accounts.account_holders (account_id, customer_id, role, validity) VALUES ${holders}`}`;

/** What holds in an ordinary session and in one with triggers switched off. */
const IN_ANY_SESSION: readonly Refusal[] = [
  [
    'an illegal change of status',
    `UPDATE accounts.accounts SET status = 'frozen' WHERE id = $pending`,
    'account_status_transitions_legal',
  ],
  ...['opened_at = NULL', `opened_at = '2020-01-01'`, 'closed_at = clock_timestamp()'].map(
    (change): Refusal => [
      `a time moved by hand: ${change}`,
      `UPDATE accounts.accounts SET ${change} WHERE id = $account`,
      'accounts_status_times_kept',
    ],
  ),
  [
    'the time of a closing moved by hand',
    'UPDATE accounts.accounts SET closed_at = clock_timestamp() WHERE id = $closed',
    'accounts_status_times_kept',
  ],
  [
    'an account closed before it was opened',
    `UPDATE accounts.accounts SET status = 'closed', closed_at = '2020-01-01' WHERE id = $account`,
    'accounts_status_times_kept',
  ],
  ...['frozen', 'closed'].map(
    (status): Refusal => [
      `an account that begins ${status}`,
      internal(', status', `, '${status}'`),
      'accounts_begin_open',
    ],
  ),
  [
    'an account opened in the future',
    internal(', status, opened_at', `, 'active', clock_timestamp() + interval '1 hour'`),
    'accounts_opened_by_now',
  ],
  [
    'an account taken over that was opened long ago',
    internal(', status, opened_at', `, 'active', '1999-12-31'`),
    undefined,
  ],
  [
    'an opening whose time follows',
    `${internal(', status', `, 'active'`)}; ${expectRows(1, `SELECT FROM accounts.accounts WHERE name = 'New' AND opened_at >= now()`)}`,
    undefined,
  ],
  [
    'a closing whose time follows',
    `UPDATE accounts.accounts SET status = 'closed' WHERE id = $account;
    ${expectRows(1, 'SELECT FROM accounts.accounts WHERE id = $account AND closed_at >= now()')}`,
    undefined,
  ],
  [
    'a change of status that is recorded, with its reason and who made it',
    `SET LOCAL accounts.status_reason = 'Card found'; UPDATE accounts.accounts SET status = 'active' WHERE id = $account;
    ${expectRows(
      1,
      `SELECT FROM accounts.account_status_transitions WHERE account_id = $account AND occurred_at >= now()
       AND from_status = 'frozen' AND to_status = 'active' AND reason = 'Card found' AND database_user = session_user`,
    )}`,
    undefined,
  ],
  ...[`'active', 'frozen'`, `'frozen', 'active'`].map(
    (change): Refusal => [
      `a status change recorded that did not happen: ${change}`,
      `INSERT INTO accounts.account_status_transitions (account_id, from_status, to_status) VALUES ($account, ${change})`,
      'account_status_transitions_happened',
    ],
  ),
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
  ['an account deleted', 'DELETE FROM accounts.accounts WHERE id = $pending', 'accounts_never_removed'],
  ['accounts truncated, with all that stands on them', 'TRUNCATE accounts.accounts CASCADE', 'accounts_never_removed'],
  ...[`normal_side = 'debit'`, `currency = 'USD'`, 'is_internal = true', 'id = accounts.uuid_v7()'].map(
    (change): Refusal => [
      `an account that becomes another: ${change}`,
      `UPDATE accounts.accounts SET ${change} WHERE id = $account`,
      'accounts_identity_kept',
    ],
  ),

  ['an account without an owner', customers(), 'accounts_have_an_owner'],
  [
    'an account of somebody who is no owner',
    customers(`(${NEW_ACCOUNT}, $customer, 'co_owner', '[2026-01-01,)')`),
    'accounts_have_an_owner',
  ],
  [
    'an account whose owner is one until a day',
    customers(`(${NEW_ACCOUNT}, $customer, 'owner', '[2026-01-01,2036-01-01)')`),
    'accounts_have_an_owner',
  ],
  ['an account with an owner', customers(`(${NEW_ACCOUNT}, $customer, 'owner', '[2026-01-01,)')`), undefined],
  [
    'the last owner’s role ended',
    `UPDATE accounts.account_holders SET validity = '[2026-01-01,2026-06-01)' WHERE account_id = $account`,
    'account_holders_owner_remains',
  ],
  [
    'the last owner deleted before that role begins',
    `${customers(`(${NEW_ACCOUNT}, $customer, 'owner', daterange(current_date + 1, NULL))`)};
    SET CONSTRAINTS ALL IMMEDIATE; DELETE FROM accounts.account_holders WHERE account_id = ${NEW_ACCOUNT}`,
    'account_holders_owner_remains',
  ],
  [
    'an owner exchanged for another',
    `UPDATE accounts.account_holders SET validity = '[2026-01-01,2026-06-01)' WHERE account_id = $account;
    INSERT INTO accounts.account_holders (account_id, customer_id, role, validity) VALUES ($account, $stranger, 'owner', '[2026-06-01,)')`,
    undefined,
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
  [
    'a holder deleted whose role has not begun',
    `INSERT INTO accounts.account_holders (account_id, customer_id, role, validity)
       VALUES ($pending, $customer, 'authorised', daterange(current_date + 1, NULL));
    DELETE FROM accounts.account_holders WHERE account_id = $pending;
    ${expectRows(0, 'SELECT FROM accounts.account_holders WHERE account_id = $pending')}`,
    undefined,
  ],
  ['holders truncated', 'TRUNCATE accounts.account_holders', 'account_holders_never_removed'],
];

export const GUARD_REFUSALS: readonly Refusal[] = [
  ...IN_ANY_SESSION,
  ...IN_ANY_SESSION.map(
    ([what, statements, rule]): Refusal => [`${what}, in replica mode`, asReplica(statements), rule],
  ),
  ...IN_ANY_SESSION.map(
    ([what, statements, rule]): Refusal => [`${what}, among shadows`, amongShadows(statements), rule],
  ),
  // A replica keeps the time that it is sent.
  ...['accounts', 'customers'].flatMap((table): Refusal[] => {
    const change = `UPDATE accounts.${table} SET updated_at = '2020-01-01';
      ${expectRows(0, `SELECT FROM accounts.${table} WHERE updated_at < now()`)}`;
    return [
      [`a change of ${table} whose time follows`, change, undefined],
      [`a change of ${table} whose time follows, among shadows`, amongShadows(change), undefined],
    ];
  }),
];
