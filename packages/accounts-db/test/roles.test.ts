import { join } from 'node:path';
import { readDomain } from '@finova/db-kit/migrations';
import { withPostgresClient } from '@finova/db-kit/postgres';
import {
  createPostgresTestDatabase,
  describeDomainRoles,
  type RoleAttempt,
  testPostgresUrl,
} from '@finova/db-kit/testing';
import { expect, it, onTestFinished } from 'vitest';

const PACKAGE = join(import.meta.dirname, '..');

const CUSTOMER = `'01890000-0000-7000-8000-000000000001'`;
const ACCOUNT = `'01890000-0000-7000-8000-000000000002'`;
const CIPHERTEXT = `decode('464e01' || repeat('00', 28), 'hex')`;
const WRAPPED_KEY = `decode('464b01' || repeat('00', 62), 'hex')`;
const blindIndex = (digit: number) => `decode(repeat('0${digit}', 32), 'hex')`;

const REGISTER = (digit: number) => `
  INSERT INTO accounts.customers (id, data_key, full_name, email, email_blind_index, phone, tax_id)
  VALUES (${digit === 1 ? CUSTOMER : 'accounts.uuid_v7()'}, ${WRAPPED_KEY}, ${CIPHERTEXT}, ${CIPHERTEXT}, ${blindIndex(digit)}, NULL, NULL)`;
const OPEN = (digit: number, id: string) => `
  INSERT INTO accounts.accounts (id, currency, data_key, iban, iban_blind_index, is_internal, name, cash_account_type,
    normal_side, status, overdraft_limit_minor)
  VALUES (${id}, 'EUR', ${WRAPPED_KEY}, ${CIPHERTEXT}, ${blindIndex(digit)}, false, 'Current account', 'CACC', 'credit', 'active', 0);
  INSERT INTO accounts.account_holders (account_id, customer_id, role, validity)
  VALUES (${id}, ${CUSTOMER}, 'owner', '[2026-01-01,)')`;

const ATTEMPTS: readonly RoleAttempt[] = [
  ['app', 'may', 'register a customer', REGISTER(3)],
  ['app', 'may', 'read what it must decrypt', 'SELECT * FROM accounts.customers'],
  ['app', 'may', 'set how far the identity check got', `UPDATE accounts.customers SET kyc_status = 'verified'`],
  ['app', 'may', 'open an account with its holder', OPEN(4, `'01890000-0000-7000-8000-000000000003'`)],
  [
    'app',
    'may',
    'freeze an account it has locked',
    `
    SELECT FROM accounts.accounts WHERE id = ${ACCOUNT} FOR UPDATE;
    UPDATE accounts.accounts SET status = 'frozen' WHERE id = ${ACCOUNT}`,
  ],
  ['app', 'may', 'change a limit', 'UPDATE accounts.accounts SET overdraft_limit_minor = 100'],
  [
    'app',
    'may',
    'end a role of a holder',
    `
    INSERT INTO accounts.account_holders (account_id, customer_id, role, validity)
    VALUES (${ACCOUNT}, ${CUSTOMER}, 'authorised', '[2020-01-01,2020-02-01)');
    UPDATE accounts.account_holders SET validity = '[2020-01-01,2020-01-15)' WHERE role = 'authorised'`,
  ],
  ['app', 'may', 'read the record of status changes', 'SELECT * FROM accounts.account_status_transitions'],
  ['app', 'may', 'ask which migrations are applied', 'SELECT name FROM accounts_migrations.journal'],
  ['app', 'may not', 'read who migrated and what failed', 'SELECT * FROM accounts_migrations.history'],
  ['app', 'may not', 'change the journal', 'DELETE FROM accounts_migrations.journal'],
  ['app', 'may not', 'delete a customer', 'DELETE FROM accounts.customers'],
  ['app', 'may not', 'delete an account', 'DELETE FROM accounts.accounts'],
  ['app', 'may not', 'delete a holder', 'DELETE FROM accounts.account_holders'],
  ['app', 'may not', 'empty a table', 'TRUNCATE accounts.account_holders'],
  ['app', 'may not', 'exchange an IBAN', `UPDATE accounts.accounts SET iban_blind_index = ${blindIndex(9)}`],
  ['app', 'may not', 'exchange an e-mail address', `UPDATE accounts.customers SET email = ${CIPHERTEXT}`],
  ['app', 'may not', 'set when an account was opened', 'UPDATE accounts.accounts SET opened_at = now()'],
  ['app', 'may not', 'make a currency', `INSERT INTO accounts.currencies VALUES ('XTS', 963, 2, 'Test')`],
  [
    'app',
    'may not',
    'write the record of status changes',
    `
    INSERT INTO accounts.account_status_transitions (account_id, from_status, to_status)
    VALUES (${ACCOUNT}, 'active', 'frozen')`,
  ],
  ['app', 'may not', 'make a table', 'CREATE TABLE accounts.mine ()'],
  ['app', 'may not', 'make a function', `CREATE FUNCTION accounts.mine() RETURNS integer LANGUAGE sql AS 'SELECT 1'`],
  [
    'app',
    'may not',
    'put a trigger on a table',
    `
    CREATE TRIGGER mine AFTER INSERT ON accounts.accounts EXECUTE FUNCTION suppress_redundant_updates_trigger()`,
  ],
  ['app', 'may not', 'take a trigger away', 'DROP TRIGGER accounts_identity_kept ON accounts.accounts'],
  ['app', 'may not', 'switch triggers off', 'ALTER TABLE accounts.accounts DISABLE TRIGGER ALL'],
  ['app', 'may not', 'switch triggers off for its session', 'SET session_replication_role = replica'],
  ['app', 'may not', 'become the owner', 'SET ROLE finova_accounts_owner'],
  ['app', 'may not', 'become the migrator', 'SET ROLE finova_accounts_migrator'],

  [
    'readonly',
    'may',
    'read accounts, without what is encrypted',
    'SELECT id, currency, status, opened_at FROM accounts.accounts',
  ],
  [
    'readonly',
    'may',
    'read customers, without what is encrypted',
    'SELECT id, kyc_status, created_at FROM accounts.customers',
  ],
  ['readonly', 'may', 'read holders', 'SELECT * FROM accounts.account_holders'],
  ['readonly', 'may', 'read the record of status changes', 'SELECT * FROM accounts.account_status_transitions'],
  ['readonly', 'may', 'read currencies', 'SELECT * FROM accounts.currencies'],
  ['readonly', 'may', 'watch the migrations', 'SELECT * FROM accounts_migrations.history, accounts_migrations.journal'],
  ...['data_key', 'full_name', 'email', 'email_blind_index', 'phone', 'tax_id'].map(
    (column): RoleAttempt => [
      'readonly',
      'may not',
      `read ${column} of a customer`,
      `SELECT ${column} FROM accounts.customers`,
    ],
  ),
  ...['data_key', 'iban', 'iban_blind_index'].map(
    (column): RoleAttempt => [
      'readonly',
      'may not',
      `read ${column} of an account`,
      `SELECT ${column} FROM accounts.accounts`,
    ],
  ),
  ['readonly', 'may not', 'change a status', `UPDATE accounts.accounts SET status = 'frozen'`],
  ['readonly', 'may not', 'lock an account', 'SELECT id FROM accounts.accounts FOR UPDATE'],
  ['readonly', 'may not', 'register a customer', REGISTER(5)],
  ['readonly', 'may not', 'make an id', 'SELECT accounts.uuid_v7()'],
  ['readonly', 'may not', 'become the owner', 'SET ROLE finova_accounts_owner'],

  ['migrator', 'may', 'become the owner', 'SET ROLE finova_accounts_owner'],
  ['migrator', 'may', 'change a table', 'ALTER TABLE accounts.customers ADD COLUMN nickname text'],
  ['migrator', 'may', 'keep its records', 'UPDATE accounts_migrations.runner SET since = since'],
  ['migrator', 'may not', 'make roles', 'CREATE ROLE finova_mine'],
  ['migrator', 'may not', 'make schemas', 'CREATE SCHEMA mine'],
  ['owner', 'may not', 'change what was migrated', 'DELETE FROM accounts_migrations.journal'],
  ['owner', 'may not', 'read files of the server', `SELECT pg_read_file('postgresql.conf')`],
];

describeDomainRoles(PACKAGE, [], ATTEMPTS, (client) =>
  client.query(`${REGISTER(1)}; BEGIN; ${OPEN(2, ACCOUNT)}; COMMIT`),
);

it('lets readonly read no ciphertext, no key and no blind index, whichever table has them', async () => {
  const database = await createPostgresTestDatabase(testPostgresUrl(), [await readDomain(PACKAGE)]);
  onTestFinished(() => database.drop());
  await withPostgresClient({ url: database.url, applicationName: 'finova tests' }, async (client) => {
    const { rows } = await client.query<{ name: string; readable: boolean }>(`
      SELECT format('%s.%s', attrelid::regclass, attname) AS name,
        has_column_privilege('finova_accounts_readonly', attrelid, attnum, 'SELECT') AS readable
      FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid JOIN pg_class ON pg_class.oid = attrelid
      WHERE typname IN ('ciphertext', 'wrapped_key', 'blind_index') AND relkind IN ('r', 'p', 'v', 'm')`);
    expect(rows.length).toBeGreaterThanOrEqual(9);
    expect(rows.filter(({ readable }) => readable).map(({ name }) => name)).toEqual([]);
  });
});
