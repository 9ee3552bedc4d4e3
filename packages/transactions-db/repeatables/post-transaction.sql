CREATE OR REPLACE FUNCTION transactions.post_transaction(in_scope text, in_key text, request jsonb) RETURNS jsonb
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $function$
DECLARE
  transfers CONSTANT jsonb := request -> 'transfers';
  new_id uuid;
  answer jsonb;
  answered jsonb;
BEGIN
  IF transfers -> 0 IS NOT NULL AND transfers -> 1 IS NULL THEN
    RETURN transactions.post_alone(in_scope, in_key, sha256(convert_to('post:' || request::text, 'UTF8')),
      (transfers #>> '{0,debit_account_id}')::uuid, (transfers #>> '{0,credit_account_id}')::uuid, transfers #>> '{0,currency}',
      (transfers #>> '{0,amount_minor}')::bigint, request ->> 'end_to_end_id', request ->> 'description',
      (request ->> 'booking_date')::date, (request ->> 'value_date')::date);
  END IF;
  new_id := transactions.uuid_v7();
  answer := jsonb_build_object('transaction_id', new_id, 'kind', 'posted');
  answered := transactions.claim_key('post', in_scope, in_key, request, new_id, answer);
  IF answered IS NOT NULL THEN
    RETURN answered;
  END IF;
  PERFORM transactions.insert_transaction(new_id, 'posted', request);
  PERFORM transactions.insert_transfers(new_id, transfers);
  RETURN answer;
END $function$;
COMMENT ON FUNCTION transactions.post_transaction(text, text, jsonb) IS 'Moves the amounts of one or more transfers at once, or none of them';
SELECT transactions.expose_to_application('transactions.post_transaction(text, text, jsonb)');
