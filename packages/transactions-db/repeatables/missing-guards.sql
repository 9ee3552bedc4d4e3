CREATE OR REPLACE FUNCTION transactions.missing_guards() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $function$
  WITH months AS (
    -- A partition of another name is guarded like the others, and of no month that could be closed.
    SELECT relname AS name,
      CASE WHEN relname ~ '^entries_[0-9]{4}_[0-9]{2}$' THEN to_date(substr(relname, 9), 'YYYY_MM') END AS month
    FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
    WHERE inhparent = to_regclass('transactions.entries')
  ), guards(relation, name, fires, calls) AS (
    VALUES
      ('balances', 'balances_never_removed', 'BEFORE DELETE OR TRUNCATE ON %s FOR EACH STATEMENT', 'refuse_removal'),
      ('balances', 'balances_in_step',
        'BEFORE INSERT OR UPDATE OF account_id, currency, normal_side, account_status, overdraft_limit_minor ON %s FOR EACH ROW',
        'check_balance_in_step'),
      ('balances', 'balances_rules', 'BEFORE INSERT OR UPDATE ON %s FOR EACH ROW', 'check_balance_rules'),
      ('transfers', 'transfers_post', 'AFTER INSERT ON %s REFERENCING NEW TABLE AS added FOR EACH STATEMENT', 'post_transfers'),
      ('pending_expiries', 'pending_expiries_of_hold', 'AFTER INSERT ON %s FOR EACH ROW', 'check_expiry'),
      ('pending_resolutions', 'pending_resolutions_release', 'AFTER INSERT ON %s FOR EACH ROW', 'release_hold'),
      ('reversals', 'reversals_of_posting', 'AFTER INSERT ON %s FOR EACH ROW', 'check_reversed_kinds'),
      ('outbox_consumers', 'outbox_consumers_only_forward',
        'BEFORE UPDATE ON %s FOR EACH ROW WHEN (((ROW(new.writer, new."position") < ROW(old.writer, old."position")) OR (new.consumer <> old.consumer)))',
        'refuse_going_back')
    UNION ALL
    SELECT relation, relation || '_append_only', 'BEFORE DELETE OR UPDATE OR TRUNCATE ON %s FOR EACH STATEMENT', 'refuse_change'
    FROM unnest(ARRAY['transactions', 'transfers', 'pending_expiries', 'pending_resolutions', 'reversals', 'balance_snapshots',
      'idempotency_keys', 'retired_months']) AS append_only(relation)
    UNION ALL
    SELECT part.name, guard.name, guard.fires, guard.calls
    FROM (SELECT 'entries' AS name UNION ALL SELECT name FROM months) AS part, (VALUES
      ('entries_append_only', 'BEFORE DELETE OR UPDATE ON %s FOR EACH ROW', 'refuse_change'),
      ('entries_no_truncate', 'BEFORE TRUNCATE ON %s FOR EACH STATEMENT', 'refuse_change'),
      ('entries_only_by_transfers', 'BEFORE INSERT ON %s FOR EACH STATEMENT', 'refuse_by_hand')) AS guard(name, fires, calls)
    UNION ALL
    SELECT months.name, 'entries_month_open', 'BEFORE INSERT ON %s FOR EACH ROW', 'refuse_closed_month'
    FROM months WHERE month <= (SELECT max(as_of) FROM transactions.balance_snapshots)
  )
  SELECT format('%s is guarded by no trigger %s that is as it was made and always on', relation, name) FROM guards
  WHERE NOT EXISTS (
    SELECT FROM pg_trigger
    WHERE tgrelid = to_regclass(format('transactions.%I', relation)) AND tgname = name AND tgenabled = 'A'
      AND pg_get_triggerdef(pg_trigger.oid) = format('CREATE TRIGGER %s ' || fires || ' EXECUTE FUNCTION transactions.%s()',
        name, 'transactions.' || relation, calls))
  UNION ALL
  SELECT format('accounts is followed by no trigger %s that is as it was made and always on', name)
  FROM (VALUES
    ('transactions_open_balance', 'AFTER INSERT ON %s FOR EACH ROW', 'open_balance'),
    ('transactions_follow_account', 'AFTER UPDATE OF status, overdraft_limit_minor ON %s FOR EACH ROW WHEN (((old.status IS DISTINCT FROM new.status) OR (old.overdraft_limit_minor IS DISTINCT FROM new.overdraft_limit_minor)))',
      'follow_account')) AS followers(name, fires, calls)
  WHERE NOT EXISTS (
    SELECT FROM pg_trigger
    WHERE tgrelid = to_regclass('accounts.accounts') AND tgname = name AND tgenabled = 'A'
      AND pg_get_triggerdef(pg_trigger.oid) = format('CREATE TRIGGER %s ' || fires || ' EXECUTE FUNCTION transactions.%s()',
        name, 'accounts.accounts', calls))
  UNION ALL
  SELECT format('%s has entries of a month that is said to be retired', name) FROM months
  WHERE month <= (SELECT max(through) FROM transactions.retired_months)
  UNION ALL
  SELECT format('%s has no valid constraint %s', relation, name)
  FROM (VALUES
    ('balances', 'balances_pkey'), ('balances', 'balances_account_exists'), ('transactions', 'transactions_pkey'),
    ('transfers', 'transfers_pkey'), ('transfers', 'transfers_two_accounts'), ('idempotency_keys', 'idempotency_keys_pkey'),
    ('pending_expiries', 'pending_expiries_pkey'), ('pending_resolutions', 'pending_resolutions_pkey'),
    ('pending_resolutions', 'pending_resolutions_resolution_unique'),
    ('pending_resolutions', 'pending_resolutions_two_transactions'),
    ('reversals', 'reversals_pkey'), ('reversals', 'reversals_reversal_unique'), ('reversals', 'reversals_two_transactions'),
    ('balance_snapshots', 'balance_snapshots_pkey'), ('balance_snapshots', 'balance_snapshots_end_of_month'),
    ('amount_minor', 'transfers_amount_positive'), ('transaction_kind', 'transactions_kind_known')) AS rules(relation, name)
  WHERE NOT EXISTS (
    SELECT FROM pg_constraint
    WHERE (conrelid = to_regclass(format('transactions.%I', relation)) OR contypid = to_regtype(format('transactions.%I', relation)))
      AND conname = name AND convalidated)
  UNION ALL
  -- The key of entries may be each partition's own: where some are on other servers, it cannot be that of all of them.
  SELECT format('%s has no valid primary key', pg_class.relname)
  FROM pg_partition_tree(to_regclass('transactions.entries')) AS tree JOIN pg_class ON pg_class.oid = tree.relid
  WHERE isleaf AND relkind = 'r' AND NOT EXISTS (
    SELECT FROM pg_constraint WHERE conrelid = tree.relid AND contype = 'p' AND convalidated)
$function$;
COMMENT ON FUNCTION transactions.missing_guards() IS 'The triggers and constraints that keep the books right and that are gone, changed, off, or not valid';
REVOKE ALL ON FUNCTION transactions.missing_guards() FROM PUBLIC;
