import type { PostgresMigration } from '@finova/db-kit/migrations';
import { sql } from 'kysely';

/**
 * One row of totals per account. It is there from the moment the account is, because a posting locks it: a row that
 * does not exist cannot be locked.
 */
export const migration: PostgresMigration = {
  async up(db) {
    await sql`
      CREATE TABLE transactions.balances (
        account_id uuid CONSTRAINT balances_pkey PRIMARY KEY,
        currency text NOT NULL,
        normal_side text NOT NULL
          CONSTRAINT balances_normal_side_known CHECK (normal_side IN ('debit', 'credit')),
        account_status text NOT NULL
          CONSTRAINT balances_account_status_known CHECK (account_status IN ('pending', 'active', 'frozen', 'closed')),
        overdraft_limit_minor bigint
          CONSTRAINT balances_overdraft_limit_not_negative CHECK (overdraft_limit_minor >= 0),
        debits_posted_minor bigint NOT NULL DEFAULT 0
          CONSTRAINT balances_debits_posted_not_negative CHECK (debits_posted_minor >= 0),
        credits_posted_minor bigint NOT NULL DEFAULT 0
          CONSTRAINT balances_credits_posted_not_negative CHECK (credits_posted_minor >= 0),
        debits_pending_minor bigint NOT NULL DEFAULT 0
          CONSTRAINT balances_debits_pending_not_negative CHECK (debits_pending_minor >= 0),
        credits_pending_minor bigint NOT NULL DEFAULT 0
          CONSTRAINT balances_credits_pending_not_negative CHECK (credits_pending_minor >= 0),
        version bigint NOT NULL DEFAULT 0
          CONSTRAINT balances_version_not_negative CHECK (version >= 0),
        CONSTRAINT balances_account_currency_unique UNIQUE (account_id, currency),
        CONSTRAINT balances_account_exists
          FOREIGN KEY (account_id, currency) REFERENCES accounts.accounts (id, currency),
        CONSTRAINT balances_available CHECK (
          overdraft_limit_minor IS NULL
          OR CASE normal_side
               WHEN 'credit' THEN credits_posted_minor - debits_posted_minor - debits_pending_minor
               ELSE debits_posted_minor - credits_posted_minor - credits_pending_minor
             END >= -overdraft_limit_minor),
        CONSTRAINT balances_empty_when_closed CHECK (
          account_status <> 'closed'
          OR (debits_posted_minor = credits_posted_minor AND debits_pending_minor = 0 AND credits_pending_minor = 0))
      )
      -- Every posting updates two rows and no indexed column: room on the page keeps those updates heap-only (HOT).
      WITH (fillfactor = 70)`.execute(db);
    const comments: readonly (readonly [column: string, text: string])[] = [
      [
        'account_status',
        'Follows accounts.accounts.status, so that a freeze waits for postings under way and stops later ones',
      ],
      ['overdraft_limit_minor', 'Follows accounts.accounts.overdraft_limit_minor; NULL: without limit'],
      ['debits_pending_minor', 'Held by pending transactions; counts against what is available'],
      ['version', 'How many entries the account has; the newest entry carries it'],
    ];
    await sql`COMMENT ON TABLE transactions.balances IS 'One row of totals per account, in minor units; available never falls below minus the overdraft limit'`.execute(
      db,
    );
    for (const [column, text] of comments) {
      await sql`COMMENT ON COLUMN transactions.balances.${sql.ref(column)} IS ${sql.lit(text)}`.execute(db);
    }
    await sql`
      CREATE FUNCTION transactions.open_balance() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = pg_catalog, pg_temp AS $function$
      BEGIN
        INSERT INTO transactions.balances (account_id, currency, normal_side, account_status, overdraft_limit_minor)
        VALUES (NEW.id, NEW.currency, NEW.normal_side, NEW.status, NEW.overdraft_limit_minor);
        RETURN NULL;
      END $function$`.execute(db);
    await sql`
      CREATE FUNCTION transactions.follow_account() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = pg_catalog, pg_temp AS $function$
      BEGIN
        UPDATE transactions.balances
        SET account_status = NEW.status, overdraft_limit_minor = NEW.overdraft_limit_minor
        WHERE account_id = NEW.id;
        RETURN NULL;
      END $function$`.execute(db);
    await sql`
      CREATE TRIGGER transactions_open_balance AFTER INSERT ON accounts.accounts
        FOR EACH ROW EXECUTE FUNCTION transactions.open_balance()`.execute(db);
    await sql`
      CREATE TRIGGER transactions_follow_account AFTER UPDATE OF status, overdraft_limit_minor ON accounts.accounts
        FOR EACH ROW WHEN (
          OLD.status IS DISTINCT FROM NEW.status
          OR OLD.overdraft_limit_minor IS DISTINCT FROM NEW.overdraft_limit_minor)
        EXECUTE FUNCTION transactions.follow_account()`.execute(db);
    // Creating the triggers has locked the table against writes, so no account falls between them and this.
    await sql`
      INSERT INTO transactions.balances (account_id, currency, normal_side, account_status, overdraft_limit_minor)
      SELECT id, currency, normal_side, status, overdraft_limit_minor FROM accounts.accounts`.execute(db);
  },

  lossy: 'All balances are dropped',
  async down(db) {
    await sql`DROP TRIGGER transactions_follow_account ON accounts.accounts`.execute(db);
    await sql`DROP TRIGGER transactions_open_balance ON accounts.accounts`.execute(db);
    await sql`DROP FUNCTION transactions.follow_account()`.execute(db);
    await sql`DROP FUNCTION transactions.open_balance()`.execute(db);
    await sql`DROP TABLE transactions.balances`.execute(db);
  },
};
