CREATE OR REPLACE FUNCTION transactions.post_transfer(in_scope text, in_key text, in_debit_account_id uuid, in_credit_account_id uuid,
    in_currency text, in_amount_minor bigint, in_end_to_end_id text DEFAULT NULL, in_description text DEFAULT NULL,
    in_booking_date date DEFAULT NULL, in_value_date date DEFAULT NULL)
  RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $function$
BEGIN
  RETURN transactions.post_alone(in_scope, in_key,
    transactions.transfer_hash(in_debit_account_id, in_credit_account_id, in_currency, in_amount_minor, in_end_to_end_id,
      in_description, in_booking_date, in_value_date),
    in_debit_account_id, in_credit_account_id, in_currency, in_amount_minor, in_end_to_end_id, in_description, in_booking_date,
    in_value_date);
END $function$;
COMMENT ON FUNCTION transactions.post_transfer(text, text, uuid, uuid, text, bigint, text, text, date, date) IS 'Moves one amount from one account to another, as a transaction of its own; its key is that of the same transfer in a batch';
SELECT transactions.expose_to_application('transactions.post_transfer(text, text, uuid, uuid, text, bigint, text, text, date, date)');
