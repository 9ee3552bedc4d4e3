CREATE OR REPLACE FUNCTION transactions.settle(resolution_id uuid, pending_id uuid, resolution text, request jsonb) RETURNS void
  LANGUAGE plpgsql AS $function$
BEGIN
  PERFORM FROM transactions.transactions WHERE id = pending_id AND kind = 'pending';
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no pending transaction %', pending_id
      USING ERRCODE = 'FN004', DETAIL = coalesce(pending_id::text, '');
  END IF;
  -- Balances before the resolution, as everywhere. Money can be given back whatever became of the account; to take it,
  -- the account must be active.
  PERFORM transactions.lock_balances(transactions.accounts_of_transaction(pending_id), resolution = 'post');
  PERFORM transactions.insert_transaction(resolution_id, resolution, request);
  -- The primary key decides a race between capture, void and expiry; a trigger gives back what was held.
  INSERT INTO transactions.pending_resolutions (pending_transaction_id, resolution_transaction_id)
  VALUES (pending_id, resolution_id);
END $function$;
COMMENT ON FUNCTION transactions.settle(uuid, uuid, text, jsonb) IS 'Writes what became of a hold, which gives back what it held';
REVOKE ALL ON FUNCTION transactions.settle(uuid, uuid, text, jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION transactions.capture(in_scope text, in_key text, request jsonb) RETURNS jsonb
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $function$
DECLARE
  new_id uuid := transactions.uuid_v7();
  answer jsonb := jsonb_build_object('transaction_id', new_id, 'kind', 'post');
  answered jsonb := transactions.claim_key('capture', in_scope, in_key, request, new_id, answer);
  pending_id uuid := (request ->> 'pending_transaction_id')::uuid;
BEGIN
  IF answered IS NOT NULL THEN
    RETURN answered;
  END IF;
  PERFORM transactions.settle(new_id, pending_id, 'post', request);
  IF request ? 'transfers' THEN
    PERFORM transactions.insert_transfers(new_id, request -> 'transfers');
    RETURN answer;
  END IF;
  IF request ? 'amount_minor' AND (SELECT count(*) FROM transactions.transfers WHERE transaction_id = pending_id) <> 1 THEN
    RAISE EXCEPTION 'Pending transaction % has several transfers: an amount alone does not say what to capture', pending_id
      USING ERRCODE = 'FN007', DETAIL = pending_id;
  END IF;
  -- As they were made: their ids are in that order as well, but for those of the same millisecond.
  INSERT INTO transactions.transfers (transaction_id, debit_account_id, credit_account_id, currency, amount_minor)
  SELECT new_id, debit_account_id, credit_account_id, currency, coalesce((request ->> 'amount_minor')::bigint, amount_minor)
  FROM transactions.transfers WHERE transaction_id = pending_id ORDER BY created_at, id;
  RETURN answer;
END $function$;
COMMENT ON FUNCTION transactions.capture(text, text, jsonb) IS 'Moves what was held, or the part of it that the request names, and gives back the rest';
SELECT transactions.expose_to_application('transactions.capture(text, text, jsonb)');

CREATE OR REPLACE FUNCTION transactions.void(in_scope text, in_key text, request jsonb) RETURNS jsonb
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $function$
DECLARE
  new_id uuid := transactions.uuid_v7();
  answer jsonb := jsonb_build_object('transaction_id', new_id, 'kind', 'void');
  answered jsonb := transactions.claim_key('void', in_scope, in_key, request, new_id, answer);
BEGIN
  IF answered IS NOT NULL THEN
    RETURN answered;
  END IF;
  PERFORM transactions.settle(new_id, (request ->> 'pending_transaction_id')::uuid, 'void', request);
  RETURN answer;
END $function$;
COMMENT ON FUNCTION transactions.void(text, text, jsonb) IS 'Gives back what was held';
SELECT transactions.expose_to_application('transactions.void(text, text, jsonb)');
