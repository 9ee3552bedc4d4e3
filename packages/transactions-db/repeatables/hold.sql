CREATE OR REPLACE FUNCTION transactions.hold(in_scope text, in_key text, request jsonb) RETURNS jsonb
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $function$
DECLARE
  new_id uuid := transactions.uuid_v7();
  answer jsonb := jsonb_build_object('transaction_id', new_id, 'kind', 'pending');
  answered jsonb := transactions.claim_key('hold', in_scope, in_key, request, new_id, answer);
BEGIN
  IF answered IS NOT NULL THEN
    RETURN answered;
  END IF;
  PERFORM transactions.insert_transaction(new_id, 'pending', request);
  PERFORM transactions.insert_transfers(new_id, request -> 'transfers');
  RETURN answer;
END $function$;
COMMENT ON FUNCTION transactions.hold(text, text, jsonb) IS 'Holds the amounts of one or more transfers until they are captured, voided or expire';
SELECT transactions.expose_to_application('transactions.hold(text, text, jsonb)');
