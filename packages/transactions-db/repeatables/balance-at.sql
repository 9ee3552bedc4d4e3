CREATE OR REPLACE FUNCTION transactions.balance_at(in_account_id uuid, as_of date)
  RETURNS TABLE (debits_posted_minor bigint, credits_posted_minor bigint, booked_minor bigint)
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
  side CONSTANT text := (SELECT normal_side FROM transactions.balances WHERE account_id = in_account_id);
  retired CONSTANT date := (SELECT max(through) FROM transactions.retired_months);
  nearest record;
BEGIN
  IF side IS NULL THEN
    RETURN;
  END IF;
  -- The nearest snapshot, and only the entries since: however old the account is, no more than a month or two of them.
  SELECT snapshot.as_of, snapshot.debits_posted_minor AS debits, snapshot.credits_posted_minor AS credits INTO nearest
  FROM transactions.balance_snapshots AS snapshot
  WHERE snapshot.account_id = in_account_id AND snapshot.as_of <= balance_at.as_of ORDER BY snapshot.as_of DESC LIMIT 1;
  IF as_of < retired AND nearest.as_of IS DISTINCT FROM as_of THEN
    RAISE EXCEPTION 'The entries of % are retired: only the ends of months are kept', as_of USING ERRCODE = 'FN011';
  END IF;
  SELECT coalesce(nearest.debits, 0) + coalesce(sum(amount_minor) FILTER (WHERE direction = 'debit'), 0),
    coalesce(nearest.credits, 0) + coalesce(sum(amount_minor) FILTER (WHERE direction = 'credit'), 0)
  INTO debits_posted_minor, credits_posted_minor
  FROM transactions.entries
  WHERE account_id = in_account_id AND booking_date > coalesce(nearest.as_of, '-infinity') AND booking_date <= balance_at.as_of;
  PERFORM transactions.require_same_months();
  booked_minor := CASE side WHEN 'credit' THEN credits_posted_minor - debits_posted_minor
    ELSE debits_posted_minor - credits_posted_minor END;
  RETURN NEXT;
END $function$;
COMMENT ON FUNCTION transactions.balance_at(uuid, date) IS 'The booked balance of an account at the end of a booking date: the nearest snapshot and the entries since';
SELECT transactions.expose_to_application('transactions.balance_at(uuid, date)');

CREATE OR REPLACE FUNCTION transactions.require_same_months() RETURNS void
  LANGUAGE plpgsql STABLE AS $function$
BEGIN
  -- Which partitions are read is decided at the moment, what is in the tables by the snapshot. None goes from here on: whoever
  -- has read entries holds them.
  PERFORM FROM pg_catalog.pg_inherits WHERE inhparent = 'transactions.entries'::regclass
    AND inhrelid NOT IN (SELECT relid FROM pg_catalog.pg_partition_tree('transactions.entries'));
  IF FOUND THEN
    RAISE EXCEPTION 'A month was retired since this transaction, or statement, began' USING ERRCODE = '40001';
  END IF;
END $function$;
COMMENT ON FUNCTION transactions.require_same_months() IS 'After entries were read: 40001 when a month of theirs was retired that the snapshot still counts on';
SELECT transactions.expose_to_application('transactions.require_same_months()');
