CREATE OR REPLACE FUNCTION transactions.post_transaction(in_scope text, in_key text, request jsonb) RETURNS jsonb
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $function$
DECLARE
  transfers CONSTANT jsonb := request -> 'transfers';
  new_id CONSTANT uuid := transactions.uuid_v7();
  hash bytea;
  answer CONSTANT jsonb := jsonb_build_object('transaction_id', new_id, 'kind', 'posted');
  answered jsonb;
BEGIN
  IF transfers -> 1 IS NOT NULL OR transfers -> 0 IS NULL THEN
    answered := transactions.claim_key('post', in_scope, in_key, request, new_id, answer);
    IF answered IS NOT NULL THEN
      RETURN answered;
    END IF;
    PERFORM transactions.insert_transaction(new_id, 'posted', request);
    PERFORM transactions.insert_transfers(new_id, transfers);
    RETURN answer;
  END IF;
  -- The same for a single transfer, in one statement: starting another one costs about as much as what it does. Where the
  -- key is taken, nothing else is inserted.
  hash := sha256(convert_to('post:' || request::text, 'UTF8'));
  WITH claimed AS (
    INSERT INTO transactions.idempotency_keys (scope, key, request_hash, response, transaction_id)
    VALUES (in_scope, in_key, hash, answer, new_id) ON CONFLICT DO NOTHING RETURNING transaction_id AS id
  ), made AS (
    INSERT INTO transactions.transactions (id, kind, booking_date, value_date, end_to_end_id, description)
    SELECT id, 'posted', coalesce((request ->> 'booking_date')::date, current_date),
      coalesce((request ->> 'value_date')::date, (request ->> 'booking_date')::date, current_date),
      request ->> 'end_to_end_id', request ->> 'description'
    FROM claimed
  ), told AS (
    INSERT INTO transactions.outbox (topic, key, payload) SELECT 'transaction.posted', id, answer FROM claimed
  )
  INSERT INTO transactions.transfers (id, transaction_id, debit_account_id, credit_account_id, currency, amount_minor)
  SELECT id, id, (transfers #>> '{0,debit_account_id}')::uuid, (transfers #>> '{0,credit_account_id}')::uuid,
    transfers #>> '{0,currency}', (transfers #>> '{0,amount_minor}')::bigint
  FROM claimed;
  RETURN CASE WHEN FOUND THEN answer ELSE transactions.answered(in_scope, in_key, hash) END;
END $function$;
COMMENT ON FUNCTION transactions.post_transaction(text, text, jsonb) IS 'Moves the amounts of one or more transfers at once, or none of them';
SELECT transactions.expose_to_application('transactions.post_transaction(text, text, jsonb)');
