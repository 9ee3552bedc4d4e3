-- Transfers post themselves: whoever inserts them, their entries are written and their balances moved by this trigger, in
-- the same statement. What may move is decided by the kind of their transaction.

CREATE OR REPLACE FUNCTION transactions.lock_balances(account_ids uuid[], must_be_active boolean) RETURNS void
  LANGUAGE plpgsql AS $function$
DECLARE
  locked record;
  missing uuid;
BEGIN
  -- One order for everybody: two transactions cannot each hold what the other waits for.
  SELECT count(*) AS balances, array_agg(account_id) AS ids,
    (array_agg(account_id) FILTER (WHERE account_status <> 'active'))[1] AS inactive_id,
    (array_agg(account_status) FILTER (WHERE account_status <> 'active'))[1] AS inactive_status
  INTO locked FROM (
    SELECT account_id, account_status FROM transactions.balances WHERE account_id = ANY (account_ids)
    ORDER BY account_id FOR NO KEY UPDATE
  ) AS every;
  IF must_be_active AND locked.inactive_id IS NOT NULL THEN
    RAISE EXCEPTION 'Account % is %', locked.inactive_id, locked.inactive_status
      USING ERRCODE = 'FN002', DETAIL = locked.inactive_id, HINT = locked.inactive_status;
  ELSIF locked.balances <> (SELECT count(*) FROM (SELECT DISTINCT id FROM unnest(account_ids) AS ids(id)) AS wanted) THEN
    -- Among those that were locked, and not in the table: an account may have been opened since.
    SELECT id INTO missing FROM unnest(account_ids) AS ids(id) WHERE (id = ANY (locked.ids)) IS NOT TRUE LIMIT 1;
    RAISE EXCEPTION 'There is no account %', missing USING ERRCODE = 'FN001', DETAIL = coalesce(missing::text, '');
  END IF;
END $function$;
COMMENT ON FUNCTION transactions.lock_balances(uuid[], boolean) IS 'Locks balances in the order of their accounts; FN001 when one is missing, FN002 when one is not active';
REVOKE ALL ON FUNCTION transactions.lock_balances(uuid[], boolean) FROM PUBLIC;

CREATE OR REPLACE FUNCTION transactions.check_capture(resolution_id uuid) RETURNS void LANGUAGE plpgsql AS $function$
DECLARE
  pending_id uuid := (
    SELECT pending_transaction_id FROM transactions.pending_resolutions WHERE resolution_transaction_id = resolution_id);
BEGIN
  IF pending_id IS NULL THEN
    RAISE EXCEPTION 'Transaction % captures no hold', resolution_id USING ERRCODE = '23514', CONSTRAINT = 'transfers_capture_hold';
  END IF;
  PERFORM FROM (
    SELECT debit_account_id, credit_account_id, currency, amount_minor FROM transactions.transfers
    WHERE transaction_id = resolution_id
    UNION ALL
    SELECT debit_account_id, credit_account_id, currency, -amount_minor FROM transactions.transfers
    WHERE transaction_id = pending_id
  ) AS differences GROUP BY debit_account_id, credit_account_id, currency HAVING sum(amount_minor) > 0;
  IF FOUND THEN
    RAISE EXCEPTION 'Pending transaction % holds less than is captured', pending_id
      USING ERRCODE = 'FN007', DETAIL = pending_id, CONSTRAINT = 'transfers_within_hold';
  END IF;
END $function$;
COMMENT ON FUNCTION transactions.check_capture(uuid) IS 'Refuses (FN007) what a capture takes beyond what was held between the same accounts';
REVOKE ALL ON FUNCTION transactions.check_capture(uuid) FROM PUBLIC;

CREATE OR REPLACE FUNCTION transactions.check_reversal(reversal_id uuid) RETURNS void LANGUAGE plpgsql AS $function$
DECLARE
  original_id uuid := (
    SELECT reversed_transaction_id FROM transactions.reversals WHERE reversal_transaction_id = reversal_id);
BEGIN
  PERFORM FROM (
    SELECT debit_account_id AS paid, credit_account_id AS received, currency, amount_minor, 1 AS sign FROM transactions.transfers
    WHERE transaction_id = original_id
    UNION ALL
    SELECT credit_account_id, debit_account_id, currency, amount_minor, -1 FROM transactions.transfers
    WHERE transaction_id = reversal_id
  ) AS differences GROUP BY paid, received, currency, amount_minor HAVING sum(sign) <> 0;
  IF FOUND OR original_id IS NULL THEN
    RAISE EXCEPTION 'Transaction % does not move back exactly what another one moved', reversal_id
      USING ERRCODE = '23514', CONSTRAINT = 'transfers_reverse_exactly';
  END IF;
END $function$;
COMMENT ON FUNCTION transactions.check_reversal(uuid) IS 'Refuses a reversal that is not the mirror of what it reverses';
REVOKE ALL ON FUNCTION transactions.check_reversal(uuid) FROM PUBLIC;

CREATE OR REPLACE FUNCTION transactions.post_transfers() RETURNS trigger LANGUAGE plpgsql AS $function$
DECLARE
  one record;
  booked_on date;
  touched bigint;
  known bigint;
  are_older boolean;
  are_active boolean;
  kinds text[];
  transaction_ids uuid[];
  account_ids uuid[];
  currencies text[];
  locked_ids uuid[];
  versions bigint[];
  booked bigint[];
  signs integer[];
BEGIN
  SELECT * INTO one FROM added;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  -- Most postings are one transfer of one transaction, and need no sets: both balances, in the order of their accounts, and
  -- both entries by one statement. What this finds nothing to do for, for whatever reason, is looked at below. A transaction
  -- that this one wrote itself is seen by nobody else, who could give it transfers meanwhile.
  SELECT booking_date INTO booked_on FROM transactions.transactions WHERE id = one.transaction_id AND kind = 'posted'
    AND xmin = pg_current_xact_id()::xid AND NOT EXISTS (SELECT FROM added OFFSET 1)
    AND NOT EXISTS (SELECT FROM transactions.transfers WHERE transaction_id = one.transaction_id OFFSET 1);
  IF FOUND THEN
    WITH moved AS (
      UPDATE transactions.balances SET
        debits_posted_minor = debits_posted_minor + CASE side.id WHEN one.debit_account_id THEN one.amount_minor ELSE 0 END,
        credits_posted_minor = credits_posted_minor + CASE side.id WHEN one.credit_account_id THEN one.amount_minor ELSE 0 END,
        version = version + 1
      FROM (VALUES (least(one.debit_account_id, one.credit_account_id)),
        (greatest(one.debit_account_id, one.credit_account_id))) AS side(id)
      WHERE account_id = side.id AND currency = one.currency AND account_status = 'active'
      RETURNING account_id, version, booked_on, one.transaction_id, one.id,
        CASE account_id WHEN one.debit_account_id THEN 'debit' ELSE 'credit' END, one.amount_minor,
        CASE normal_side WHEN 'credit' THEN credits_posted_minor - debits_posted_minor
          ELSE debits_posted_minor - credits_posted_minor END
    )
    INSERT INTO transactions.entries
      (account_id, account_version, booking_date, transaction_id, transfer_id, direction, amount_minor, balance_after_minor)
    SELECT * FROM moved;
    GET DIAGNOSTICS touched = ROW_COUNT;
    IF touched = 2 THEN
      RETURN NULL;
    END IF;
    PERFORM transactions.refuse_accounts(ARRAY[one.debit_account_id, one.credit_account_id], ARRAY[one.currency, one.currency]);
  END IF;

  transaction_ids := ARRAY(SELECT DISTINCT transaction_id FROM added);
  SELECT array_agg(DISTINCT kind), count(*), bool_or(xmin <> pg_current_xact_id()::xid) INTO kinds, known, are_older
  FROM transactions.transactions WHERE id = ANY (transaction_ids);
  IF known <> cardinality(transaction_ids) THEN
    RAISE EXCEPTION 'A transfer belongs to a transaction that does not exist'
      USING ERRCODE = '23503', CONSTRAINT = 'transfers_transaction_exists', SCHEMA = 'transactions', TABLE = 'transfers';
  END IF;
  IF cardinality(kinds) <> 1 OR kinds[1] NOT IN ('posted', 'pending', 'post', 'reversal') THEN
    RAISE EXCEPTION 'Transfers belong to transactions of one kind, and of one that moves or holds money'
      USING ERRCODE = '23514', CONSTRAINT = 'transfers_of_one_kind';
  END IF;
  IF are_older THEN
    PERFORM FROM transactions.transactions WHERE id = ANY (transaction_ids) ORDER BY id FOR NO KEY UPDATE;
  END IF;
  IF (SELECT count(*) FROM transactions.transfers WHERE transaction_id = ANY (transaction_ids)) <> (SELECT count(*) FROM added) THEN
    RAISE EXCEPTION 'A transaction among % has its transfers already', cardinality(transaction_ids)
      USING ERRCODE = '23514', CONSTRAINT = 'transfers_together';
  END IF;
  -- An account whose transfers are in two currencies is here twice, so that more are asked for than are found.
  SELECT array_agg(id), array_agg(currency) INTO account_ids, currencies FROM (
    SELECT DISTINCT side.id, currency FROM added, LATERAL (VALUES (debit_account_id), (credit_account_id)) AS side(id)
  ) AS asked;
  -- As lock_balances does, and what they were before with it.
  SELECT count(*), bool_and(account_status = 'active'), array_agg(account_id), array_agg(version),
    array_agg(CASE normal_side WHEN 'credit' THEN credits_posted_minor - debits_posted_minor
      ELSE debits_posted_minor - credits_posted_minor END),
    array_agg(CASE normal_side WHEN 'credit' THEN 1 ELSE -1 END)
  INTO known, are_active, locked_ids, versions, booked, signs
  FROM (
    SELECT * FROM transactions.balances WHERE account_id = ANY (account_ids) ORDER BY account_id FOR NO KEY UPDATE
  ) AS locked;
  IF known <> cardinality(account_ids) OR NOT are_active THEN
    PERFORM transactions.refuse_accounts(account_ids, currencies);
  END IF;

  IF kinds[1] = 'pending' THEN
    UPDATE transactions.balances SET
      debits_pending_minor = debits_pending_minor + held.debits,
      credits_pending_minor = credits_pending_minor + held.credits
    FROM (
      SELECT side.id, currency, sum(side.debit)::bigint AS debits, sum(side.credit)::bigint AS credits
      FROM added, LATERAL (VALUES (debit_account_id, amount_minor, 0), (credit_account_id, 0, amount_minor)) AS side(id, debit, credit)
      GROUP BY side.id, currency
    ) AS held WHERE account_id = held.id AND balances.currency = held.currency;
    GET DIAGNOSTICS touched = ROW_COUNT;
    IF touched <> cardinality(account_ids) THEN
      PERFORM transactions.refuse_accounts(account_ids, currencies);
    END IF;
    RETURN NULL;
  END IF;

  UPDATE transactions.balances SET
    debits_posted_minor = debits_posted_minor + moved_now.debits,
    credits_posted_minor = credits_posted_minor + moved_now.credits,
    version = version + moved_now.entries
  FROM (
    SELECT side.id, currency, sum(side.debit)::bigint AS debits, sum(side.credit)::bigint AS credits, count(*) AS entries
    FROM added, LATERAL (VALUES (debit_account_id, amount_minor, 0), (credit_account_id, 0, amount_minor)) AS side(id, debit, credit)
    GROUP BY side.id, currency
  ) AS moved_now WHERE account_id = moved_now.id AND balances.currency = moved_now.currency;
  GET DIAGNOSTICS touched = ROW_COUNT;
  IF touched <> cardinality(account_ids) THEN
    PERFORM transactions.refuse_accounts(account_ids, currencies);
  END IF;

  -- In the order in which the transfers were inserted, the debit of each before its credit.
  INSERT INTO transactions.entries
    (account_id, account_version, booking_date, transaction_id, transfer_id, direction, amount_minor, balance_after_minor)
  SELECT side.account_id, account.version + side.nth, side.booking_date, side.transaction_id, side.transfer_id, side.direction,
    side.amount_minor, (account.booked_minor + account.sign * side.change_minor)::bigint
  FROM (
    SELECT legs.account_id, numbered.booking_date, numbered.transaction_id, numbered.id AS transfer_id, legs.direction,
      numbered.amount_minor, count(*) OVER statement AS nth, sum(legs.change_minor) OVER statement AS change_minor
    FROM (
      SELECT added.*, row_number() OVER () AS number,
        (SELECT booking_date FROM transactions.transactions WHERE id = added.transaction_id) AS booking_date
      FROM added
    ) AS numbered, LATERAL (
      VALUES (debit_account_id, 'debit', -amount_minor), (credit_account_id, 'credit', amount_minor)
    ) AS legs(account_id, direction, change_minor)
    WINDOW statement AS (PARTITION BY legs.account_id ORDER BY numbered.number ROWS UNBOUNDED PRECEDING)
  ) AS side
  JOIN unnest(locked_ids, versions, booked, signs) AS account(id, version, booked_minor, sign) ON account.id = side.account_id;

  IF kinds[1] = 'post' THEN
    PERFORM transactions.check_capture(id) FROM unnest(transaction_ids) AS ids(id);
  ELSIF kinds[1] = 'reversal' THEN
    PERFORM transactions.check_reversal(id) FROM unnest(transaction_ids) AS ids(id);
  END IF;
  RETURN NULL;
END $function$;
COMMENT ON FUNCTION transactions.post_transfers() IS 'Writes the entries of new transfers and moves their balances, or holds what they hold';
REVOKE ALL ON FUNCTION transactions.post_transfers() FROM PUBLIC;

CREATE OR REPLACE FUNCTION transactions.refuse_accounts(account_ids uuid[], currencies text[]) RETURNS void
  LANGUAGE plpgsql AS $function$
BEGIN
  PERFORM transactions.lock_balances(account_ids, true);
  PERFORM FROM unnest(account_ids, currencies) AS asked(id, currency) JOIN transactions.balances ON account_id = id
  WHERE balances.currency <> asked.currency;
  IF FOUND THEN
    RAISE EXCEPTION 'A transfer is in another currency than one of its accounts'
      USING ERRCODE = '23514', CONSTRAINT = 'transfers_currency', SCHEMA = 'transactions', TABLE = 'transfers';
  END IF;
  -- Who called looked before this waited for the accounts: what it has done by then must not stay.
  RAISE EXCEPTION 'An account was opened, or its freeze lifted, while a transfer waited for it' USING ERRCODE = '40001';
END $function$;
COMMENT ON FUNCTION transactions.refuse_accounts(uuid[], text[]) IS 'Never returns: says why accounts take no transfers in their currencies, and 40001 when by now they would';
REVOKE ALL ON FUNCTION transactions.refuse_accounts(uuid[], text[]) FROM PUBLIC;

CREATE OR REPLACE TRIGGER transfers_post AFTER INSERT ON transactions.transfers REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION transactions.post_transfers();
-- Also for sessions that switch ordinary triggers off (session_replication_role).
ALTER TABLE transactions.transfers ENABLE ALWAYS TRIGGER transfers_post;
