-- Positions are given out before their transactions commit, so a reader that goes by them alone skips what commits late. All
-- that was written by transactions before the oldest one that still runs is there to stay, and is read in this order.

CREATE OR REPLACE FUNCTION transactions.read_outbox(in_consumer text, batch_size integer)
  RETURNS TABLE (writer xid8, "position" bigint, topic text, key uuid, payload jsonb, created_at timestamptz)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $function$
DECLARE
  done record;
BEGIN
  PERFORM FROM transactions.outbox_consumers WHERE consumer = in_consumer;
  IF NOT FOUND THEN
    -- Whoever prunes waits until a new consumer is there to be seen, and it for what is pruned now.
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('transactions.outbox', 0));
    INSERT INTO transactions.outbox_consumers (consumer, writer, position) VALUES (in_consumer, '0', 0) ON CONFLICT DO NOTHING;
  END IF;
  -- Held to the end of the caller's transaction: one at a time reads for a consumer.
  SELECT consumers.writer, consumers.position INTO done FROM transactions.outbox_consumers AS consumers
  WHERE consumer = in_consumer FOR NO KEY UPDATE;
  RETURN QUERY
  SELECT message.writer, message.position, message.topic::text, message.key, message.payload, message.created_at
  FROM transactions.outbox AS message
  WHERE (message.writer, message.position) > (done.writer, done.position)
    AND message.writer < pg_snapshot_xmin(pg_current_snapshot())
  ORDER BY message.writer, message.position LIMIT batch_size;
END $function$;
COMMENT ON FUNCTION transactions.read_outbox(text, integer) IS 'The next messages for a consumer, none of which an open transaction can still come before';
SELECT transactions.expose_to_application('transactions.read_outbox(text, integer)');

CREATE OR REPLACE FUNCTION transactions.advance_outbox(in_consumer text, in_writer xid8, in_position bigint) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
  IF in_writer >= pg_snapshot_xmin(pg_current_snapshot()) THEN
    RAISE EXCEPTION 'No message as late as (%, %) was read from the outbox yet', in_writer, in_position USING ERRCODE = 'FN012';
  END IF;
  UPDATE transactions.outbox_consumers SET writer = in_writer, position = in_position, updated_at = clock_timestamp()
  WHERE consumer = in_consumer;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no consumer % of the outbox', in_consumer USING ERRCODE = 'FN010', DETAIL = in_consumer;
  END IF;
END $function$;
COMMENT ON FUNCTION transactions.advance_outbox(text, xid8, bigint) IS 'Keeps that a consumer is done with everything up to here; never backwards';
SELECT transactions.expose_to_application('transactions.advance_outbox(text, xid8, bigint)');

CREATE OR REPLACE FUNCTION transactions.prune_outbox(batch_size integer) RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $function$
DECLARE
  slowest record;
  pruned integer;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('transactions.outbox', 0));
  SELECT writer, position INTO slowest FROM transactions.outbox_consumers ORDER BY writer, position LIMIT 1;
  DELETE FROM transactions.outbox WHERE (writer, position) IN (
    SELECT message.writer, message.position FROM transactions.outbox AS message
    WHERE (message.writer, message.position) <= (slowest.writer, slowest.position)
    ORDER BY message.writer, message.position LIMIT batch_size);
  GET DIAGNOSTICS pruned = ROW_COUNT;
  RETURN pruned;
END $function$;
COMMENT ON FUNCTION transactions.prune_outbox(integer) IS 'Removes messages that every consumer is done with, this many at most, and returns how many';
SELECT transactions.expose_to_application('transactions.prune_outbox(integer)');
