import type { PostgresMigration } from '@finova/db-kit/migrations';
import { type Kysely, sql } from 'kysely';

/**
 * The currency of a balance is compared with its account's like everything else that it copies: the foreign key does so only
 * where ordinary triggers are on. What is kept of balances is kept for the ends of months.
 */
export const migration: PostgresMigration = {
  waives: {
    'squawk/constraint-missing-not-valid':
      'A row per account and month, all written by the function that asks for the same',
  },
  async up(db) {
    await compareOnWrite(
      db,
      ['account_id', 'currency', 'normal_side', 'account_status', 'overdraft_limit_minor'],
      sql`
          AND currency = NEW.currency`,
    );
    await sql`
      ALTER TABLE transactions.balance_snapshots ADD CONSTRAINT balance_snapshots_end_of_month
        CHECK (as_of = (date_trunc('month', as_of::timestamp) + interval '1 month - 1 day')::date)`.execute(db);
  },

  async down(db) {
    await sql`ALTER TABLE transactions.balance_snapshots DROP CONSTRAINT balance_snapshots_end_of_month`.execute(db);
    await compareOnWrite(db, ['account_id', 'normal_side', 'account_status', 'overdraft_limit_minor'], sql``);
  },
};

async function compareOnWrite(
  db: Kysely<any>,
  columns: readonly string[],
  further: ReturnType<typeof sql>,
): Promise<void> {
  await sql`DROP TRIGGER balances_in_step ON transactions.balances`.execute(db);
  await sql`
    CREATE OR REPLACE FUNCTION transactions.check_balance_in_step() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = pg_catalog, pg_temp AS $function$
      BEGIN
        PERFORM FROM accounts.accounts
        WHERE id = NEW.account_id AND normal_side = NEW.normal_side AND status = NEW.account_status${further}
          AND overdraft_limit_minor IS NOT DISTINCT FROM NEW.overdraft_limit_minor;
        IF NOT FOUND THEN
          RAISE EXCEPTION 'The balance of account % must say what its account says', NEW.account_id
            USING ERRCODE = '23514', CONSTRAINT = 'balances_in_step',
              SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
        END IF;
        RETURN NEW;
      END $function$`.execute(db);
  // Postings set none of these columns, so they do not pay for this.
  await sql`
    CREATE TRIGGER balances_in_step
      BEFORE INSERT OR UPDATE OF ${sql.join(columns.map((column) => sql.ref(column)))} ON transactions.balances
      FOR EACH ROW EXECUTE FUNCTION transactions.check_balance_in_step()`.execute(db);
  // Also for sessions that switch ordinary triggers off (session_replication_role).
  await sql`ALTER TABLE transactions.balances ENABLE ALWAYS TRIGGER balances_in_step`.execute(db);
}
