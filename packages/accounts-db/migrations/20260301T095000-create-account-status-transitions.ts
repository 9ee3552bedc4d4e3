import type { PostgresMigration } from '@finova/db-kit/migrations';
import { sql } from 'kysely';

/** The life of an account: which changes of status are legal, and a record of each one that happened. */
export const migration: PostgresMigration = {
  async up(db) {
    await sql`
      CREATE TABLE accounts.account_status_transitions (
        id uuid CONSTRAINT account_status_transitions_pkey PRIMARY KEY DEFAULT accounts.uuid_v7(),
        account_id uuid NOT NULL
          CONSTRAINT account_status_transitions_account_exists REFERENCES accounts.accounts (id),
        from_status text NOT NULL,
        to_status text NOT NULL,
        reason text,
        database_user text NOT NULL DEFAULT session_user,
        occurred_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT account_status_transitions_legal CHECK (
          (from_status, to_status) IN (
            ('pending', 'active'), ('pending', 'closed'),
            ('active', 'frozen'), ('active', 'closed'),
            ('frozen', 'active'), ('frozen', 'closed'))),
        CONSTRAINT account_status_transitions_reason_length CHECK (char_length(reason) BETWEEN 1 AND 500)
      )`.execute(db);
    await sql`COMMENT ON TABLE accounts.account_status_transitions IS 'Append-only: every change of status of an account; its CHECK is the list of legal ones'`.execute(
      db,
    );
    await sql`COMMENT ON COLUMN accounts.account_status_transitions.reason IS 'From the setting accounts.status_reason of the transaction that made the change'`.execute(
      db,
    );
    await sql`
      CREATE INDEX account_status_transitions_account_id_index
        ON accounts.account_status_transitions (account_id, occurred_at)`.execute(db);
    await sql`
      CREATE TRIGGER account_status_transitions_append_only
        BEFORE UPDATE OR DELETE OR TRUNCATE ON accounts.account_status_transitions
        FOR EACH STATEMENT EXECUTE FUNCTION accounts.refuse_change()`.execute(db);
    // The timestamps follow the status, so that nobody can set one without the other.
    await sql`
      CREATE FUNCTION accounts.keep_status_timestamps() RETURNS trigger LANGUAGE plpgsql
        SET search_path = pg_catalog, pg_temp AS $function$
      BEGIN
        IF NEW.opened_at IS NULL AND NEW.status <> 'pending' THEN
          NEW.opened_at := clock_timestamp();
        END IF;
        IF NEW.closed_at IS NULL AND NEW.status = 'closed' THEN
          NEW.closed_at := clock_timestamp();
        END IF;
        RETURN NEW;
      END $function$`.execute(db);
    await sql`
      CREATE TRIGGER accounts_keep_status_timestamps BEFORE INSERT OR UPDATE OF status ON accounts.accounts
        FOR EACH ROW EXECUTE FUNCTION accounts.keep_status_timestamps()`.execute(db);
    await sql`
      CREATE FUNCTION accounts.record_status_transition() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = pg_catalog, pg_temp AS $function$
      BEGIN
        INSERT INTO accounts.account_status_transitions (account_id, from_status, to_status, reason)
        VALUES (NEW.id, OLD.status, NEW.status, nullif(current_setting('accounts.status_reason', true), ''));
        RETURN NULL;
      END $function$`.execute(db);
    await sql`
      CREATE TRIGGER accounts_record_status_transition AFTER UPDATE OF status ON accounts.accounts
        FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status)
        EXECUTE FUNCTION accounts.record_status_transition()`.execute(db);
  },

  lossy: 'The record of status changes is dropped',
  async down(db) {
    await sql`DROP TRIGGER accounts_record_status_transition ON accounts.accounts`.execute(db);
    await sql`DROP FUNCTION accounts.record_status_transition()`.execute(db);
    await sql`DROP TRIGGER accounts_keep_status_timestamps ON accounts.accounts`.execute(db);
    await sql`DROP FUNCTION accounts.keep_status_timestamps()`.execute(db);
    await sql`DROP TABLE accounts.account_status_transitions`.execute(db);
  },
};
