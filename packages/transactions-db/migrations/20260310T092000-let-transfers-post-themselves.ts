import type { PostgresMigration } from '@finova/db-kit/migrations';
import { type Kysely, sql } from 'kysely';

/**
 * What every transfer and entry used to be checked for by itself. One trigger writes entries, from transfers and balances
 * that it has just looked up, so that their references hold without another look: see post-transfers.sql.
 */
const IMPLIED = [
  ['entries', 'entries_account_exists', 'FOREIGN KEY (account_id) REFERENCES transactions.balances (account_id)'],
  ['entries', 'entries_transaction_exists', 'FOREIGN KEY (transaction_id) REFERENCES transactions.transactions (id)'],
  ['entries', 'entries_transfer_exists', 'FOREIGN KEY (transfer_id) REFERENCES transactions.transfers (id)'],
  ['entries', 'entries_account_version_positive', 'CHECK (account_version > 0)'],
  ['entries', 'entries_amount_positive', 'CHECK (amount_minor > 0)'],
  ['entries', 'entries_direction_known', `CHECK (direction IN ('debit', 'credit'))`],
  [
    'transfers',
    'transfers_transaction_exists',
    'FOREIGN KEY (transaction_id) REFERENCES transactions.transactions (id)',
  ],
  [
    'transfers',
    'transfers_debit_currency',
    'FOREIGN KEY (debit_account_id, currency) REFERENCES transactions.balances (account_id, currency)',
  ],
  [
    'transfers',
    'transfers_credit_currency',
    'FOREIGN KEY (credit_account_id, currency) REFERENCES transactions.balances (account_id, currency)',
  ],
  ['balances', 'balances_account_currency_unique', 'UNIQUE (account_id, currency)'],
  // balances_in_step compares with the account, which has the same rules.
  ['balances', 'balances_normal_side_known', `CHECK (normal_side IN ('debit', 'credit'))`],
  ['balances', 'balances_account_status_known', `CHECK (account_status IN ('pending', 'active', 'frozen', 'closed'))`],
  ['balances', 'balances_overdraft_limit_not_negative', 'CHECK (overdraft_limit_minor >= 0)'],
] as const;

/** Rules that are kept in another form: a check is compiled anew by every statement, and a posting is a few of them. */
const REPLACED = [
  ['balances_debits_posted_not_negative', 'debits_posted_minor >= 0'],
  ['balances_credits_posted_not_negative', 'credits_posted_minor >= 0'],
  ['balances_debits_pending_not_negative', 'debits_pending_minor >= 0'],
  ['balances_credits_pending_not_negative', 'credits_pending_minor >= 0'],
  ['balances_version_not_negative', 'version >= 0'],
  [
    'balances_empty_when_closed',
    `account_status <> 'closed'
     OR (debits_posted_minor = credits_posted_minor AND debits_pending_minor = 0 AND credits_pending_minor = 0)`,
  ],
] as const;

/** The guards that were there before, and that nobody may switch off for a session from here on. */
const GUARDS = [
  ['balances', 'balances_never_removed'],
  ['balances', 'balances_in_step'],
  ['transactions', 'transactions_append_only'],
  ['transfers', 'transfers_append_only'],
  ['entries', 'entries_append_only'],
  ['entries', 'entries_no_truncate'],
  ['pending_resolutions', 'pending_resolutions_append_only'],
  ['reversals', 'reversals_append_only'],
  ['balance_snapshots', 'balance_snapshots_append_only'],
] as const;
const NEW_GUARDS = [
  ['entries', 'entries_only_by_transfers'],
  ['balances', 'balances_only_by_transfers'],
  ['balances', 'balances_empty_when_closed'],
] as const;

/**
 * From here on a transfer posts itself: a trigger makes its two entries and moves the two balances (a repeatable:
 * post-transfers.sql). Entries and totals change there and nowhere else, whoever asks: what a statement of its own writes,
 * and not a trigger, is refused.
 */
export const migration: PostgresMigration = {
  waives: {
    'squawk/constraint-missing-not-valid': 'The ledger is not in use yet: its tables are small',
  },
  async up(db) {
    for (const [table, name] of IMPLIED) {
      await sql`ALTER TABLE ${sql.table(`transactions.${table}`)} DROP CONSTRAINT ${sql.ref(name)}`.execute(db);
    }
    for (const [name] of REPLACED) {
      await sql`ALTER TABLE transactions.balances DROP CONSTRAINT ${sql.ref(name)}`.execute(db);
    }
    await sql`
      ALTER TABLE transactions.balances ADD CONSTRAINT balances_totals_not_negative
        CHECK (least(debits_posted_minor, credits_posted_minor, debits_pending_minor, credits_pending_minor, version) >= 0)`.execute(
      db,
    );
    await sql`
      CREATE FUNCTION transactions.refuse_closing() RETURNS trigger LANGUAGE plpgsql
        SET search_path = pg_catalog, pg_temp AS $function$
      BEGIN
        RAISE EXCEPTION 'Account % has money or holds on it', NEW.account_id
          USING ERRCODE = '23514', CONSTRAINT = TG_NAME, SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
      END $function$`.execute(db);
    await sql`
      CREATE TRIGGER balances_empty_when_closed BEFORE INSERT OR UPDATE OF account_status ON transactions.balances
        FOR EACH ROW WHEN (NEW.account_status = 'closed' AND (NEW.debits_posted_minor <> NEW.credits_posted_minor
          OR NEW.debits_pending_minor <> 0 OR NEW.credits_pending_minor <> 0))
        EXECUTE FUNCTION transactions.refuse_closing()`.execute(db);
    await sql`
      CREATE FUNCTION transactions.refuse_by_hand() RETURNS trigger LANGUAGE plpgsql
        SET search_path = pg_catalog, pg_temp AS $function$
      BEGIN
        RAISE EXCEPTION 'Only transfers move money: % on %.% by a statement of its own is refused', TG_OP, TG_TABLE_SCHEMA,
          TG_TABLE_NAME USING ERRCODE = '23001', CONSTRAINT = TG_NAME;
      END $function$`.execute(db);
    // A row trigger, because it is copied to every partition. Inside another trigger its condition is all that it costs.
    await sql`
      CREATE TRIGGER entries_only_by_transfers BEFORE INSERT ON transactions.entries
        FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION transactions.refuse_by_hand()`.execute(db);
    await sql`
      CREATE TRIGGER balances_only_by_transfers
        BEFORE UPDATE OF debits_posted_minor, credits_posted_minor, debits_pending_minor, credits_pending_minor, version
        ON transactions.balances
        FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION transactions.refuse_by_hand()`.execute(db);
    for (const [table, trigger] of [...GUARDS, ...NEW_GUARDS]) {
      await sql`
        ALTER TABLE ${sql.table(`transactions.${table}`)} ENABLE ALWAYS TRIGGER ${sql.ref(trigger)}`.execute(db);
    }
    await enableOnPartitions(db, 'ENABLE ALWAYS');
  },

  async down(db) {
    await enableOnPartitions(db, 'ENABLE');
    for (const [table, trigger] of NEW_GUARDS) {
      await sql`DROP TRIGGER ${sql.ref(trigger)} ON ${sql.table(`transactions.${table}`)}`.execute(db);
    }
    await sql`DROP FUNCTION transactions.refuse_by_hand()`.execute(db);
    await sql`DROP FUNCTION transactions.refuse_closing()`.execute(db);
    for (const [table, trigger] of GUARDS) {
      await sql`ALTER TABLE ${sql.table(`transactions.${table}`)} ENABLE TRIGGER ${sql.ref(trigger)}`.execute(db);
    }
    await sql`ALTER TABLE transactions.balances DROP CONSTRAINT balances_totals_not_negative`.execute(db);
    for (const [name, check] of REPLACED) {
      await sql`ALTER TABLE transactions.balances ADD CONSTRAINT ${sql.ref(name)} CHECK (${sql.raw(check)})`.execute(
        db,
      );
    }
    // The key before the foreign keys that refer to it.
    for (const [table, name, definition] of IMPLIED.toReversed()) {
      await sql`
        ALTER TABLE ${sql.table(`transactions.${table}`)} ADD CONSTRAINT ${sql.ref(name)} ${sql.raw(definition)}`.execute(
        db,
      );
    }
  },
};

/** What guards a partition is its own: whether copies of row triggers follow their parent depends on the server. */
async function enableOnPartitions(db: Kysely<any>, enable: 'ENABLE' | 'ENABLE ALWAYS'): Promise<void> {
  const { rows } = await sql<{ partition: string; trigger: string }>`
    SELECT relname AS partition, tgname AS trigger
    FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid JOIN pg_trigger ON tgrelid = inhrelid
    WHERE inhparent = 'transactions.entries'::regclass AND NOT tgisinternal
      AND tgname IN ('entries_no_truncate', 'entries_append_only', 'entries_only_by_transfers')`.execute(db);
  for (const { partition, trigger } of rows) {
    await sql`
      ALTER TABLE ${sql.table(`transactions.${partition}`)} ${sql.raw(enable)} TRIGGER ${sql.ref(trigger)}`.execute(db);
  }
}
