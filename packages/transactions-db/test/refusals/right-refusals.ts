import { amongShadows, expectRows, type Refusal, rightRefusals, withRightsOf } from '@finova/db-kit/testing';

/** What the application may call, with the least that it can be called with, and what comes of that. */
const CALLS: readonly (readonly [call: string, answer: string | undefined])[] = [
  [`post_transaction('s', 'k', '{}')`, 'FN006'],
  [`post_transfer('s', 'k', $account, $clearing, 'EUR', 1)`, undefined],
  [`post_batch('s', 'k', ARRAY[$account]::uuid[], ARRAY[$clearing]::uuid[], '{EUR}', '{1}')`, undefined],
  [`hold('s', 'k', '{}')`, 'FN006'],
  [`capture('s', 'k', '{}')`, 'FN004'],
  [`void('s', 'k', '{}')`, 'FN004'],
  [`reverse('s', 'k', '{}')`, 'FN004'],
  ['expire_due(1)', undefined],
  ['verify()', undefined],
  [`balance_at($account, current_date)`, undefined],
  ['require_same_months()', undefined],
  [`ensure_partitions('2031-01-01', '2031-01-31')`, undefined],
  [`take_balance_snapshots('2026-02-28')`, undefined],
  [`retire_month('2026-02-01')`, 'FN009'],
  [`read_outbox('tests', 1)`, undefined],
  [`advance_outbox('nobody', '0', 0)`, 'FN010'],
  ['prune_outbox(1)', undefined],
  [`set_message_aside('tests', '0', 0, 'test')`, 'FN012'],
  [`read_set_aside('tests', 1)`, undefined],
  [`settle_set_aside('tests', '0', 0)`, undefined],
];

const as = (role: 'app' | 'readonly', statement: string) => withRightsOf(`finova_transactions_${role}`, statement);
const TABLES = `(SELECT oid, relname FROM pg_class WHERE relnamespace = 'transactions'::regnamespace AND relkind IN ('r', 'p')) AS tables`;
const FUNCTIONS = `pg_proc WHERE pronamespace = 'transactions'::regnamespace`;

export const RIGHT_REFUSALS: readonly Refusal[] = [
  ...CALLS.flatMap(([call, answer]): Refusal[] => [
    [`a call by the application: ${call}`, as('app', `SELECT * FROM transactions.${call}`), answer],
    [
      `a call by the application, among shadows: ${call}`,
      amongShadows(as('app', `SELECT * FROM transactions.${call}`)),
      answer,
    ],
    [`a call by a reader: ${call}`, as('readonly', `SELECT * FROM transactions.${call}`), '42501'],
  ]),
  [
    'functions beyond these for the application',
    expectRows(
      CALLS.length,
      `SELECT FROM ${FUNCTIONS} AND has_function_privilege('finova_transactions_app', oid, 'EXECUTE')`,
    ),
    undefined,
  ],
  ...rightRefusals('transactions'),
  [
    'a table that readers cannot read',
    expectRows(0, `SELECT FROM ${TABLES} WHERE NOT has_table_privilege('finova_transactions_readonly', oid, 'SELECT')`),
    undefined,
  ],
  [
    'a table that the application cannot read',
    expectRows(
      0,
      `SELECT FROM ${TABLES} WHERE has_table_privilege('finova_transactions_app', oid, 'SELECT') = (relname = 'idempotency_keys')`,
    ),
    undefined,
  ],
  // What the ledger does there runs with the rights of its owner.
  [
    'a balance for an account that the application of accounts opens',
    withRightsOf(
      'finova_accounts_app',
      `INSERT INTO accounts.accounts (currency, is_internal, name, cash_account_type, normal_side, status)
       VALUES ('EUR', true, 'New', 'OTHR', 'credit', 'active')`,
    ),
    undefined,
  ],
  [
    'a freeze by the application of accounts, which the ledger follows',
    withRightsOf('finova_accounts_app', `UPDATE accounts.accounts SET status = 'frozen' WHERE id = $account`),
    undefined,
  ],
  [
    'what the ledger takes from accounts, taken anew',
    withRightsOf(
      'finova_transactions_owner',
      `CREATE TABLE transactions.new_balances (account_id uuid, currency text,
         FOREIGN KEY (account_id, currency) REFERENCES accounts.accounts (id, currency));
       INSERT INTO transactions.new_balances SELECT id, currency FROM accounts.accounts;
       CREATE TRIGGER new_balance AFTER INSERT ON accounts.accounts FOR EACH ROW EXECUTE FUNCTION transactions.open_balance()`,
    ),
    undefined,
  ],
  ...(['app', 'readonly'] as const).map(
    (role): Refusal => [
      `the schema closed to ${role}`,
      as(role, 'SELECT FROM transactions.balances LIMIT 0'),
      undefined,
    ],
  ),
];
