import { expectRows, type Refusal } from '@finova/db-kit/testing';

const IN_AN_HOUR = `now() + interval '1 hour'`;
const transferJson = (amount: number) =>
  `jsonb_build_object('debit_account_id', $holder::uuid, 'credit_account_id', $clearing::uuid, 'currency', 'EUR', 'amount_minor', ${amount})`;
const BATCH = (key: string, amount: number) =>
  `SELECT transactions.post_batch('s', '${key}', ARRAY[$account]::uuid[], ARRAY[$clearing]::uuid[], '{EUR}', '{${amount}}')`;

const onDay = (key: string, day: string) =>
  `SELECT transactions.post_transfer('s', '${key}', $clearing, $account, 'EUR', 1, in_booking_date => ${day})`;

/** What the procedures refuse of requests that no constraint could judge. */
export const PROCEDURE_REFUSALS: readonly Refusal[] = [
  [
    'a key used for another transfer',
    `SELECT transactions.post_transfer('s', 'k', $account, $clearing, 'EUR', 1);
     SELECT transactions.post_transfer('s', 'k', $account, $clearing, 'EUR', 2)`,
    'FN003',
  ],
  ['a key used for another batch', `${BATCH('k', 1)}; ${BATCH('k', 2)}`, 'FN003'],
  [
    'accounts that were in the way of a transfer and no longer are',
    `SELECT transactions.refuse_accounts(ARRAY[$account, $clearing]::uuid[], '{EUR,EUR}')`,
    '40001',
  ],
  ['a batch of nothing', `SELECT transactions.post_batch('s', 'k', '{}', '{}', '{}', '{}')`, 'FN006'],
  [
    'a batch with fewer currencies than transfers',
    `SELECT transactions.post_batch('s', 'k', ARRAY[$account, $account]::uuid[], ARRAY[$clearing, $clearing]::uuid[], '{EUR}', '{1,1}')`,
    'FN006',
  ],
  [
    'a batch of lists of lists',
    `SELECT transactions.post_batch('s', 'k', ARRAY[[$account]]::uuid[], ARRAY[[$clearing]]::uuid[], '{{EUR}}', '{{1}}', '{{i}}')`,
    'FN006',
  ],
  [
    'a batch of lists that are not counted from 1',
    `SELECT transactions.post_batch('s', 'k', ('[0:0]={' || $account || '}')::uuid[], ('[0:0]={' || $clearing || '}')::uuid[],
       '[0:0]={EUR}', '[0:0]={1}', '[0:0]={i}')`,
    'FN006',
  ],
  [
    'a key used for a transfer of another day, where both days are written alike',
    `SET LOCAL DateStyle = 'SQL, MDY'; ${onDay('k', 'make_date(2026, 12, 1)')};
     SET LOCAL DateStyle = 'SQL, DMY'; ${onDay('k', 'make_date(2026, 1, 12)')}`,
    'FN003',
  ],
  [
    'the same transfer, its day written otherwise',
    `SET LOCAL DateStyle = 'SQL, MDY'; ${onDay('k', 'make_date(2026, 12, 1)')};
     SET LOCAL DateStyle = 'ISO'; ${onDay('k', 'make_date(2026, 12, 1)')};
     ${expectRows(1, `SELECT FROM transactions.idempotency_keys WHERE scope = 's' AND key = 'k'`)}`,
    undefined,
  ],
  [
    'an amount captured of a hold of several transfers',
    `SELECT transactions.hold('s', 'h', jsonb_build_object('expires_at', ${IN_AN_HOUR},
       'transfers', jsonb_build_array(${transferJson(1)}, ${transferJson(2)})));
     SELECT transactions.capture('s', 'c', jsonb_build_object('amount_minor', 1, 'pending_transaction_id',
       (SELECT transaction_id FROM transactions.idempotency_keys WHERE scope = 's' AND key = 'h')))`,
    'FN007',
  ],
  ['balances taken before the end of a month', `SELECT transactions.take_balance_snapshots('2026-02-27')`, 'FN009'],
  [
    'balances taken of a month that is not over',
    `SELECT transactions.take_balance_snapshots((date_trunc('month', current_date) + interval '1 month - 1 day')::date)`,
    'FN009',
  ],
  [
    'balances taken of a month that is over only where somebody’s clock is ahead',
    `SET LOCAL TimeZone = 'AHEAD-167';
     SELECT transactions.take_balance_snapshots((date_trunc('month', now() AT TIME ZONE 'UTC') + interval '1 month - 1 day')::date)`,
    'FN009',
  ],
  [
    'a booking in a month that was closed by a session that reads backslashes',
    `SET LOCAL standard_conforming_strings = off; SELECT transactions.take_balance_snapshots('2026-02-28');
     ${onDay('k', `'2026-02-10'`)}`,
    'entries_month_open',
  ],
  [
    'a consumer moved on to what nobody can have read',
    `SELECT transactions.read_outbox('tests', 1); SELECT transactions.advance_outbox('tests', '9223372036854775807', 0)`,
    'FN012',
  ],
  [
    'a month retired before an earlier one',
    `SELECT transactions.take_balance_snapshots('2026-02-28'); SELECT transactions.retire_month('2026-02-01')`,
    'FN009',
  ],
  [
    'a month retired whose balances were not taken',
    `SELECT transactions.retire_month('2026-01-01'); SELECT transactions.retire_month('2026-02-01')`,
    'FN009',
  ],
  [
    'a month retired while a guard of the books is off',
    `ALTER TABLE transactions.balances DISABLE TRIGGER balances_never_removed; SELECT transactions.retire_month('2026-01-01')`,
    'FN009',
  ],
  ['a month that has no partition retired', `SELECT transactions.retire_month('2031-01-01')`, 'FN009'],
  [
    'a balance within a month that was retired',
    `SELECT transactions.retire_month('2026-01-01'); SELECT transactions.balance_at($account, '2026-01-15')`,
    'FN011',
  ],
];
