CREATE OR REPLACE FUNCTION transactions.ensure_partitions(first_day date, last_day date) RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
  month date := date_trunc('month', first_day)::date;
  closed date;
  partition_name text;
  made integer := 0;
BEGIN
  PERFORM transactions.begin_upkeep_of_months();
  -- What would be booked in them is in no balance that was kept at the end of a later month.
  closed := greatest((SELECT max(as_of) FROM transactions.balance_snapshots),
    (SELECT max(through) FROM transactions.retired_months));
  month := greatest(month, closed + 1);
  WHILE month <= last_day LOOP
    partition_name := format('entries_%s', to_char(month, 'YYYY_MM'));
    IF to_regclass(format('transactions.%I', partition_name)) IS NULL THEN
      EXECUTE format('CREATE TABLE transactions.%I PARTITION OF transactions.entries FOR VALUES FROM (%L) TO (%L)',
        partition_name, month, (month + interval '1 month')::date);
      -- Where the key is not that of all partitions (see docs/SCALING.md), each has its own.
      IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = 'transactions.entries'::regclass AND contype = 'p') THEN
        EXECUTE format('ALTER TABLE transactions.%I ADD CONSTRAINT %I PRIMARY KEY (account_id, account_version, booking_date)',
          partition_name, partition_name || '_pkey');
      END IF;
      PERFORM transactions.guard_partition(partition_name);
      made := made + 1;
    END IF;
    month := (month + interval '1 month')::date;
  END LOOP;
  RETURN made;
END $function$;
COMMENT ON FUNCTION transactions.ensure_partitions(date, date) IS 'Makes the missing monthly partitions of entries between two days, after the last month that is closed, and returns how many it made';
SELECT transactions.expose_to_application('transactions.ensure_partitions(date, date)');

CREATE OR REPLACE FUNCTION transactions.guard_partition(partition_name text) RETURNS void LANGUAGE plpgsql AS $function$
DECLARE
  guard record;
BEGIN
  -- Row triggers are copied to every partition, statement triggers are not; neither copy is always switched on.
  EXECUTE format('CREATE OR REPLACE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.%I
    FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change()', partition_name);
  EXECUTE format('CREATE OR REPLACE TRIGGER entries_only_by_transfers BEFORE INSERT ON transactions.%I
    FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_by_hand()', partition_name);
  FOR guard IN
    SELECT tgname FROM pg_trigger
    WHERE tgrelid = format('transactions.%I', partition_name)::regclass AND NOT tgisinternal AND tgenabled <> 'A'
  LOOP
    EXECUTE format('ALTER TABLE transactions.%I ENABLE ALWAYS TRIGGER %I', partition_name, guard.tgname);
  END LOOP;
END $function$;
COMMENT ON FUNCTION transactions.guard_partition(text) IS 'Switches on for good what guards the entries of a partition';
REVOKE ALL ON FUNCTION transactions.guard_partition(text) FROM PUBLIC;
