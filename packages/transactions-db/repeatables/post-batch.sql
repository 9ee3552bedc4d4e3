CREATE OR REPLACE FUNCTION transactions.post_batch(in_scope text, in_key text, debit_account_ids uuid[], credit_account_ids uuid[],
    currencies text[], amounts_minor bigint[], item_keys text[] DEFAULT NULL, end_to_end_ids text[] DEFAULT NULL,
    descriptions text[] DEFAULT NULL, in_booking_date date DEFAULT NULL, in_value_date date DEFAULT NULL)
  RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $function$
DECLARE
  largest CONSTANT bigint := 9223372036854775807;
  items CONSTANT integer := coalesce(cardinality(debit_account_ids), 0);
  booked CONSTANT date := coalesce(in_booking_date, current_date);
  hash CONSTANT bytea := sha256(convert_to(concat_ws(';', 'batch', debit_account_ids, credit_account_ids, currencies, amounts_minor,
    coalesce(item_keys::text, '-'), coalesce(end_to_end_ids::text, '-'), coalesce(descriptions::text, '-'),
    transactions.day_text(in_booking_date), transactions.day_text(in_value_date)), 'UTF8'));
  earlier record;
  answer jsonb;
  -- One element per account, in the order of their ids.
  account_ids uuid[];
  account_currencies text[];
  debits bigint[];
  credits bigint[];
  available bigint[];
  limits bigint[];
  on_credit boolean[];
  active boolean[];
  -- One element per item.
  debit_numbers integer[];
  credit_numbers integer[];
  item_hashes bytea[];
  refusals text[];
  transaction_ids uuid[];
  debit integer;
  credit integer;
  amount bigint;
BEGIN
  IF items = 0 OR items <> ANY (ARRAY[coalesce(cardinality(credit_account_ids), 0), coalesce(cardinality(currencies), 0),
      coalesce(cardinality(amounts_minor), 0),
      coalesce(cardinality(item_keys), items), coalesce(cardinality(end_to_end_ids), items),
      coalesce(cardinality(descriptions), items)])
    -- Arrays of another shape are as long, and their items have other numbers.
    OR 1 <> ANY (ARRAY[array_lower(debit_account_ids, 1), array_lower(credit_account_ids, 1), array_lower(currencies, 1),
      array_lower(amounts_minor, 1), array_lower(item_keys, 1), array_lower(end_to_end_ids, 1), array_lower(descriptions, 1),
      array_ndims(debit_account_ids), array_ndims(credit_account_ids), array_ndims(currencies), array_ndims(amounts_minor),
      array_ndims(item_keys), array_ndims(end_to_end_ids), array_ndims(descriptions)]) THEN
    RAISE EXCEPTION 'A batch needs at least one transfer, and lists of as many of everything else, counted from 1'
      USING ERRCODE = 'FN006';
  END IF;
  SELECT request_hash, response INTO earlier FROM transactions.idempotency_keys WHERE scope = in_scope AND key = in_key;
  IF FOUND THEN
    IF earlier.request_hash <> hash THEN
      RAISE EXCEPTION 'This idempotency key was used for another request' USING ERRCODE = 'FN003';
    END IF;
    RETURN earlier.response;
  END IF;

  -- Other batches wait for whoever holds their accounts. What can be done without holding them is done before: an account
  -- that exists goes on existing, in its currency.
  SELECT array_agg(account_id), array_agg(currency) INTO account_ids, account_currencies FROM (
    SELECT account_id, currency FROM transactions.balances WHERE account_id = ANY (debit_account_ids || credit_account_ids)
    ORDER BY account_id
  ) AS found;
  SELECT array_agg(debit_number), array_agg(credit_number), array_agg(refusal)
  INTO debit_numbers, credit_numbers, refusals
  FROM (
    SELECT item, debited.number::integer AS debit_number, credited.number::integer AS credit_number, CASE
        WHEN debited.number IS NULL OR credited.number IS NULL THEN 'unknown_account'
        WHEN debit_account_id = credit_account_id THEN 'same_account'
        WHEN amount_minor IS NULL OR amount_minor <= 0 THEN 'amount_not_positive'
        WHEN debited.currency <> asked.currency OR credited.currency <> asked.currency OR asked.currency IS NULL
          THEN 'currency_mismatch'
        WHEN char_length(end_to_end_ids[item]) NOT BETWEEN 1 AND 35 OR char_length(descriptions[item]) NOT BETWEEN 1 AND 140
          OR char_length(item_keys[item]) NOT BETWEEN 1 AND 128 THEN 'text_length'
      END AS refusal
    FROM unnest(debit_account_ids, credit_account_ids, currencies, amounts_minor) WITH ORDINALITY
      AS asked(debit_account_id, credit_account_id, currency, amount_minor, item)
    LEFT JOIN unnest(account_ids, account_currencies) WITH ORDINALITY
      AS debited(id, currency, number) ON debited.id = debit_account_id
    LEFT JOIN unnest(account_ids, account_currencies) WITH ORDINALITY
      AS credited(id, currency, number) ON credited.id = credit_account_id
    ORDER BY item
  ) AS seen;
  transaction_ids := ARRAY(
    SELECT CASE WHEN refusal IS NULL THEN transactions.uuid_v7() END FROM unnest(refusals) AS items(refusal));
  IF item_keys IS NOT NULL THEN
    item_hashes := ARRAY(
      SELECT transactions.transfer_hash(debit_account_ids[item], credit_account_ids[item], currencies[item], amounts_minor[item],
        end_to_end_ids[item], descriptions[item], in_booking_date, in_value_date)
      FROM generate_series(1, items) AS item);
  END IF;

  -- All accounts at once, in the one order that everybody locks them in. A batch that has to wait does so for the first of
  -- them: a statement that waited at one account finds every other one changed since it began, and looks at each again.
  PERFORM FROM transactions.balances WHERE account_id = account_ids[1] FOR NO KEY UPDATE;
  SELECT array_agg(debits_posted_minor), array_agg(credits_posted_minor),
    array_agg(CASE WHEN overdraft_limit_minor IS NULL THEN NULL
      WHEN normal_side = 'credit' THEN credits_posted_minor - debits_posted_minor - debits_pending_minor
      ELSE debits_posted_minor - credits_posted_minor - credits_pending_minor END),
    array_agg(overdraft_limit_minor), array_agg(normal_side = 'credit'), array_agg(account_status = 'active')
  INTO debits, credits, available, limits, on_credit, active
  FROM (
    SELECT * FROM transactions.balances WHERE account_id = ANY (account_ids) ORDER BY account_id FOR NO KEY UPDATE
  ) AS locked;
  IF false = ANY (active) THEN
    refusals := ARRAY(
      SELECT CASE WHEN (refusal IS NULL OR refusal IN ('currency_mismatch', 'text_length'))
          AND NOT (active[debit_numbers[item]] AND active[credit_numbers[item]]) THEN 'account_not_active' ELSE refusal END
      FROM unnest(refusals) WITH ORDINALITY AS items(refusal, item) ORDER BY item);
  END IF;

  -- An item with a key of its own happens once, in whichever batch: what was posted before is answered again. Two batches
  -- with the same item meet at its accounts, so the second one finds what the first one has committed.
  IF item_keys IS NOT NULL THEN
    SELECT array_agg(CASE WHEN known.repeats OR known.key = in_key OR found.request_hash <> known.item_hash THEN 'idempotency_conflict'
        WHEN found.key IS NOT NULL THEN 'repeated' ELSE known.refusal END ORDER BY known.item),
      array_agg(coalesce(found.transaction_id, known.id) ORDER BY known.item)
    INTO refusals, transaction_ids
    FROM (
      SELECT *, key IS NOT NULL AND row_number() OVER (PARTITION BY key ORDER BY item) > 1 AS repeats
      FROM unnest(item_keys, item_hashes, refusals, transaction_ids) WITH ORDINALITY AS items(key, item_hash, refusal, id, item)
    ) AS known
    LEFT JOIN transactions.idempotency_keys AS found ON found.scope = in_scope AND found.key = known.key;
  END IF;

  -- In the order of the items, as if each came alone: what one takes, the next one does not find.
  FOR item IN 1..items LOOP
    CONTINUE WHEN refusals[item] IS NOT NULL;
    debit := debit_numbers[item];
    credit := credit_numbers[item];
    amount := amounts_minor[item];
    IF amount > largest - debits[debit] OR amount > largest - credits[credit] THEN
      refusals[item] := 'amount_out_of_range';
    ELSIF amount - limits[CASE WHEN on_credit[debit] THEN debit END] > available[debit]
        OR amount - limits[CASE WHEN on_credit[credit] THEN NULL ELSE credit END] > available[credit] THEN
      refusals[item] := 'insufficient_funds';
    ELSE
      debits[debit] := debits[debit] + amount;
      credits[credit] := credits[credit] + amount;
      available[debit] := available[debit] + CASE WHEN on_credit[debit] THEN -amount ELSE amount END;
      available[credit] := available[credit] + CASE WHEN on_credit[credit] THEN amount ELSE -amount END;
    END IF;
  END LOOP;

  -- What was posted under an item's key before is answered with its transaction, and moves nothing again.
  SELECT jsonb_build_object('kind', 'batch',
    'transaction_ids', jsonb_agg(CASE WHEN refusal IS NULL OR refusal = 'repeated' THEN id END ORDER BY item),
    'refusals', jsonb_agg(CASE WHEN refusal <> 'repeated' THEN refusal END ORDER BY item))
  INTO answer FROM unnest(transaction_ids, refusals) WITH ORDINALITY AS items(id, refusal, item);
  INSERT INTO transactions.idempotency_keys (scope, key, request_hash, response) VALUES (in_scope, in_key, hash, answer)
    ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    -- The same batch was posted meanwhile: nothing of this one is written yet.
    RETURN transactions.post_batch(in_scope, in_key, debit_account_ids, credit_account_ids, currencies, amounts_minor, item_keys,
      end_to_end_ids, descriptions, in_booking_date, in_value_date);
  END IF;

  transaction_ids := ARRAY(
    SELECT CASE WHEN refusal IS NULL THEN id END
    FROM unnest(transaction_ids, refusals) WITH ORDINALITY AS items(id, refusal, item) ORDER BY item);
  INSERT INTO transactions.transactions (id, kind, booking_date, value_date, end_to_end_id, description)
  SELECT id, 'posted', booked, coalesce(in_value_date, booked), end_to_end_id, description
  FROM unnest(transaction_ids, end_to_end_ids, descriptions) AS accepted(id, end_to_end_id, description) WHERE id IS NOT NULL;
  -- The transfers write the entries and move the balances. Each has the id of its transaction, as its only one.
  INSERT INTO transactions.transfers (id, transaction_id, debit_account_id, credit_account_id, currency, amount_minor)
  SELECT id, id, debit_account_id, credit_account_id, currency, amount_minor
  FROM unnest(transaction_ids, debit_account_ids, credit_account_ids, currencies, amounts_minor)
    AS accepted(id, debit_account_id, credit_account_id, currency, amount_minor) WHERE id IS NOT NULL;
  INSERT INTO transactions.outbox (topic, key, payload)
  SELECT 'transaction.posted', id, jsonb_build_object('transaction_id', id, 'kind', 'posted')
  FROM unnest(transaction_ids) AS accepted(id) WHERE id IS NOT NULL;
  IF item_keys IS NOT NULL THEN
    INSERT INTO transactions.idempotency_keys (scope, key, request_hash, response, transaction_id)
    SELECT in_scope, key, item_hash, jsonb_build_object('transaction_id', id, 'kind', 'posted'), id
    FROM unnest(transaction_ids, item_keys, item_hashes) AS accepted(id, key, item_hash) WHERE id IS NOT NULL AND key IS NOT NULL;
  END IF;
  RETURN answer;
END $function$;
COMMENT ON FUNCTION transactions.post_batch(text, text, uuid[], uuid[], text[], bigint[], text[], text[], text[], date, date) IS 'Posts many transfers at once, each a transaction of its own; what cannot be posted is named, item by item, and changes nothing';
SELECT transactions.expose_to_application('transactions.post_batch(text, text, uuid[], uuid[], text[], bigint[], text[], text[], text[], date, date)');
