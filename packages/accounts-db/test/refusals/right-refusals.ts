import { expectRows, type Refusal, rightRefusals, withRightsOf } from '@finova/db-kit/testing';

/** What the application writes of each table: these columns, and no other. */
const WRITTEN: Readonly<Record<'INSERT' | 'UPDATE', Readonly<Record<string, readonly string[]>>>> = {
  INSERT: {
    customers: ['id', 'data_key', 'full_name', 'email', 'email_blind_index', 'phone', 'tax_id'],
    accounts: [
      'id',
      'currency',
      'data_key',
      'iban',
      'iban_blind_index',
      'is_internal',
      'name',
      'cash_account_type',
      'normal_side',
      'status',
      'overdraft_limit_minor',
    ],
    account_holders: ['id', 'account_id', 'customer_id', 'role', 'validity'],
    account_status_transitions: [],
    currencies: [],
  },
  UPDATE: {
    customers: ['kyc_status'],
    accounts: ['status', 'overdraft_limit_minor'],
    account_holders: ['validity'],
    account_status_transitions: [],
    currencies: [],
  },
};

const COLUMNS = `pg_attribute JOIN pg_class ON pg_class.oid = attrelid
  WHERE relnamespace = 'accounts'::regnamespace AND relkind IN ('r', 'p', 'v', 'm') AND attnum > 0 AND NOT attisdropped`;

const as = (role: 'app' | 'readonly', statements: string) => withRightsOf(`finova_accounts_${role}`, statements);

const NEW_ACCOUNT = `'0198c0de-0000-7000-8000-000000000001'`;

/** What the application does, with all columns that it may write. */
const BY_APPLICATION: readonly Refusal[] = [
  ...(
    [
      ['an id of its own', '', ''],
      ['an id given', 'id, ', 'gen_random_uuid(), '],
    ] as const
  ).map(
    ([what, column, value]): Refusal => [
      `a customer registered with ${what}`,
      `INSERT INTO accounts.customers (${column}data_key, full_name, email, email_blind_index, phone, tax_id)
       SELECT ${value}data_key, full_name, email, sha256('new'), phone, tax_id FROM accounts.customers WHERE id = $customer`,
      undefined,
    ],
  ),
  ['a KYC status set', `UPDATE accounts.customers SET kyc_status = 'verified' WHERE id = $customer`, undefined],
  [
    'an account opened with its owner',
    `INSERT INTO accounts.accounts (${WRITTEN.INSERT['accounts']})
     SELECT ${NEW_ACCOUNT}, currency, data_key, iban, sha256('new'), is_internal, name, cash_account_type, normal_side, 'active', 0
     FROM accounts.accounts WHERE id = $account;
     INSERT INTO accounts.account_holders (${WRITTEN.INSERT['account_holders']})
     VALUES (accounts.uuid_v7(), ${NEW_ACCOUNT}, $customer, 'owner', '[2026-01-01,)')`,
    undefined,
  ],
  [
    'an account unfrozen, which is recorded with the rights of the owner',
    `UPDATE accounts.accounts SET status = 'active' WHERE id = $account;
     ${expectRows(1, `SELECT FROM accounts.account_status_transitions WHERE account_id = $account AND to_status = 'active'`)}`,
    undefined,
  ],
  ['a limit changed', 'UPDATE accounts.accounts SET overdraft_limit_minor = 100 WHERE id = $account', undefined],
  [
    'an owner exchanged, which locks the account with the rights of the owner',
    `UPDATE accounts.account_holders SET validity = '[2026-01-01,2026-06-01)' WHERE account_id = $account;
     INSERT INTO accounts.account_holders (account_id, customer_id, role, validity) VALUES ($account, $stranger, 'owner', '[2026-06-01,)')`,
    undefined,
  ],
];

export const RIGHT_REFUSALS: readonly Refusal[] = [
  ...BY_APPLICATION.map(
    ([what, statements, rule]): Refusal => [`${what}, by the application`, as('app', statements), rule],
  ),
  ...BY_APPLICATION.map(([what, statements]): Refusal => [`${what}, by a reader`, as('readonly', statements), '42501']),
  [
    'a status change made up by the application',
    as(
      'app',
      `INSERT INTO accounts.account_status_transitions (account_id, from_status, to_status) VALUES ($account, 'active', 'frozen')`,
    ),
    '42501',
  ],
  ...Object.entries(WRITTEN).map(([right, tables]): Refusal => {
    const columns = Object.entries(tables).flatMap(([table, names]) => names.map((name) => `${table}.${name}`));
    return [
      `other columns than these for the application to ${right}`,
      expectRows(
        0,
        `SELECT FROM ${COLUMNS} AND relname = ANY ('{${Object.keys(tables)}}')
           AND has_column_privilege('finova_accounts_app', attrelid, attnum, '${right}') <> (relname || '.' || attname = ANY ('{${columns}}'))`,
      ),
      undefined,
    ];
  }),
  [
    'a column that the application cannot read',
    expectRows(
      0,
      `SELECT FROM ${COLUMNS} AND NOT has_column_privilege('finova_accounts_app', attrelid, attnum, 'SELECT')`,
    ),
    undefined,
  ],
  [
    'a ciphertext, key or blind index that readers can read, or anything else that they cannot',
    expectRows(
      0,
      `SELECT FROM ${COLUMNS} AND has_column_privilege('finova_accounts_readonly', attrelid, attnum, 'SELECT')
         = (atttypid = ANY ('{accounts.ciphertext, accounts.wrapped_key, accounts.blind_index}'::regtype[]))`,
    ),
    undefined,
  ],
  [
    'functions beyond the one that makes ids for the application',
    expectRows(
      1,
      `SELECT FROM pg_proc WHERE pronamespace = 'accounts'::regnamespace
         AND has_function_privilege('finova_accounts_app', oid, 'EXECUTE')`,
    ),
    undefined,
  ],
  ...(['app', 'readonly'] as const).map(
    (role): Refusal => [
      `the schema closed to ${role}`,
      as(role, 'SELECT id FROM accounts.accounts LIMIT 0'),
      undefined,
    ],
  ),
  ...rightRefusals('accounts'),
];
