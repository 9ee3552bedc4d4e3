-- What a consumer cannot handle is kept apart in the transaction that moves it on, whole: the outbox may be pruned meanwhile.

CREATE OR REPLACE FUNCTION transactions.set_message_aside(in_consumer text, in_writer xid8, in_position bigint, in_reason text)
  RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
  UPDATE transactions.outbox_set_aside SET attempts = attempts + 1, reason = in_reason, tried_at = clock_timestamp()
  WHERE consumer = in_consumer AND writer = in_writer AND position = in_position;
  IF FOUND THEN
    RETURN;
  END IF;
  INSERT INTO transactions.outbox_set_aside (consumer, writer, position, topic, key, payload, created_at, reason)
  SELECT in_consumer, message.writer, message.position, message.topic, message.key, message.payload, message.created_at, in_reason
  FROM transactions.outbox AS message WHERE message.writer = in_writer AND message.position = in_position;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no message at (%, %) of the outbox', in_writer, in_position USING ERRCODE = 'FN012';
  END IF;
END $function$;
COMMENT ON FUNCTION transactions.set_message_aside(text, xid8, bigint, text) IS 'Keeps a message that a consumer cannot handle, and why; again counts the attempt';
SELECT transactions.expose_to_application('transactions.set_message_aside(text, xid8, bigint, text)');

CREATE OR REPLACE FUNCTION transactions.read_set_aside(in_consumer text, batch_size integer)
  RETURNS TABLE (writer xid8, "position" bigint, topic text, key uuid, payload jsonb, created_at timestamptz)
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
  -- Each is tried by one at a time.
  SELECT message.writer, message.position, message.topic::text, message.key, message.payload, message.created_at
  FROM transactions.outbox_set_aside AS message WHERE consumer = in_consumer
  ORDER BY tried_at, message.writer, message.position LIMIT batch_size FOR UPDATE SKIP LOCKED
$function$;
COMMENT ON FUNCTION transactions.read_set_aside(text, integer) IS 'What was set aside for a consumer and nobody else is trying now, the longest untried first';
SELECT transactions.expose_to_application('transactions.read_set_aside(text, integer)');

CREATE OR REPLACE FUNCTION transactions.settle_set_aside(in_consumer text, in_writer xid8, in_position bigint) RETURNS boolean
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
  DELETE FROM transactions.outbox_set_aside
  WHERE consumer = in_consumer AND writer = in_writer AND position = in_position;
  RETURN FOUND;
END $function$;
COMMENT ON FUNCTION transactions.settle_set_aside(text, xid8, bigint) IS 'Removes a message from those set aside for a consumer that has handled it after all, and tells whether it was there';
SELECT transactions.expose_to_application('transactions.settle_set_aside(text, xid8, bigint)');
