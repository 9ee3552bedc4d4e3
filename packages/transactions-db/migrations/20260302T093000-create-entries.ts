import type { PostgresMigration } from '@finova/db-kit/migrations';
import { sql } from 'kysely';

/** The statement of each account, in monthly partitions. */
export const migration: PostgresMigration = {
  async up(db) {
    await sql`
      CREATE TABLE transactions.entries (
        account_id uuid NOT NULL
          CONSTRAINT entries_account_exists REFERENCES transactions.balances (account_id),
        account_version bigint NOT NULL CONSTRAINT entries_account_version_positive CHECK (account_version > 0),
        booking_date date NOT NULL,
        transaction_id uuid NOT NULL
          CONSTRAINT entries_transaction_exists REFERENCES transactions.transactions (id),
        transfer_id uuid NOT NULL
          CONSTRAINT entries_transfer_exists REFERENCES transactions.transfers (id),
        direction text NOT NULL CONSTRAINT entries_direction_known CHECK (direction IN ('debit', 'credit')),
        amount_minor bigint NOT NULL CONSTRAINT entries_amount_positive CHECK (amount_minor > 0),
        balance_after_minor bigint NOT NULL,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT entries_pkey PRIMARY KEY (account_id, account_version, booking_date)
      ) PARTITION BY RANGE (booking_date)`.execute(db);
    await sql`COMMENT ON TABLE transactions.entries IS 'Append-only: the statement of each account, numbered without gaps; one partition per month of booking'`.execute(
      db,
    );
    await sql`COMMENT ON COLUMN transactions.entries.balance_after_minor IS 'The account’s booked balance after this entry, positive on its normal side'`.execute(
      db,
    );
    // Row triggers are copied to every partition, statement triggers are not: TRUNCATE is guarded on each by itself.
    await sql`
      CREATE TRIGGER entries_append_only BEFORE UPDATE OR DELETE ON transactions.entries
        FOR EACH ROW EXECUTE FUNCTION transactions.refuse_change()`.execute(db);
    await sql`
      CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries
        FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change()`.execute(db);
    await sql`
      CREATE FUNCTION transactions.ensure_partitions(first_day date, last_day date) RETURNS integer LANGUAGE plpgsql
        SET search_path = pg_catalog, pg_temp AS $function$
      DECLARE
        month date := date_trunc('month', first_day)::date;
        partition_name text;
        made integer := 0;
      BEGIN
        -- Two callers at once would both find a partition missing and one would fail.
        PERFORM pg_advisory_xact_lock(hashtextextended('transactions.ensure_partitions', 0));
        WHILE month <= last_day LOOP
          partition_name := format('entries_%s', to_char(month, 'YYYY_MM'));
          IF to_regclass(format('transactions.%I', partition_name)) IS NULL THEN
            EXECUTE format('CREATE TABLE transactions.%I PARTITION OF transactions.entries FOR VALUES FROM (%L) TO (%L)',
              partition_name, month, (month + interval '1 month')::date);
            EXECUTE format('CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.%I
              FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change()', partition_name);
            made := made + 1;
          END IF;
          month := (month + interval '1 month')::date;
        END LOOP;
        RETURN made;
      END $function$`.execute(db);
    await sql`COMMENT ON FUNCTION transactions.ensure_partitions(date, date) IS 'Makes the missing monthly partitions of entries between two days, and returns how many it made'`.execute(
      db,
    );
    await sql`SELECT transactions.ensure_partitions('2026-01-01', '2027-12-31')`.execute(db);
  },

  lossy: 'All entries are dropped',
  async down(db) {
    await sql`DROP FUNCTION transactions.ensure_partitions(date, date)`.execute(db);
    await sql`DROP TABLE transactions.entries`.execute(db);
  },
};
