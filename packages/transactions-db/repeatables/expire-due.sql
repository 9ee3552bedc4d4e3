CREATE OR REPLACE FUNCTION transactions.expire_due(batch_size integer) RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $function$
DECLARE
  due uuid[] := ARRAY(
    SELECT pending_transaction_id FROM transactions.pending_expiries AS expiry
    WHERE expires_at <= clock_timestamp() AND NOT EXISTS (
      SELECT FROM transactions.pending_resolutions WHERE pending_transaction_id = expiry.pending_transaction_id)
    ORDER BY expires_at, pending_transaction_id LIMIT batch_size);
  due_id uuid;
  resolution_id uuid;
  expired integer := 0;
BEGIN
  -- All accounts of the batch at once: hold by hold, their order would differ from that of postings.
  PERFORM transactions.lock_balances(
    ARRAY(SELECT DISTINCT side.id FROM transactions.transfers,
      LATERAL (VALUES (debit_account_id), (credit_account_id)) AS side(id) WHERE transaction_id = ANY (due)),
    false);
  -- What was captured, voided or expired while this waited for the accounts is left out.
  FOR due_id IN
    SELECT id FROM unnest(due) AS ids(id)
    WHERE NOT EXISTS (SELECT FROM transactions.pending_resolutions WHERE pending_transaction_id = id)
  LOOP
    resolution_id := transactions.uuid_v7();
    PERFORM transactions.settle(resolution_id, due_id, 'expire', '{}');
    expired := expired + 1;
  END LOOP;
  RETURN expired;
END $function$;
COMMENT ON FUNCTION transactions.expire_due(integer) IS 'Gives back what holds whose time is over had held, this many at most, and returns how many';
SELECT transactions.expose_to_application('transactions.expire_due(integer)');
