CREATE OR REPLACE FUNCTION transactions.reverse(in_scope text, in_key text, request jsonb) RETURNS jsonb
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $function$
DECLARE
  new_id uuid := transactions.uuid_v7();
  answer jsonb := jsonb_build_object('transaction_id', new_id, 'kind', 'reversal');
  answered jsonb := transactions.claim_key('reverse', in_scope, in_key, request, new_id, answer);
  original uuid := (request ->> 'transaction_id')::uuid;
BEGIN
  IF answered IS NOT NULL THEN
    RETURN answered;
  END IF;
  PERFORM FROM transactions.transactions WHERE id = original AND kind IN ('posted', 'post');
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no posted transaction %', original USING ERRCODE = 'FN004', DETAIL = coalesce(original::text, '');
  END IF;
  PERFORM transactions.lock_balances(transactions.accounts_of_transaction(original), true);
  PERFORM transactions.insert_transaction(new_id, 'reversal', request);
  INSERT INTO transactions.reversals (reversed_transaction_id, reversal_transaction_id) VALUES (original, new_id);
  INSERT INTO transactions.transfers (transaction_id, debit_account_id, credit_account_id, currency, amount_minor)
  SELECT new_id, credit_account_id, debit_account_id, currency, amount_minor
  FROM transactions.transfers WHERE transaction_id = original ORDER BY created_at DESC, id DESC;
  RETURN answer;
END $function$;
COMMENT ON FUNCTION transactions.reverse(text, text, jsonb) IS 'Moves back exactly what a posted transaction moved, once';
SELECT transactions.expose_to_application('transactions.reverse(text, text, jsonb)');
