-- What the procedures share. They are called by these only, inside of their rights and their search_path, so that they set
-- neither: each SET costs a call about as much as an insert.

CREATE OR REPLACE FUNCTION transactions.answered(in_scope text, in_key text, hash bytea) RETURNS jsonb LANGUAGE plpgsql AS $function$
DECLARE
  earlier record;
BEGIN
  SELECT request_hash, response INTO STRICT earlier FROM transactions.idempotency_keys WHERE scope = in_scope AND key = in_key;
  IF earlier.request_hash <> hash THEN
    RAISE EXCEPTION 'This idempotency key was used for another request' USING ERRCODE = 'FN003';
  END IF;
  RETURN earlier.response;
END $function$;
COMMENT ON FUNCTION transactions.answered(text, text, bytea) IS 'The first answer to a request; FN003 when its key was used for another one';
REVOKE ALL ON FUNCTION transactions.answered(text, text, bytea) FROM PUBLIC;

CREATE OR REPLACE FUNCTION transactions.claim_key(operation text, in_scope text, in_key text, request jsonb, new_id uuid, answer jsonb)
  RETURNS jsonb LANGUAGE plpgsql AS $function$
DECLARE
  hash CONSTANT bytea := sha256(convert_to(operation || ':' || request::text, 'UTF8'));
BEGIN
  -- Waits for a transaction that holds the same key, and then finds what it committed.
  INSERT INTO transactions.idempotency_keys (scope, key, request_hash, response, transaction_id)
    VALUES (in_scope, in_key, hash, answer, new_id) ON CONFLICT DO NOTHING;
  RETURN CASE WHEN NOT FOUND THEN transactions.answered(in_scope, in_key, hash) END;
END $function$;
COMMENT ON FUNCTION transactions.claim_key(text, text, text, jsonb, uuid, jsonb) IS 'NULL for a new request, whose answer is then kept; the first answer for a repeated one; FN003 for another request';
REVOKE ALL ON FUNCTION transactions.claim_key(text, text, text, jsonb, uuid, jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION transactions.day_text(day date) RETURNS text LANGUAGE sql STABLE AS $function$
  SELECT coalesce(to_char(day, 'YYYY-MM-DD'), day::text, '-')
$function$;
COMMENT ON FUNCTION transactions.day_text(date) IS 'A day, or that there is none, whatever style of dates the session has';
REVOKE ALL ON FUNCTION transactions.day_text(date) FROM PUBLIC;

CREATE OR REPLACE FUNCTION transactions.transfer_hash(debit_account_id uuid, credit_account_id uuid, currency text, amount_minor bigint,
    end_to_end_id text, description text, booking_date date, value_date date) RETURNS bytea LANGUAGE sql STABLE AS $function$
  SELECT sha256(convert_to(concat_ws(';', 'item', debit_account_id, credit_account_id, currency, amount_minor,
    transactions.day_text(booking_date), transactions.day_text(value_date), quote_nullable(end_to_end_id), quote_nullable(description)),
    'UTF8'))
$function$;
COMMENT ON FUNCTION transactions.transfer_hash(uuid, uuid, text, bigint, text, text, date, date) IS 'What the key of a transfer was used for: the same, whether it came by itself or in a batch';
REVOKE ALL ON FUNCTION transactions.transfer_hash(uuid, uuid, text, bigint, text, text, date, date) FROM PUBLIC;

CREATE OR REPLACE FUNCTION transactions.insert_transaction(new_id uuid, in_kind text, request jsonb) RETURNS void
  LANGUAGE plpgsql AS $function$
DECLARE
  booked date := coalesce((request ->> 'booking_date')::date, current_date);
BEGIN
  INSERT INTO transactions.transactions (id, kind, booking_date, value_date, end_to_end_id, description)
  VALUES (new_id, in_kind, booked, coalesce((request ->> 'value_date')::date, booked), request ->> 'end_to_end_id',
    request ->> 'description');
  INSERT INTO transactions.outbox (topic, key, payload)
  VALUES ('transaction.' || in_kind, new_id, jsonb_build_object('transaction_id', new_id, 'kind', in_kind));
END $function$;
COMMENT ON FUNCTION transactions.insert_transaction(uuid, text, jsonb) IS 'Writes a transaction, and the message that tells about it';
REVOKE ALL ON FUNCTION transactions.insert_transaction(uuid, text, jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION transactions.insert_transfers(new_id uuid, transfers jsonb) RETURNS void LANGUAGE plpgsql AS $function$
DECLARE
  item jsonb := transfers -> 0;
  debit uuid := (item ->> 'debit_account_id')::uuid;
  credit uuid := (item ->> 'credit_account_id')::uuid;
BEGIN
  IF item IS NULL THEN
    RAISE EXCEPTION 'A transaction needs at least one transfer' USING ERRCODE = 'FN006';
  ELSIF jsonb_array_length(transfers) = 1 THEN
    PERFORM transactions.lock_balances(ARRAY[debit, credit], true);
    INSERT INTO transactions.transfers (id, transaction_id, debit_account_id, credit_account_id, currency, amount_minor)
    VALUES (new_id, new_id, debit, credit, item ->> 'currency', (item ->> 'amount_minor')::bigint);
  ELSE
    PERFORM transactions.lock_balances(ARRAY(
      SELECT (ids.id)::uuid FROM jsonb_array_elements(transfers) AS items(body),
        LATERAL (VALUES (body ->> 'debit_account_id'), (body ->> 'credit_account_id')) AS ids(id)), true);
    INSERT INTO transactions.transfers (transaction_id, debit_account_id, credit_account_id, currency, amount_minor)
    SELECT new_id, (body ->> 'debit_account_id')::uuid, (body ->> 'credit_account_id')::uuid, body ->> 'currency',
      (body ->> 'amount_minor')::bigint
    FROM jsonb_array_elements(transfers) WITH ORDINALITY AS items(body, number) ORDER BY number;
  END IF;
END $function$;
COMMENT ON FUNCTION transactions.insert_transfers(uuid, jsonb) IS 'Writes the transfers of a request, which post themselves; FN006 when there are none';
REVOKE ALL ON FUNCTION transactions.insert_transfers(uuid, jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION transactions.post_alone(in_scope text, in_key text, hash bytea, in_debit_account_id uuid,
    in_credit_account_id uuid, in_currency text, in_amount_minor bigint, in_end_to_end_id text, in_description text, in_booking_date date, in_value_date date)
  RETURNS jsonb LANGUAGE plpgsql AS $function$
DECLARE
  new_id CONSTANT uuid := transactions.uuid_v7();
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
COMMENT ON FUNCTION transactions.post_alone(text, text, bytea, uuid, uuid, text, bigint, text, text, date, date) IS 'Posts a transfer as a transaction of its own under a key whose hash is given';
REVOKE ALL ON FUNCTION transactions.post_alone(text, text, bytea, uuid, uuid, text, bigint, text, text, date, date) FROM PUBLIC;

CREATE OR REPLACE FUNCTION transactions.accounts_of_transaction(in_transaction_id uuid) RETURNS uuid[] LANGUAGE sql STABLE AS $function$
  SELECT array_agg(DISTINCT side.id) FROM transactions.transfers,
    LATERAL (VALUES (debit_account_id), (credit_account_id)) AS side(id)
  WHERE transaction_id = in_transaction_id
$function$;
REVOKE ALL ON FUNCTION transactions.accounts_of_transaction(uuid) FROM PUBLIC;
COMMENT ON FUNCTION transactions.accounts_of_transaction(uuid) IS 'The accounts between which a transaction moves or holds money';
