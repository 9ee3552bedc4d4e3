import { join } from 'node:path';
import { describeDomainRoles, type RoleAttempt } from '@finova/db-kit/testing';

const PACKAGE = join(import.meta.dirname, '..');

const TABLES = [
  'balances',
  'transactions',
  'transfers',
  'entries',
  'pending_expiries',
  'pending_resolutions',
  'reversals',
  'idempotency_keys',
  'balance_snapshots',
  'outbox',
];

const ATTEMPTS: readonly RoleAttempt[] = [
  ...TABLES.flatMap((table): RoleAttempt[] => [
    ['app', table === 'idempotency_keys' ? 'may not' : 'may', `read ${table}`, `SELECT * FROM transactions.${table}`],
    ['app', 'may not', `insert into ${table}`, `INSERT INTO transactions.${table} DEFAULT VALUES`],
    [
      'app',
      'may not',
      `update ${table}`,
      `UPDATE transactions.${table} SET created_at = DEFAULT`.replace(
        'balances SET created_at',
        'balances SET version',
      ),
    ],
    ['app', 'may not', `delete from ${table}`, `DELETE FROM transactions.${table}`],
    ['app', 'may not', `truncate ${table}`, `TRUNCATE transactions.${table}`],
    ['app', 'may not', `lock rows of ${table}`, `SELECT FROM transactions.${table} FOR UPDATE`],
    ['readonly', 'may', `read ${table}`, `SELECT * FROM transactions.${table}`],
    ['readonly', 'may not', `delete from ${table}`, `DELETE FROM transactions.${table}`],
  ]),
  ['app', 'may not', 'write past the parent, into a partition', 'DELETE FROM transactions.entries_2026_01'],
  ['app', 'may not', 'empty a partition', 'TRUNCATE transactions.entries_2026_01'],
  ['app', 'may not', 'move the outbox on', `SELECT nextval('transactions.outbox_position_seq')`],
  ['app', 'may not', 'make an id', 'SELECT transactions.uuid_v7()'],
  ['app', 'may not', 'make a table', 'CREATE TABLE transactions.mine ()'],
  [
    'app',
    'may not',
    'detach a partition',
    'ALTER TABLE transactions.entries DETACH PARTITION transactions.entries_2026_01',
  ],
  ['app', 'may not', 'switch triggers off', 'ALTER TABLE transactions.balances DISABLE TRIGGER ALL'],
  ['app', 'may not', 'switch triggers off for its session', 'SET session_replication_role = replica'],
  ['app', 'may not', 'read accounts', 'SELECT id FROM accounts.accounts'],
  ['app', 'may not', 'become the owner', 'SET ROLE finova_transactions_owner'],
  ['app', 'may not', 'change the journal', 'DELETE FROM transactions_migrations.journal'],
  ['app', 'may', 'ask which migrations are applied', 'SELECT name FROM transactions_migrations.journal'],
  ['readonly', 'may not', 'post', `SELECT transactions.post_transaction('tests', '1', '{}')`],
  ['readonly', 'may not', 'make partitions', `SELECT transactions.ensure_partitions('2030-01-01', '2030-01-31')`],

  [
    'owner',
    'may',
    'see of an account what balances copy',
    'SELECT id, currency, normal_side, status, overdraft_limit_minor FROM accounts.accounts',
  ],
  [
    'owner',
    'may',
    'refer to an account',
    `
    CREATE TABLE transactions.mine (account_id uuid, currency text, FOREIGN KEY (account_id, currency) REFERENCES accounts.accounts (id, currency))`,
  ],
  [
    'owner',
    'may',
    'put a trigger on accounts',
    `
    CREATE FUNCTION transactions.mine() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
    CREATE TRIGGER mine AFTER INSERT ON accounts.accounts FOR EACH ROW EXECUTE FUNCTION transactions.mine()`,
  ],
  ['owner', 'may not', 'see an IBAN', 'SELECT iban FROM accounts.accounts'],
  ['owner', 'may not', 'see customers', 'SELECT id FROM accounts.customers'],
  ['owner', 'may not', 'change an account', `UPDATE accounts.accounts SET status = 'frozen'`],
  ['owner', 'may not', 'lock an account', 'SELECT id FROM accounts.accounts FOR UPDATE'],
  ['owner', 'may not', 'read files of the server', `SELECT pg_read_file('postgresql.conf')`],
  ['migrator', 'may', 'become the owner', 'SET ROLE finova_transactions_owner'],
  ['migrator', 'may not', 'become the owner of accounts', 'SET ROLE finova_accounts_owner'],
];

describeDomainRoles(PACKAGE, [join(PACKAGE, '..', 'accounts-db')], ATTEMPTS);
