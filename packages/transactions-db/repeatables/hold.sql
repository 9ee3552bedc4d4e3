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
  IF request ->> 'expires_at' IS NOT NULL THEN
    INSERT INTO transactions.pending_expiries (pending_transaction_id, expires_at)
    VALUES (new_id, (request ->> 'expires_at')::timestamptz);
  END IF;
  PERFORM transactions.insert_transfers(new_id, request -> 'transfers');
  RETURN answer;
END $function$;
COMMENT ON FUNCTION transactions.hold(text, text, jsonb) IS 'Holds the amounts of one or more transfers until they are captured, voided or expire';
SELECT transactions.expose_to_application('transactions.hold(text, text, jsonb)');

CREATE OR REPLACE FUNCTION transactions.check_expiry() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
  -- Before it holds anything: how long it does is known from the beginning, and stays so.
  PERFORM FROM transactions.transactions AS pending WHERE id = NEW.pending_transaction_id AND kind = 'pending'
    AND NOT EXISTS (SELECT FROM transactions.transfers WHERE transaction_id = pending.id);
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no pending transaction % that holds nothing yet', NEW.pending_transaction_id
      USING ERRCODE = 'FN004', DETAIL = NEW.pending_transaction_id, CONSTRAINT = TG_NAME;
  END IF;
  RETURN NULL;
END $function$;
COMMENT ON FUNCTION transactions.check_expiry() IS 'Only a hold expires, and when is said before it holds anything';
REVOKE ALL ON FUNCTION transactions.check_expiry() FROM PUBLIC;

CREATE OR REPLACE TRIGGER pending_expiries_of_hold AFTER INSERT ON transactions.pending_expiries
  FOR EACH ROW EXECUTE FUNCTION transactions.check_expiry();
ALTER TABLE transactions.pending_expiries ENABLE ALWAYS TRIGGER pending_expiries_of_hold;
