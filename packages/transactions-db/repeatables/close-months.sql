-- The end of a month: nothing more is booked in it, its balances are kept, and its entries can go elsewhere.

CREATE OR REPLACE FUNCTION transactions.refuse_closed_month() RETURNS trigger LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
  RAISE EXCEPTION 'The month of % is closed', NEW.booking_date
    USING ERRCODE = 'FN008', DETAIL = NEW.booking_date, CONSTRAINT = 'entries_month_open';
END $function$;
COMMENT ON FUNCTION transactions.refuse_closed_month() IS 'Refuses entries of a month whose balances were taken';
REVOKE ALL ON FUNCTION transactions.refuse_closed_month() FROM PUBLIC;

CREATE OR REPLACE FUNCTION transactions.begin_upkeep_of_months() RETURNS void LANGUAGE plpgsql AS $function$
BEGIN
  -- What was committed while one waits must be seen, or its money is missing from what is kept.
  IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
    RAISE EXCEPTION 'Months are made, closed and retired in transactions of isolation level READ COMMITTED, and this one is %',
      upper(current_setting('transaction_isolation')) USING ERRCODE = 'FN009';
  END IF;
  -- One at a time: a month made while an older one is closed would stay open.
  PERFORM pg_advisory_xact_lock(hashtextextended('transactions.months', 0));
END $function$;
COMMENT ON FUNCTION transactions.begin_upkeep_of_months() IS 'Lets one transaction at a time make, close or retire months; FN009 where it could not see what others commit';
REVOKE ALL ON FUNCTION transactions.begin_upkeep_of_months() FROM PUBLIC;

CREATE OR REPLACE FUNCTION transactions.take_balance_snapshots(as_of date) RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s' AS $function$
DECLARE
  before date;
  leaf record;
  taken integer;
BEGIN
  PERFORM transactions.begin_upkeep_of_months();
  IF as_of <> (date_trunc('month', as_of) + interval '1 month - 1 day')::date THEN
    RAISE EXCEPTION 'Balances are taken at the end of a month, and % is not the last day of one', as_of USING ERRCODE = 'FN009';
  -- Over everywhere: which day it is must not depend on the time zone of whoever asks.
  ELSIF as_of >= (clock_timestamp() AT TIME ZONE 'Etc/GMT+12')::date THEN
    RAISE EXCEPTION 'The month of % is not over', as_of USING ERRCODE = 'FN009';
  END IF;
  SELECT max(snapshot.as_of) INTO before FROM transactions.balance_snapshots AS snapshot
  WHERE snapshot.as_of < take_balance_snapshots.as_of;
  -- Closed by a trigger on the partition, which every later statement sees whatever its snapshot; making it waits for the
  -- postings that are under way there, and costs those of other months nothing.
  FOR leaf IN
    SELECT relname AS name FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
    WHERE inhparent = 'transactions.entries'::regclass AND relname ~ '^entries_[0-9]{4}_[0-9]{2}$'
      AND to_date(substr(relname, 9), 'YYYY_MM') <= as_of
      AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = inhrelid AND tgname = 'entries_month_open')
    ORDER BY relname
  LOOP
    EXECUTE format('CREATE TRIGGER entries_month_open BEFORE INSERT ON transactions.%I
      FOR EACH ROW EXECUTE FUNCTION transactions.refuse_closed_month()', leaf.name);
    EXECUTE format('ALTER TABLE transactions.%I ENABLE ALWAYS TRIGGER entries_month_open', leaf.name);
  END LOOP;
  INSERT INTO transactions.balance_snapshots (account_id, as_of, account_version, debits_posted_minor, credits_posted_minor)
  SELECT account_id, take_balance_snapshots.as_of, coalesce(earlier.account_version, 0) + coalesce(since.entries, 0),
    coalesce(earlier.debits_posted_minor, 0) + coalesce(since.debits, 0),
    coalesce(earlier.credits_posted_minor, 0) + coalesce(since.credits, 0)
  FROM transactions.balances
  LEFT JOIN (SELECT * FROM transactions.balance_snapshots AS snapshot WHERE snapshot.as_of = before) AS earlier USING (account_id)
  LEFT JOIN (
    SELECT account_id, count(*) AS entries,
      sum(amount_minor) FILTER (WHERE direction = 'debit') AS debits, sum(amount_minor) FILTER (WHERE direction = 'credit') AS credits
    FROM transactions.entries
    WHERE booking_date > coalesce(before, '-infinity') AND booking_date <= take_balance_snapshots.as_of GROUP BY account_id
  ) AS since USING (account_id)
  ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS taken = ROW_COUNT;
  RETURN taken;
END $function$;
COMMENT ON FUNCTION transactions.take_balance_snapshots(date) IS 'Closes the months up to the last day of one, keeps the balance of every account at its end, and returns how many it took';
SELECT transactions.expose_to_application('transactions.take_balance_snapshots(date)');

CREATE OR REPLACE FUNCTION transactions.retire_month(month date) RETURNS text
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s' AS $function$
DECLARE
  first_day CONSTANT date := date_trunc('month', month)::date;
  last_day CONSTANT date := (date_trunc('month', month) + interval '1 month - 1 day')::date;
  partition_name CONSTANT text := format('entries_%s', to_char(first_day, 'YYYY_MM'));
  wrong text;
BEGIN
  PERFORM transactions.begin_upkeep_of_months();
  IF NOT EXISTS (
    SELECT FROM pg_inherits WHERE inhparent = 'transactions.entries'::regclass
      AND inhrelid = to_regclass(format('transactions.%I', partition_name))) THEN
    RAISE EXCEPTION 'Month % has no partition of entries', to_char(first_day, 'YYYY-MM') USING ERRCODE = 'FN009';
  END IF;
  -- The oldest first: what verifies the rest begins at one day.
  SELECT min(relname) INTO wrong FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
  WHERE inhparent = 'transactions.entries'::regclass AND relname < partition_name;
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION 'An earlier month is still there: %', wrong USING ERRCODE = 'FN009';
  END IF;
  IF NOT EXISTS (
    SELECT FROM pg_trigger WHERE tgrelid = to_regclass(format('transactions.%I', partition_name)) AND tgname = 'entries_month_open')
    OR NOT EXISTS (SELECT FROM transactions.balance_snapshots WHERE as_of = last_day) THEN
    RAISE EXCEPTION 'The balances at the end of % were not taken', last_day USING ERRCODE = 'FN009';
  END IF;
  -- Every account that has an entry in the month has its balance kept, and the books up to here are right.
  SELECT format('account %s', account_id) INTO wrong FROM transactions.entries AS entry
  WHERE booking_date BETWEEN first_day AND last_day AND NOT EXISTS (
    SELECT FROM transactions.balance_snapshots AS snapshot
    WHERE snapshot.account_id = entry.account_id AND snapshot.as_of = last_day) LIMIT 1;
  IF wrong IS NULL THEN
    SELECT problem INTO wrong FROM transactions.verify(first_day, last_day) LIMIT 1;
  END IF;
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION 'The books of % are not right: %', to_char(first_day, 'YYYY-MM'), wrong USING ERRCODE = 'FN009';
  END IF;
  EXECUTE format('ALTER TABLE transactions.entries DETACH PARTITION transactions.%I', partition_name);
  -- Copies of row triggers go with the partition's place; what it holds stays as it is.
  EXECUTE format('CREATE TRIGGER entries_append_only BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON transactions.%I
    FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change()', partition_name);
  EXECUTE format('ALTER TABLE transactions.%I ENABLE ALWAYS TRIGGER entries_append_only', partition_name);
  INSERT INTO transactions.retired_months (month, through, partition_name) VALUES (first_day, last_day, partition_name);
  RETURN partition_name;
END $function$;
COMMENT ON FUNCTION transactions.retire_month(date) IS 'Detaches the oldest month of entries, once its balances are kept and its books verified, and returns the name of the table that has them';
SELECT transactions.expose_to_application('transactions.retire_month(date)');
