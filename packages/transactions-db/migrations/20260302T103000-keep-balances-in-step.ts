import type { PostgresMigration } from '@finova/db-kit/migrations';
import { sql } from 'kysely';

/** No client can take a row of balances away, or make what it copies from its account differ from the account. */
export const migration: PostgresMigration = {
  async up(db) {
    await sql`
      CREATE FUNCTION transactions.refuse_removal() RETURNS trigger LANGUAGE plpgsql
        SET search_path = pg_catalog, pg_temp AS $function$
      BEGIN
        RAISE EXCEPTION 'Rows of %.% stay as long as their account: % is refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP
          USING ERRCODE = '23001', CONSTRAINT = TG_TABLE_NAME || '_never_removed';
      END $function$`.execute(db);
    await sql`
      CREATE TRIGGER balances_never_removed BEFORE DELETE OR TRUNCATE ON transactions.balances
        FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_removal()`.execute(db);
    await sql`
      CREATE FUNCTION transactions.check_balance_in_step() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = pg_catalog, pg_temp AS $function$
      BEGIN
        PERFORM FROM accounts.accounts
        WHERE id = NEW.account_id AND normal_side = NEW.normal_side AND status = NEW.account_status
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
        BEFORE INSERT OR UPDATE OF account_id, normal_side, account_status, overdraft_limit_minor ON transactions.balances
        FOR EACH ROW EXECUTE FUNCTION transactions.check_balance_in_step()`.execute(db);
  },

  async down(db) {
    await sql`DROP TRIGGER balances_in_step ON transactions.balances`.execute(db);
    await sql`DROP FUNCTION transactions.check_balance_in_step()`.execute(db);
    await sql`DROP TRIGGER balances_never_removed ON transactions.balances`.execute(db);
    await sql`DROP FUNCTION transactions.refuse_removal()`.execute(db);
  },
};
