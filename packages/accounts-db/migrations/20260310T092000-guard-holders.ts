import type { PostgresMigration } from '@finova/db-kit/migrations';
import { sql } from 'kysely';

/** A customer's account has an owner as long as it is open, and who used an account when is not rewritten. */
export const migration: PostgresMigration = {
  async up(db) {
    await sql`
      DO $check$
      DECLARE
        ownerless bigint := (
          SELECT count(*) FROM accounts.accounts AS account
          WHERE NOT is_internal AND status <> 'closed' AND NOT EXISTS (
            SELECT FROM accounts.account_holders AS holder
            WHERE holder.account_id = account.id AND role = 'owner' AND upper_inf(validity)));
      BEGIN
        IF ownerless > 0 THEN
          RAISE EXCEPTION '% open accounts of customers have no owner: give each one, or close it', ownerless
            USING ERRCODE = '23514', CONSTRAINT = 'accounts_have_an_owner';
        END IF;
      END $check$`.execute(db);
    await sql`
      CREATE FUNCTION accounts.check_owner_remains() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = pg_catalog, pg_temp AS $function$
      DECLARE
        checked uuid;
      BEGIN
        IF TG_TABLE_NAME = 'accounts' THEN
          checked := NEW.id;
        ELSE
          checked := OLD.account_id;
          -- Two owners who leave at once must not each count on the other. A lock alone would do in READ COMMITTED; a
          -- change of the row makes the second one fail in REPEATABLE READ, too, where it does not see that the first left.
          UPDATE accounts.accounts SET updated_at = clock_timestamp() WHERE id = checked;
        END IF;
        IF EXISTS (SELECT FROM accounts.accounts WHERE id = checked AND NOT is_internal AND status <> 'closed')
          AND NOT EXISTS (SELECT FROM accounts.account_holders
            WHERE account_id = checked AND role = 'owner' AND upper_inf(validity))
        THEN
          RAISE EXCEPTION 'Account % needs an owner without an end as long as it is open', checked
            USING ERRCODE = '23514', CONSTRAINT = TG_NAME, SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
        END IF;
        RETURN NULL;
      END $function$`.execute(db);
    // At commit: an account comes before its holders, and one owner may be exchanged for another.
    await sql`
      CREATE CONSTRAINT TRIGGER accounts_have_an_owner AFTER INSERT ON accounts.accounts
        DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW WHEN (NOT NEW.is_internal) EXECUTE FUNCTION accounts.check_owner_remains()`.execute(db);
    await sql`
      CREATE CONSTRAINT TRIGGER account_holders_owner_remains AFTER UPDATE OR DELETE ON accounts.account_holders
        DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW WHEN (OLD.role = 'owner') EXECUTE FUNCTION accounts.check_owner_remains()`.execute(db);

    await sql`
      CREATE FUNCTION accounts.guard_holder() RETURNS trigger LANGUAGE plpgsql
        SET search_path = pg_catalog, pg_temp AS $function$
      BEGIN
        IF TG_OP = 'UPDATE' THEN
          IF (OLD.id, OLD.account_id, OLD.customer_id, OLD.role, lower(OLD.validity), OLD.created_at)
            IS NOT DISTINCT FROM (NEW.id, NEW.account_id, NEW.customer_id, NEW.role, lower(NEW.validity), NEW.created_at)
          THEN
            RETURN NEW;
          END IF;
        ELSIF lower(OLD.validity) > current_date THEN
          RETURN OLD;
        END IF;
        RAISE EXCEPTION 'Who held account %, as what and from when, is kept: only the end of it can be set', OLD.account_id
          USING ERRCODE = '23001', CONSTRAINT = 'account_holders_kept';
      END $function$`.execute(db);
    await sql`
      CREATE TRIGGER account_holders_kept BEFORE UPDATE OR DELETE ON accounts.account_holders
        FOR EACH ROW EXECUTE FUNCTION accounts.guard_holder()`.execute(db);
    await sql`
      CREATE TRIGGER account_holders_never_removed BEFORE TRUNCATE ON accounts.account_holders
        FOR EACH STATEMENT EXECUTE FUNCTION accounts.refuse_removal()`.execute(db);
  },

  async down(db) {
    await sql`DROP TRIGGER account_holders_never_removed ON accounts.account_holders`.execute(db);
    await sql`DROP TRIGGER account_holders_kept ON accounts.account_holders`.execute(db);
    await sql`DROP FUNCTION accounts.guard_holder()`.execute(db);
    await sql`DROP TRIGGER account_holders_owner_remains ON accounts.account_holders`.execute(db);
    await sql`DROP TRIGGER accounts_have_an_owner ON accounts.accounts`.execute(db);
    await sql`DROP FUNCTION accounts.check_owner_remains()`.execute(db);
  },
};
