import type { PostgresMigration } from '@finova/db-kit/migrations';
import { sql } from 'kysely';
import { migration as postingFunctions } from './20260302T102000-create-posting-functions.ts';

/**
 * The functions that move money, and the one that makes partitions, are repeatables from here on; what they need to say
 * who may call them comes with a migration, because each of them does.
 */
export const migration: PostgresMigration = {
  async up(db) {
    await postingFunctions.down?.(db);
    await sql`DROP FUNCTION transactions.ensure_partitions(date, date)`.execute(db);
    await sql`
      CREATE FUNCTION transactions.expose_to_application(exposed regprocedure) RETURNS void LANGUAGE plpgsql
        SET search_path = pg_catalog, pg_temp AS $function$
      BEGIN
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', exposed);
        IF to_regrole('finova_transactions_app') IS NOT NULL THEN
          EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO finova_transactions_app', exposed);
        END IF;
      END $function$`.execute(db);
    await sql`COMMENT ON FUNCTION transactions.expose_to_application(regprocedure) IS 'Lets the application role, and nobody else, call a function of this schema'`.execute(
      db,
    );
  },

  async down(db) {
    await sql`DROP FUNCTION transactions.expose_to_application(regprocedure)`.execute(db);
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
    await postingFunctions.up(db);
  },
};
