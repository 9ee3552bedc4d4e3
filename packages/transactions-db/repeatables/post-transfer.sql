CREATE OR REPLACE FUNCTION transactions.post_transfer(in_scope text, in_key text, in_debit_account_id uuid, in_credit_account_id uuid,
    in_currency text, in_amount_minor bigint, in_end_to_end_id text DEFAULT NULL, in_description text DEFAULT NULL,
    in_booking_date date DEFAULT NULL, in_value_date date DEFAULT NULL)
  RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $function$
DECLARE
  new_id CONSTANT uuid := transactions.uuid_v7();
  hash CONSTANT bytea := transactions.transfer_hash(in_debit_account_id, in_credit_account_id, in_currency, in_amount_minor,
    in_end_to_end_id, in_description, in_booking_date, in_value_date);
  answer CONSTANT jsonb := jsonb_build_object('transaction_id', new_id, 'kind', 'posted');
BEGIN
  -- One statement: starting another one costs about as much as what it does. Where the key is taken, nothing else is
  -- inserted. A transfer that is the only one of its transaction has its id: to draw another takes as long as to write it.
  WITH claimed AS (
    INSERT INTO transactions.idempotency_keys (scope, key, request_hash, response, transaction_id)
    VALUES (in_scope, in_key, hash, answer, new_id) ON CONFLICT DO NOTHING RETURNING transaction_id AS id
  ), made AS (
    INSERT INTO transactions.transactions (id, kind, booking_date, value_date, end_to_end_id, description)
    SELECT id, 'posted', coalesce(in_booking_date, current_date), coalesce(in_value_date, in_booking_date, current_date),
      in_end_to_end_id, in_description
    FROM claimed
  ), told AS (
    INSERT INTO transactions.outbox (topic, key, payload) SELECT 'transaction.posted', id, answer FROM claimed
  )
  INSERT INTO transactions.transfers (id, transaction_id, debit_account_id, credit_account_id, currency, amount_minor)
  SELECT id, id, in_debit_account_id, in_credit_account_id, in_currency, in_amount_minor FROM claimed;
  RETURN CASE WHEN FOUND THEN answer ELSE transactions.answered(in_scope, in_key, hash) END;
END $function$;
COMMENT ON FUNCTION transactions.post_transfer(text, text, uuid, uuid, text, bigint, text, text, date, date) IS 'Moves one amount from one account to another, as a transaction of its own; its key is that of the same transfer in a batch';
SELECT transactions.expose_to_application('transactions.post_transfer(text, text, uuid, uuid, text, bigint, text, text, date, date)');
