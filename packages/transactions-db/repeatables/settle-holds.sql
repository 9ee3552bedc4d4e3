-- What settles a hold gives back what it held, whoever inserts the resolution; a capture then posts what it takes.

CREATE OR REPLACE FUNCTION transactions.release_hold() RETURNS trigger LANGUAGE plpgsql AS $function$
DECLARE
  pending record;
  resolution record;
BEGIN
  SELECT id, kind, expires_at INTO pending
  FROM transactions.transactions LEFT JOIN transactions.pending_expiries ON pending_transaction_id = id
  WHERE id = NEW.pending_transaction_id;
  -- What holds nothing yet could be given transfers after it is settled.
  IF pending.kind IS DISTINCT FROM 'pending' OR NOT EXISTS (SELECT FROM transactions.transfers WHERE transaction_id = pending.id) THEN
    RAISE EXCEPTION 'There is no pending transaction %', NEW.pending_transaction_id
      USING ERRCODE = 'FN004', DETAIL = NEW.pending_transaction_id, CONSTRAINT = 'pending_resolutions_of_hold';
  END IF;
  SELECT id, kind INTO resolution FROM transactions.transactions WHERE id = NEW.resolution_transaction_id;
  IF resolution.kind IS NULL OR resolution.kind NOT IN ('post', 'void', 'expire') THEN
    RAISE EXCEPTION 'Transaction % is none that settles a hold', NEW.resolution_transaction_id
      USING ERRCODE = 'FN004', DETAIL = NEW.resolution_transaction_id, CONSTRAINT = 'pending_resolutions_by_resolution';
  END IF;
  -- After the primary key has spoken: what was settled in time is refused as settled. No time passes between this and
  -- the capture.
  IF resolution.kind = 'post' AND pending.expires_at <= clock_timestamp() THEN
    RAISE EXCEPTION 'Pending transaction % has expired', pending.id
      USING ERRCODE = 'FN005', DETAIL = pending.id, CONSTRAINT = 'pending_resolutions_in_time';
  ELSIF resolution.kind = 'expire' AND (pending.expires_at <= clock_timestamp()) IS NOT TRUE THEN
    RAISE EXCEPTION 'Pending transaction % has not expired', pending.id
      USING ERRCODE = 'FN005', DETAIL = pending.id, CONSTRAINT = 'pending_resolutions_due';
  END IF;
  PERFORM transactions.lock_balances(transactions.accounts_of_transaction(pending.id), false);
  UPDATE transactions.balances SET
    debits_pending_minor = debits_pending_minor - held.debits,
    credits_pending_minor = credits_pending_minor - held.credits
  FROM (
    SELECT side.id, sum(side.debit)::bigint AS debits, sum(side.credit)::bigint AS credits
    FROM transactions.transfers,
      LATERAL (VALUES (debit_account_id, amount_minor, 0), (credit_account_id, 0, amount_minor)) AS side(id, debit, credit)
    WHERE transaction_id = pending.id GROUP BY side.id
  ) AS held WHERE account_id = held.id;
  RETURN NULL;
END $function$;
COMMENT ON FUNCTION transactions.release_hold() IS 'Gives back what a settled hold held';
REVOKE ALL ON FUNCTION transactions.release_hold() FROM PUBLIC;

CREATE OR REPLACE TRIGGER pending_resolutions_release AFTER INSERT ON transactions.pending_resolutions
  FOR EACH ROW EXECUTE FUNCTION transactions.release_hold();
ALTER TABLE transactions.pending_resolutions ENABLE ALWAYS TRIGGER pending_resolutions_release;

CREATE OR REPLACE FUNCTION transactions.check_reversed_kinds() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
  PERFORM FROM transactions.transactions AS original, transactions.transactions AS reversal
  WHERE original.id = NEW.reversed_transaction_id AND original.kind IN ('posted', 'post')
    AND EXISTS (SELECT FROM transactions.transfers WHERE transaction_id = original.id)
    AND reversal.id = NEW.reversal_transaction_id AND reversal.kind = 'reversal';
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no posted transaction %', NEW.reversed_transaction_id
      USING ERRCODE = 'FN004', DETAIL = NEW.reversed_transaction_id, CONSTRAINT = 'reversals_of_posting';
  END IF;
  RETURN NULL;
END $function$;
COMMENT ON FUNCTION transactions.check_reversed_kinds() IS 'Only what was posted is reversed, and only by a reversal';
REVOKE ALL ON FUNCTION transactions.check_reversed_kinds() FROM PUBLIC;

CREATE OR REPLACE TRIGGER reversals_of_posting AFTER INSERT ON transactions.reversals
  FOR EACH ROW EXECUTE FUNCTION transactions.check_reversed_kinds();
ALTER TABLE transactions.reversals ENABLE ALWAYS TRIGGER reversals_of_posting;
