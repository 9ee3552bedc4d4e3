import type { PostgresMigration } from '@finova/db-kit/migrations';
import { sql } from 'kysely';

/** What raw SQL could still do to the life of an account: begin it at its end, move its times, make its record up. */
export const migration: PostgresMigration = {
  async up(db) {
    // An account that begins frozen or closed would have a status without a record of how it came to it.
    await sql`
      CREATE FUNCTION accounts.guard_status() RETURNS trigger LANGUAGE plpgsql
        SET search_path = pg_catalog, pg_temp AS $function$
      DECLARE
        broken text;
      BEGIN
        IF TG_OP = 'INSERT' THEN
          broken := CASE
            WHEN NEW.status IN ('frozen', 'closed') THEN 'accounts_begin_open'
            WHEN NEW.opened_at > clock_timestamp() THEN 'accounts_opened_by_now'
          END;
        ELSIF (OLD.opened_at, OLD.closed_at) IS DISTINCT FROM (NEW.opened_at, NEW.closed_at) THEN
          broken := 'accounts_status_times_kept';
        END IF;
        IF broken IS NOT NULL THEN
          RAISE EXCEPTION 'Account % begins pending or active, and its times follow its status by themselves', NEW.id
            USING ERRCODE = '23514', CONSTRAINT = broken, SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
        END IF;
        RETURN NEW;
      END $function$`.execute(db);
    // Triggers run in the order of their names: this one before accounts_keep_status_timestamps sets the times.
    await sql`
      CREATE TRIGGER accounts_guard_status BEFORE INSERT OR UPDATE ON accounts.accounts
        FOR EACH ROW EXECUTE FUNCTION accounts.guard_status()`.execute(db);

    await sql`
      CREATE FUNCTION accounts.check_transition_happened() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = pg_catalog, pg_temp AS $function$
      BEGIN
        -- The trigger on accounts.accounts is the first level, this one the second.
        IF pg_trigger_depth() < 2
          OR NOT EXISTS (SELECT FROM accounts.accounts WHERE id = NEW.account_id AND status = NEW.to_status)
        THEN
          RAISE EXCEPTION 'Account % did not become % just now: only a change of its status is recorded', NEW.account_id, NEW.to_status
            USING ERRCODE = '23514', CONSTRAINT = 'account_status_transitions_happened',
              SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
        END IF;
        RETURN NULL;
      END $function$`.execute(db);
    await sql`
      CREATE TRIGGER account_status_transitions_happened AFTER INSERT ON accounts.account_status_transitions
        FOR EACH ROW EXECUTE FUNCTION accounts.check_transition_happened()`.execute(db);

    await sql`
      CREATE FUNCTION accounts.refuse_removal() RETURNS trigger LANGUAGE plpgsql
        SET search_path = pg_catalog, pg_temp AS $function$
      BEGIN
        RAISE EXCEPTION 'Rows of %.% are closed or ended, not removed: % is refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP
          USING ERRCODE = '23001', CONSTRAINT = TG_TABLE_NAME || '_never_removed';
      END $function$`.execute(db);
    await sql`
      CREATE TRIGGER accounts_never_removed BEFORE DELETE OR TRUNCATE ON accounts.accounts
        FOR EACH STATEMENT EXECUTE FUNCTION accounts.refuse_removal()`.execute(db);
  },

  async down(db) {
    await sql`DROP TRIGGER accounts_never_removed ON accounts.accounts`.execute(db);
    await sql`DROP FUNCTION accounts.refuse_removal()`.execute(db);
    await sql`DROP TRIGGER account_status_transitions_happened ON accounts.account_status_transitions`.execute(db);
    await sql`DROP FUNCTION accounts.check_transition_happened()`.execute(db);
    await sql`DROP TRIGGER accounts_guard_status ON accounts.accounts`.execute(db);
    await sql`DROP FUNCTION accounts.guard_status()`.execute(db);
  },
};
