-- Generated from the migrations of transactions-db: do not edit, run npm run db -- dump

SET check_function_bodies = off;

-- Schema

CREATE SCHEMA transactions;
GRANT USAGE ON SCHEMA transactions TO finova_transactions_app;
GRANT USAGE ON SCHEMA transactions TO finova_transactions_readonly;
COMMENT ON SCHEMA transactions IS 'The double-entry ledger: what moved, between which accounts, and what that left';

-- Types

CREATE DOMAIN transactions.amount_minor AS bigint
  CONSTRAINT transfers_amount_positive CHECK (VALUE > 0);
REVOKE USAGE ON TYPE transactions.amount_minor FROM PUBLIC;
COMMENT ON TYPE transactions.amount_minor IS 'An amount that moves, in minor units';

CREATE DOMAIN transactions.description AS text
  CONSTRAINT transactions_description_length CHECK (char_length(VALUE) >= 1 AND char_length(VALUE) <= 140);
REVOKE USAGE ON TYPE transactions.description FROM PUBLIC;
COMMENT ON TYPE transactions.description IS 'What a statement shows (ISO 20022: unstructured remittance information)';

CREATE DOMAIN transactions.end_to_end_id AS text
  CONSTRAINT transactions_end_to_end_id_length CHECK (char_length(VALUE) >= 1 AND char_length(VALUE) <= 35);
REVOKE USAGE ON TYPE transactions.end_to_end_id FROM PUBLIC;
COMMENT ON TYPE transactions.end_to_end_id IS 'ISO 20022 EndToEndId';

CREATE DOMAIN transactions.idempotency_key AS text
  CONSTRAINT idempotency_keys_key_length CHECK (char_length(VALUE) >= 1 AND char_length(VALUE) <= 128);
REVOKE USAGE ON TYPE transactions.idempotency_key FROM PUBLIC;
COMMENT ON TYPE transactions.idempotency_key IS 'What names a request within its scope';

CREATE DOMAIN transactions.idempotency_scope AS text
  CONSTRAINT idempotency_keys_scope_length CHECK (char_length(VALUE) >= 1 AND char_length(VALUE) <= 64);
REVOKE USAGE ON TYPE transactions.idempotency_scope FROM PUBLIC;
COMMENT ON TYPE transactions.idempotency_scope IS 'Who makes idempotency keys';

CREATE DOMAIN transactions.topic AS text
  CONSTRAINT outbox_topic_shape CHECK (VALUE ~ '^[a-z_]+(\.[a-z_]+)*$'::text);
REVOKE USAGE ON TYPE transactions.topic FROM PUBLIC;
COMMENT ON TYPE transactions.topic IS 'What a message is about: transaction.posted';

CREATE DOMAIN transactions.transaction_kind AS text
  CONSTRAINT transactions_kind_known CHECK (VALUE = ANY (ARRAY['posted'::text, 'pending'::text, 'post'::text, 'void'::text, 'expire'::text, 'reversal'::text]));
REVOKE USAGE ON TYPE transactions.transaction_kind FROM PUBLIC;
COMMENT ON TYPE transactions.transaction_kind IS 'What a transaction is';

-- Tables

CREATE TABLE transactions.balance_snapshots (
  account_id uuid NOT NULL,
  as_of date NOT NULL,
  account_version bigint NOT NULL,
  debits_posted_minor bigint NOT NULL,
  credits_posted_minor bigint NOT NULL,
  created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
  CONSTRAINT balance_snapshots_pkey PRIMARY KEY (account_id, as_of),
  CONSTRAINT balance_snapshots_credits_not_negative CHECK (credits_posted_minor >= 0),
  CONSTRAINT balance_snapshots_debits_not_negative CHECK (debits_posted_minor >= 0),
  CONSTRAINT balance_snapshots_end_of_month CHECK (as_of = (date_trunc('month'::text, as_of::timestamp without time zone) + '1 mon -1 days'::interval)::date),
  CONSTRAINT balance_snapshots_version_not_negative CHECK (account_version >= 0)
);
GRANT SELECT ON TABLE transactions.balance_snapshots TO finova_transactions_app;
GRANT SELECT ON TABLE transactions.balance_snapshots TO finova_transactions_readonly;
COMMENT ON TABLE transactions.balance_snapshots IS 'Append-only: the totals of an account over all entries booked up to and including a day';

CREATE TABLE transactions.balances (
  account_id uuid NOT NULL,
  currency text NOT NULL,
  normal_side text NOT NULL,
  account_status text NOT NULL,
  overdraft_limit_minor bigint,
  debits_posted_minor bigint DEFAULT 0 NOT NULL,
  credits_posted_minor bigint DEFAULT 0 NOT NULL,
  debits_pending_minor bigint DEFAULT 0 NOT NULL,
  credits_pending_minor bigint DEFAULT 0 NOT NULL,
  version bigint DEFAULT 0 NOT NULL,
  CONSTRAINT balances_pkey PRIMARY KEY (account_id)
) WITH (fillfactor='70');
GRANT SELECT ON TABLE transactions.balances TO finova_transactions_app;
GRANT SELECT ON TABLE transactions.balances TO finova_transactions_readonly;
COMMENT ON TABLE transactions.balances IS 'One row of totals per account, in minor units; available never falls below minus the overdraft limit';
COMMENT ON COLUMN transactions.balances.account_status IS 'Follows accounts.accounts.status, so that a freeze waits for postings under way and stops later ones';
COMMENT ON COLUMN transactions.balances.overdraft_limit_minor IS 'Follows accounts.accounts.overdraft_limit_minor; NULL: without limit';
COMMENT ON COLUMN transactions.balances.debits_pending_minor IS 'Held by pending transactions; counts against what is available';
COMMENT ON COLUMN transactions.balances.version IS 'How many entries the account has; the newest entry carries it';

CREATE TABLE transactions.entries (
  account_id uuid NOT NULL,
  account_version bigint NOT NULL,
  booking_date date NOT NULL,
  transaction_id uuid NOT NULL,
  transfer_id uuid NOT NULL,
  direction text NOT NULL,
  amount_minor bigint NOT NULL,
  balance_after_minor bigint NOT NULL,
  created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
  CONSTRAINT entries_pkey PRIMARY KEY (account_id, account_version, booking_date)
) PARTITION BY RANGE (booking_date);
GRANT SELECT ON TABLE transactions.entries TO finova_transactions_app;
GRANT SELECT ON TABLE transactions.entries TO finova_transactions_readonly;
COMMENT ON TABLE transactions.entries IS 'Append-only: the statement of each account, numbered without gaps; one partition per month of booking';
COMMENT ON COLUMN transactions.entries.balance_after_minor IS 'The account’s booked balance after this entry, positive on its normal side';

CREATE TABLE transactions.entries_2026_01 PARTITION OF transactions.entries FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
GRANT SELECT ON TABLE transactions.entries_2026_01 TO finova_transactions_app;
GRANT SELECT ON TABLE transactions.entries_2026_01 TO finova_transactions_readonly;

CREATE TABLE transactions.entries_2026_02 PARTITION OF transactions.entries FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
GRANT SELECT ON TABLE transactions.entries_2026_02 TO finova_transactions_app;
GRANT SELECT ON TABLE transactions.entries_2026_02 TO finova_transactions_readonly;

CREATE TABLE transactions.entries_2026_03 PARTITION OF transactions.entries FOR VALUES FROM ('2026-03-01') TO ('2026-04-01');
GRANT SELECT ON TABLE transactions.entries_2026_03 TO finova_transactions_app;
GRANT SELECT ON TABLE transactions.entries_2026_03 TO finova_transactions_readonly;

CREATE TABLE transactions.entries_2026_04 PARTITION OF transactions.entries FOR VALUES FROM ('2026-04-01') TO ('2026-05-01');
GRANT SELECT ON TABLE transactions.entries_2026_04 TO finova_transactions_app;
GRANT SELECT ON TABLE transactions.entries_2026_04 TO finova_transactions_readonly;

CREATE TABLE transactions.entries_2026_05 PARTITION OF transactions.entries FOR VALUES FROM ('2026-05-01') TO ('2026-06-01');
GRANT SELECT ON TABLE transactions.entries_2026_05 TO finova_transactions_app;
GRANT SELECT ON TABLE transactions.entries_2026_05 TO finova_transactions_readonly;

CREATE TABLE transactions.entries_2026_06 PARTITION OF transactions.entries FOR VALUES FROM ('2026-06-01') TO ('2026-07-01');
GRANT SELECT ON TABLE transactions.entries_2026_06 TO finova_transactions_app;
GRANT SELECT ON TABLE transactions.entries_2026_06 TO finova_transactions_readonly;

CREATE TABLE transactions.entries_2026_07 PARTITION OF transactions.entries FOR VALUES FROM ('2026-07-01') TO ('2026-08-01');
GRANT SELECT ON TABLE transactions.entries_2026_07 TO finova_transactions_app;
GRANT SELECT ON TABLE transactions.entries_2026_07 TO finova_transactions_readonly;

CREATE TABLE transactions.entries_2026_08 PARTITION OF transactions.entries FOR VALUES FROM ('2026-08-01') TO ('2026-09-01');
GRANT SELECT ON TABLE transactions.entries_2026_08 TO finova_transactions_app;
GRANT SELECT ON TABLE transactions.entries_2026_08 TO finova_transactions_readonly;

CREATE TABLE transactions.entries_2026_09 PARTITION OF transactions.entries FOR VALUES FROM ('2026-09-01') TO ('2026-10-01');
GRANT SELECT ON TABLE transactions.entries_2026_09 TO finova_transactions_app;
GRANT SELECT ON TABLE transactions.entries_2026_09 TO finova_transactions_readonly;

CREATE TABLE transactions.entries_2026_10 PARTITION OF transactions.entries FOR VALUES FROM ('2026-10-01') TO ('2026-11-01');
GRANT SELECT ON TABLE transactions.entries_2026_10 TO finova_transactions_app;
GRANT SELECT ON TABLE transactions.entries_2026_10 TO finova_transactions_readonly;

CREATE TABLE transactions.entries_2026_11 PARTITION OF transactions.entries FOR VALUES FROM ('2026-11-01') TO ('2026-12-01');
GRANT SELECT ON TABLE transactions.entries_2026_11 TO finova_transactions_app;
GRANT SELECT ON TABLE transactions.entries_2026_11 TO finova_transactions_readonly;

CREATE TABLE transactions.entries_2026_12 PARTITION OF transactions.entries FOR VALUES FROM ('2026-12-01') TO ('2027-01-01');
GRANT SELECT ON TABLE transactions.entries_2026_12 TO finova_transactions_app;
GRANT SELECT ON TABLE transactions.entries_2026_12 TO finova_transactions_readonly;

CREATE TABLE transactions.entries_2027_01 PARTITION OF transactions.entries FOR VALUES FROM ('2027-01-01') TO ('2027-02-01');
GRANT SELECT ON TABLE transactions.entries_2027_01 TO finova_transactions_app;
GRANT SELECT ON TABLE transactions.entries_2027_01 TO finova_transactions_readonly;

CREATE TABLE transactions.entries_2027_02 PARTITION OF transactions.entries FOR VALUES FROM ('2027-02-01') TO ('2027-03-01');
GRANT SELECT ON TABLE transactions.entries_2027_02 TO finova_transactions_app;
GRANT SELECT ON TABLE transactions.entries_2027_02 TO finova_transactions_readonly;

CREATE TABLE transactions.entries_2027_03 PARTITION OF transactions.entries FOR VALUES FROM ('2027-03-01') TO ('2027-04-01');
GRANT SELECT ON TABLE transactions.entries_2027_03 TO finova_transactions_app;
GRANT SELECT ON TABLE transactions.entries_2027_03 TO finova_transactions_readonly;

CREATE TABLE transactions.entries_2027_04 PARTITION OF transactions.entries FOR VALUES FROM ('2027-04-01') TO ('2027-05-01');
GRANT SELECT ON TABLE transactions.entries_2027_04 TO finova_transactions_app;
GRANT SELECT ON TABLE transactions.entries_2027_04 TO finova_transactions_readonly;

CREATE TABLE transactions.entries_2027_05 PARTITION OF transactions.entries FOR VALUES FROM ('2027-05-01') TO ('2027-06-01');
GRANT SELECT ON TABLE transactions.entries_2027_05 TO finova_transactions_app;
GRANT SELECT ON TABLE transactions.entries_2027_05 TO finova_transactions_readonly;

CREATE TABLE transactions.entries_2027_06 PARTITION OF transactions.entries FOR VALUES FROM ('2027-06-01') TO ('2027-07-01');
GRANT SELECT ON TABLE transactions.entries_2027_06 TO finova_transactions_app;
GRANT SELECT ON TABLE transactions.entries_2027_06 TO finova_transactions_readonly;

CREATE TABLE transactions.entries_2027_07 PARTITION OF transactions.entries FOR VALUES FROM ('2027-07-01') TO ('2027-08-01');
GRANT SELECT ON TABLE transactions.entries_2027_07 TO finova_transactions_app;
GRANT SELECT ON TABLE transactions.entries_2027_07 TO finova_transactions_readonly;

CREATE TABLE transactions.entries_2027_08 PARTITION OF transactions.entries FOR VALUES FROM ('2027-08-01') TO ('2027-09-01');
GRANT SELECT ON TABLE transactions.entries_2027_08 TO finova_transactions_app;
GRANT SELECT ON TABLE transactions.entries_2027_08 TO finova_transactions_readonly;

CREATE TABLE transactions.entries_2027_09 PARTITION OF transactions.entries FOR VALUES FROM ('2027-09-01') TO ('2027-10-01');
GRANT SELECT ON TABLE transactions.entries_2027_09 TO finova_transactions_app;
GRANT SELECT ON TABLE transactions.entries_2027_09 TO finova_transactions_readonly;

CREATE TABLE transactions.entries_2027_10 PARTITION OF transactions.entries FOR VALUES FROM ('2027-10-01') TO ('2027-11-01');
GRANT SELECT ON TABLE transactions.entries_2027_10 TO finova_transactions_app;
GRANT SELECT ON TABLE transactions.entries_2027_10 TO finova_transactions_readonly;

CREATE TABLE transactions.entries_2027_11 PARTITION OF transactions.entries FOR VALUES FROM ('2027-11-01') TO ('2027-12-01');
GRANT SELECT ON TABLE transactions.entries_2027_11 TO finova_transactions_app;
GRANT SELECT ON TABLE transactions.entries_2027_11 TO finova_transactions_readonly;

CREATE TABLE transactions.entries_2027_12 PARTITION OF transactions.entries FOR VALUES FROM ('2027-12-01') TO ('2028-01-01');
GRANT SELECT ON TABLE transactions.entries_2027_12 TO finova_transactions_app;
GRANT SELECT ON TABLE transactions.entries_2027_12 TO finova_transactions_readonly;

CREATE TABLE transactions.idempotency_keys (
  scope transactions.idempotency_scope NOT NULL,
  key transactions.idempotency_key NOT NULL,
  request_hash bytea NOT NULL,
  response jsonb NOT NULL,
  transaction_id uuid,
  created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
  CONSTRAINT idempotency_keys_pkey PRIMARY KEY (scope, key)
);
GRANT SELECT ON TABLE transactions.idempotency_keys TO finova_transactions_readonly;
COMMENT ON TABLE transactions.idempotency_keys IS 'One row per request that changed the ledger; written in the same transaction as the change';
COMMENT ON COLUMN transactions.idempotency_keys.scope IS 'Who makes the keys, such as a service or a client';
COMMENT ON COLUMN transactions.idempotency_keys.request_hash IS 'SHA-256 over the operation and its request: as jsonb text, whose form is canonical; of a batch, over the text of its arrays';
COMMENT ON COLUMN transactions.idempotency_keys.transaction_id IS 'What the request became; NULL for a batch, whose response lists its transactions';

CREATE TABLE transactions.outbox (
  "position" bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  writer xid8 DEFAULT pg_current_xact_id() NOT NULL,
  topic transactions.topic NOT NULL,
  key uuid NOT NULL,
  payload jsonb NOT NULL,
  created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
  CONSTRAINT outbox_pkey PRIMARY KEY (writer, "position")
);
GRANT SELECT ON TABLE transactions.outbox TO finova_transactions_app;
GRANT SELECT ON TABLE transactions.outbox TO finova_transactions_readonly;
COMMENT ON TABLE transactions.outbox IS 'Messages about committed transactions, for readers that relay them';
COMMENT ON COLUMN transactions.outbox.writer IS 'The writing transaction: read up to pg_snapshot_xmin(pg_current_snapshot()), in the order (writer, position)';

CREATE TABLE transactions.outbox_consumers (
  consumer text NOT NULL,
  writer xid8 NOT NULL,
  "position" bigint NOT NULL,
  updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
  CONSTRAINT outbox_consumers_pkey PRIMARY KEY (consumer),
  CONSTRAINT outbox_consumers_consumer_shape CHECK (consumer ~ '^[a-z][a-z0-9-]{0,62}$'::text),
  CONSTRAINT outbox_consumers_position_not_negative CHECK ("position" >= 0)
);
GRANT SELECT ON TABLE transactions.outbox_consumers TO finova_transactions_app;
GRANT SELECT ON TABLE transactions.outbox_consumers TO finova_transactions_readonly;
COMMENT ON TABLE transactions.outbox_consumers IS 'How far each consumer of the outbox has got: everything up to (writer, position) is done';

CREATE TABLE transactions.outbox_set_aside (
  consumer text NOT NULL,
  writer xid8 NOT NULL,
  "position" bigint NOT NULL,
  topic transactions.topic NOT NULL,
  key uuid NOT NULL,
  payload jsonb NOT NULL,
  created_at timestamp with time zone NOT NULL,
  reason text NOT NULL,
  attempts integer DEFAULT 1 NOT NULL,
  tried_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
  CONSTRAINT outbox_set_aside_pkey PRIMARY KEY (consumer, writer, "position"),
  CONSTRAINT outbox_set_aside_attempts_positive CHECK (attempts > 0),
  CONSTRAINT outbox_set_aside_reason_length CHECK (char_length(reason) >= 1 AND char_length(reason) <= 500)
);
GRANT SELECT ON TABLE transactions.outbox_set_aside TO finova_transactions_app;
GRANT SELECT ON TABLE transactions.outbox_set_aside TO finova_transactions_readonly;
COMMENT ON TABLE transactions.outbox_set_aside IS 'Messages that a consumer of the outbox could not handle, with the reason; they leave when it can';

CREATE TABLE transactions.pending_expiries (
  pending_transaction_id uuid NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
  CONSTRAINT pending_expiries_pkey PRIMARY KEY (pending_transaction_id)
);
GRANT SELECT ON TABLE transactions.pending_expiries TO finova_transactions_app;
GRANT SELECT ON TABLE transactions.pending_expiries TO finova_transactions_readonly;
COMMENT ON TABLE transactions.pending_expiries IS 'Append-only: when what a pending transaction holds is given back; without a row it is held until it is settled';

CREATE TABLE transactions.pending_resolutions (
  pending_transaction_id uuid NOT NULL,
  resolution_transaction_id uuid NOT NULL,
  created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
  CONSTRAINT pending_resolutions_pkey PRIMARY KEY (pending_transaction_id),
  CONSTRAINT pending_resolutions_resolution_unique UNIQUE (resolution_transaction_id),
  CONSTRAINT pending_resolutions_two_transactions CHECK (pending_transaction_id <> resolution_transaction_id)
);
GRANT SELECT ON TABLE transactions.pending_resolutions TO finova_transactions_app;
GRANT SELECT ON TABLE transactions.pending_resolutions TO finova_transactions_readonly;
COMMENT ON TABLE transactions.pending_resolutions IS 'Append-only: which transaction settled a pending one; its primary key lets only one do so';

CREATE TABLE transactions.retired_months (
  month date NOT NULL,
  through date NOT NULL,
  partition_name text NOT NULL,
  created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
  CONSTRAINT retired_months_pkey PRIMARY KEY (month),
  CONSTRAINT retired_months_whole CHECK (month = date_trunc('month'::text, month::timestamp without time zone)::date AND through = (month + '1 mon -1 days'::interval)::date)
);
GRANT SELECT ON TABLE transactions.retired_months TO finova_transactions_app;
GRANT SELECT ON TABLE transactions.retired_months TO finova_transactions_readonly;
COMMENT ON TABLE transactions.retired_months IS 'Append-only: the months whose entries were detached, each into a table of its own';

CREATE TABLE transactions.reversals (
  reversed_transaction_id uuid NOT NULL,
  reversal_transaction_id uuid NOT NULL,
  created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
  CONSTRAINT reversals_pkey PRIMARY KEY (reversed_transaction_id),
  CONSTRAINT reversals_reversal_unique UNIQUE (reversal_transaction_id),
  CONSTRAINT reversals_two_transactions CHECK (reversed_transaction_id <> reversal_transaction_id)
);
GRANT SELECT ON TABLE transactions.reversals TO finova_transactions_app;
GRANT SELECT ON TABLE transactions.reversals TO finova_transactions_readonly;
COMMENT ON TABLE transactions.reversals IS 'Append-only: which transaction undid another; its primary key lets only one do so';

-- Functions

CREATE OR REPLACE FUNCTION transactions.uuid_v7()
 RETURNS uuid
 LANGUAGE sql
 PARALLEL SAFE
AS $function$
        SELECT encode(
          set_bit(set_bit(
            overlay(uuid_send(gen_random_uuid())
              PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
            52, 1), 53, 1),
          'hex')::uuid
      $function$;
REVOKE EXECUTE ON FUNCTION transactions.uuid_v7() FROM PUBLIC;
COMMENT ON FUNCTION transactions.uuid_v7() IS 'A new UUID of version 7 (RFC 9562)';

-- Tables

CREATE TABLE transactions.transactions (
  id uuid DEFAULT transactions.uuid_v7() NOT NULL,
  kind transactions.transaction_kind NOT NULL,
  booking_date date NOT NULL,
  value_date date NOT NULL,
  end_to_end_id transactions.end_to_end_id,
  description transactions.description,
  created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
  CONSTRAINT transactions_pkey PRIMARY KEY (id)
);
GRANT SELECT ON TABLE transactions.transactions TO finova_transactions_app;
GRANT SELECT ON TABLE transactions.transactions TO finova_transactions_readonly;
COMMENT ON TABLE transactions.transactions IS 'Append-only: what happened; its money is in transfers';
COMMENT ON COLUMN transactions.transactions.kind IS 'posted: moved at once; pending: held; post, void, expire: what became of a pending one; reversal: undoes one';
COMMENT ON COLUMN transactions.transactions.booking_date IS 'The day it counts as booked (Berlin Group: bookingDate); decides the partition of its entries';
COMMENT ON COLUMN transactions.transactions.value_date IS 'The day interest counts from (Berlin Group: valueDate)';
COMMENT ON COLUMN transactions.transactions.end_to_end_id IS 'The reference that the payment carries from end to end (ISO 20022: EndToEndId)';

CREATE TABLE transactions.transfers (
  id uuid DEFAULT transactions.uuid_v7() NOT NULL,
  transaction_id uuid NOT NULL,
  debit_account_id uuid NOT NULL,
  credit_account_id uuid NOT NULL,
  currency text NOT NULL,
  amount_minor transactions.amount_minor NOT NULL,
  created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
  CONSTRAINT transfers_pkey PRIMARY KEY (id),
  CONSTRAINT transfers_two_accounts CHECK (debit_account_id <> credit_account_id)
);
GRANT SELECT ON TABLE transactions.transfers TO finova_transactions_app;
GRANT SELECT ON TABLE transactions.transfers TO finova_transactions_readonly;
COMMENT ON TABLE transactions.transfers IS 'Append-only: one amount from one account to another, so debits equal credits by construction; the foreign keys hold both accounts to its currency';

-- Indexes

CREATE INDEX outbox_set_aside_tried_at_index ON transactions.outbox_set_aside USING btree (consumer, tried_at);
CREATE INDEX pending_expiries_expires_at_index ON transactions.pending_expiries USING btree (expires_at);
CREATE INDEX transfers_transaction_id_index ON transactions.transfers USING btree (transaction_id);

-- Foreign keys

ALTER TABLE transactions.balance_snapshots ADD CONSTRAINT balance_snapshots_account_exists FOREIGN KEY (account_id) REFERENCES transactions.balances(account_id);
ALTER TABLE transactions.balances ADD CONSTRAINT balances_account_exists FOREIGN KEY (account_id, currency) REFERENCES accounts.accounts(id, currency);
ALTER TABLE transactions.outbox_set_aside ADD CONSTRAINT outbox_set_aside_consumer_exists FOREIGN KEY (consumer) REFERENCES transactions.outbox_consumers(consumer);
ALTER TABLE transactions.pending_expiries ADD CONSTRAINT pending_expiries_pending_exists FOREIGN KEY (pending_transaction_id) REFERENCES transactions.transactions(id);
ALTER TABLE transactions.pending_resolutions ADD CONSTRAINT pending_resolutions_pending_exists FOREIGN KEY (pending_transaction_id) REFERENCES transactions.transactions(id);
ALTER TABLE transactions.pending_resolutions ADD CONSTRAINT pending_resolutions_resolution_exists FOREIGN KEY (resolution_transaction_id) REFERENCES transactions.transactions(id);
ALTER TABLE transactions.reversals ADD CONSTRAINT reversals_reversal_exists FOREIGN KEY (reversal_transaction_id) REFERENCES transactions.transactions(id);
ALTER TABLE transactions.reversals ADD CONSTRAINT reversals_reversed_exists FOREIGN KEY (reversed_transaction_id) REFERENCES transactions.transactions(id);

-- Functions

CREATE OR REPLACE FUNCTION transactions.accounts_of_transaction(in_transaction_id uuid)
 RETURNS uuid[]
 LANGUAGE sql
 STABLE
AS $function$
  SELECT array_agg(DISTINCT side.id) FROM transactions.transfers,
    LATERAL (VALUES (debit_account_id), (credit_account_id)) AS side(id)
  WHERE transaction_id = in_transaction_id
$function$;
REVOKE EXECUTE ON FUNCTION transactions.accounts_of_transaction(uuid) FROM PUBLIC;
COMMENT ON FUNCTION transactions.accounts_of_transaction(pg_catalog.uuid) IS 'The accounts between which a transaction moves or holds money';

CREATE OR REPLACE FUNCTION transactions.advance_outbox(in_consumer text, in_writer xid8, in_position bigint)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
REVOKE EXECUTE ON FUNCTION transactions.advance_outbox(text,xid8,bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION transactions.advance_outbox(text,xid8,bigint) TO finova_transactions_app;
COMMENT ON FUNCTION transactions.advance_outbox(pg_catalog.text,pg_catalog.xid8,bigint) IS 'Keeps that a consumer is done with everything up to here; never backwards';

CREATE OR REPLACE FUNCTION transactions.answered(in_scope text, in_key text, hash bytea)
 RETURNS jsonb
 LANGUAGE plpgsql
AS $function$
DECLARE
  earlier record;
BEGIN
  SELECT request_hash, response INTO STRICT earlier FROM transactions.idempotency_keys WHERE scope = in_scope AND key = in_key;
  IF earlier.request_hash <> hash THEN
    RAISE EXCEPTION 'This idempotency key was used for another request' USING ERRCODE = 'FN003';
  END IF;
  RETURN earlier.response;
END $function$;
REVOKE EXECUTE ON FUNCTION transactions.answered(text,text,bytea) FROM PUBLIC;
COMMENT ON FUNCTION transactions.answered(pg_catalog.text,pg_catalog.text,pg_catalog.bytea) IS 'The first answer to a request; FN003 when its key was used for another one';

CREATE OR REPLACE FUNCTION transactions.balance_at(in_account_id uuid, as_of date)
 RETURNS TABLE(debits_posted_minor bigint, credits_posted_minor bigint, booked_minor bigint)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
  side CONSTANT text := (SELECT normal_side FROM transactions.balances WHERE account_id = in_account_id);
  retired CONSTANT date := (SELECT max(through) FROM transactions.retired_months);
  nearest record;
BEGIN
  IF side IS NULL THEN
    RETURN;
  END IF;
  -- The nearest snapshot, and only the entries since: however old the account is, no more than a month or two of them.
  SELECT snapshot.as_of, snapshot.debits_posted_minor AS debits, snapshot.credits_posted_minor AS credits INTO nearest
  FROM transactions.balance_snapshots AS snapshot
  WHERE snapshot.account_id = in_account_id AND snapshot.as_of <= balance_at.as_of ORDER BY snapshot.as_of DESC LIMIT 1;
  IF as_of < retired AND nearest.as_of IS DISTINCT FROM as_of THEN
    RAISE EXCEPTION 'The entries of % are retired: only the ends of months are kept', as_of USING ERRCODE = 'FN011';
  END IF;
  SELECT coalesce(nearest.debits, 0) + coalesce(sum(amount_minor) FILTER (WHERE direction = 'debit'), 0),
    coalesce(nearest.credits, 0) + coalesce(sum(amount_minor) FILTER (WHERE direction = 'credit'), 0)
  INTO debits_posted_minor, credits_posted_minor
  FROM transactions.entries
  WHERE account_id = in_account_id AND booking_date > coalesce(nearest.as_of, '-infinity') AND booking_date <= balance_at.as_of;
  PERFORM transactions.require_same_months();
  booked_minor := CASE side WHEN 'credit' THEN credits_posted_minor - debits_posted_minor
    ELSE debits_posted_minor - credits_posted_minor END;
  RETURN NEXT;
END $function$;
REVOKE EXECUTE ON FUNCTION transactions.balance_at(uuid,date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION transactions.balance_at(uuid,date) TO finova_transactions_app;
COMMENT ON FUNCTION transactions.balance_at(pg_catalog.uuid,pg_catalog.date) IS 'The booked balance of an account at the end of a booking date: the nearest snapshot and the entries since';

CREATE OR REPLACE FUNCTION transactions.begin_upkeep_of_months()
 RETURNS void
 LANGUAGE plpgsql
AS $function$
BEGIN
  -- What was committed while one waits must be seen, or its money is missing from what is kept.
  IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
    RAISE EXCEPTION 'Months are made, closed and retired in transactions of isolation level READ COMMITTED, and this one is %',
      upper(current_setting('transaction_isolation')) USING ERRCODE = 'FN009';
  END IF;
  -- One at a time: a month made while an older one is closed would stay open.
  PERFORM pg_advisory_xact_lock(hashtextextended('transactions.months', 0));
END $function$;
REVOKE EXECUTE ON FUNCTION transactions.begin_upkeep_of_months() FROM PUBLIC;
COMMENT ON FUNCTION transactions.begin_upkeep_of_months() IS 'Lets one transaction at a time make, close or retire months; FN009 where it could not see what others commit';

CREATE OR REPLACE FUNCTION transactions.capture(in_scope text, in_key text, request jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET enable_seqscan TO 'off'
AS $function$
DECLARE
  new_id uuid := transactions.uuid_v7();
  answer jsonb := jsonb_build_object('transaction_id', new_id, 'kind', 'post');
  answered jsonb := transactions.claim_key('capture', in_scope, in_key, request, new_id, answer);
  pending_id uuid := (request ->> 'pending_transaction_id')::uuid;
BEGIN
  IF answered IS NOT NULL THEN
    RETURN answered;
  END IF;
  PERFORM transactions.settle(new_id, pending_id, 'post', request);
  IF request ? 'transfers' THEN
    PERFORM transactions.insert_transfers(new_id, request -> 'transfers');
    RETURN answer;
  END IF;
  IF request ? 'amount_minor' AND (SELECT count(*) FROM transactions.transfers WHERE transaction_id = pending_id) <> 1 THEN
    RAISE EXCEPTION 'Pending transaction % has several transfers: an amount alone does not say what to capture', pending_id
      USING ERRCODE = 'FN007', DETAIL = pending_id;
  END IF;
  -- As they were made: their ids are in that order as well, but for those of the same millisecond.
  INSERT INTO transactions.transfers (transaction_id, debit_account_id, credit_account_id, currency, amount_minor)
  SELECT new_id, debit_account_id, credit_account_id, currency, coalesce((request ->> 'amount_minor')::bigint, amount_minor)
  FROM transactions.transfers WHERE transaction_id = pending_id ORDER BY created_at, id;
  RETURN answer;
END $function$;
REVOKE EXECUTE ON FUNCTION transactions.capture(text,text,jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION transactions.capture(text,text,jsonb) TO finova_transactions_app;
COMMENT ON FUNCTION transactions.capture(pg_catalog.text,pg_catalog.text,pg_catalog.jsonb) IS 'Moves what was held, or the part of it that the request names, and gives back the rest';

CREATE OR REPLACE FUNCTION transactions.check_balance_in_step()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
      BEGIN
        PERFORM FROM accounts.accounts
        WHERE id = NEW.account_id AND normal_side = NEW.normal_side AND status = NEW.account_status
          AND currency = NEW.currency
          AND overdraft_limit_minor IS NOT DISTINCT FROM NEW.overdraft_limit_minor;
        IF NOT FOUND THEN
          RAISE EXCEPTION 'The balance of account % must say what its account says', NEW.account_id
            USING ERRCODE = '23514', CONSTRAINT = 'balances_in_step',
              SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
        END IF;
        RETURN NEW;
      END $function$;
REVOKE EXECUTE ON FUNCTION transactions.check_balance_in_step() FROM PUBLIC;

CREATE OR REPLACE FUNCTION transactions.check_balance_rules()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
      BEGIN
        -- A statement of its own, and not what a transfer or its account does.
        IF pg_trigger_depth() = 1 THEN
          IF TG_OP = 'UPDATE' AND
            (NEW.debits_posted_minor, NEW.credits_posted_minor, NEW.debits_pending_minor, NEW.credits_pending_minor, NEW.version)
            <> (OLD.debits_posted_minor, OLD.credits_posted_minor, OLD.debits_pending_minor, OLD.credits_pending_minor, OLD.version)
          THEN
            RAISE EXCEPTION 'Only transfers move money: % on %.% by a statement of its own is refused', TG_OP, TG_TABLE_SCHEMA,
              TG_TABLE_NAME USING ERRCODE = '23001', CONSTRAINT = 'balances_only_by_transfers';
          END IF;
        END IF;
        IF least(NEW.debits_posted_minor, NEW.credits_posted_minor, NEW.debits_pending_minor, NEW.credits_pending_minor,
            NEW.version) < 0 THEN
          RAISE EXCEPTION 'A total of account % would be negative', NEW.account_id USING ERRCODE = '23514',
            CONSTRAINT = 'balances_totals_not_negative', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
        END IF;
        IF NEW.overdraft_limit_minor IS NOT NULL AND -NEW.overdraft_limit_minor > (CASE NEW.normal_side
            WHEN 'credit' THEN NEW.credits_posted_minor - NEW.debits_posted_minor - NEW.debits_pending_minor
            ELSE NEW.debits_posted_minor - NEW.credits_posted_minor - NEW.credits_pending_minor END) THEN
          RAISE EXCEPTION 'Account % would have less available than its overdraft limit allows', NEW.account_id
            USING ERRCODE = '23514', DETAIL = NEW.account_id,
            CONSTRAINT = 'balances_available', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
        END IF;
        IF NEW.account_status = 'closed' THEN
          IF NEW.debits_posted_minor <> NEW.credits_posted_minor OR greatest(NEW.debits_pending_minor, NEW.credits_pending_minor) > 0
          THEN
            RAISE EXCEPTION 'Account % has money or holds on it', NEW.account_id USING ERRCODE = '23514',
              CONSTRAINT = 'balances_empty_when_closed', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
          END IF;
        END IF;
        RETURN NEW;
      END $function$;
REVOKE EXECUTE ON FUNCTION transactions.check_balance_rules() FROM PUBLIC;

CREATE OR REPLACE FUNCTION transactions.check_capture(resolution_id uuid)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
DECLARE
  pending_id uuid := (
    SELECT pending_transaction_id FROM transactions.pending_resolutions WHERE resolution_transaction_id = resolution_id);
BEGIN
  IF pending_id IS NULL THEN
    RAISE EXCEPTION 'Transaction % captures no hold', resolution_id USING ERRCODE = '23514', CONSTRAINT = 'transfers_capture_hold';
  END IF;
  PERFORM FROM (
    SELECT debit_account_id, credit_account_id, currency, amount_minor FROM transactions.transfers
    WHERE transaction_id = resolution_id
    UNION ALL
    SELECT debit_account_id, credit_account_id, currency, -amount_minor FROM transactions.transfers
    WHERE transaction_id = pending_id
  ) AS differences GROUP BY debit_account_id, credit_account_id, currency HAVING sum(amount_minor) > 0;
  IF FOUND THEN
    RAISE EXCEPTION 'Pending transaction % holds less than is captured', pending_id
      USING ERRCODE = 'FN007', DETAIL = pending_id, CONSTRAINT = 'transfers_within_hold';
  END IF;
END $function$;
REVOKE EXECUTE ON FUNCTION transactions.check_capture(uuid) FROM PUBLIC;
COMMENT ON FUNCTION transactions.check_capture(pg_catalog.uuid) IS 'Refuses (FN007) what a capture takes beyond what was held between the same accounts';

CREATE OR REPLACE FUNCTION transactions.check_expiry()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
REVOKE EXECUTE ON FUNCTION transactions.check_expiry() FROM PUBLIC;
COMMENT ON FUNCTION transactions.check_expiry() IS 'Only a hold expires, and when is said before it holds anything';

CREATE OR REPLACE FUNCTION transactions.check_reversal(reversal_id uuid)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
DECLARE
  original_id uuid := (
    SELECT reversed_transaction_id FROM transactions.reversals WHERE reversal_transaction_id = reversal_id);
BEGIN
  PERFORM FROM (
    SELECT debit_account_id AS paid, credit_account_id AS received, currency, amount_minor, 1 AS sign FROM transactions.transfers
    WHERE transaction_id = original_id
    UNION ALL
    SELECT credit_account_id, debit_account_id, currency, amount_minor, -1 FROM transactions.transfers
    WHERE transaction_id = reversal_id
  ) AS differences GROUP BY paid, received, currency, amount_minor HAVING sum(sign) <> 0;
  IF FOUND OR original_id IS NULL THEN
    RAISE EXCEPTION 'Transaction % does not move back exactly what another one moved', reversal_id
      USING ERRCODE = '23514', CONSTRAINT = 'transfers_reverse_exactly';
  END IF;
END $function$;
REVOKE EXECUTE ON FUNCTION transactions.check_reversal(uuid) FROM PUBLIC;
COMMENT ON FUNCTION transactions.check_reversal(pg_catalog.uuid) IS 'Refuses a reversal that is not the mirror of what it reverses';

CREATE OR REPLACE FUNCTION transactions.check_reversed_kinds()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  PERFORM FROM transactions.transactions AS original, transactions.transactions AS reversal
  WHERE original.id = NEW.reversed_transaction_id AND original.kind IN ('posted', 'post')
    AND EXISTS (SELECT FROM transactions.transfers WHERE transaction_id = original.id)
    AND reversal.id = NEW.reversal_transaction_id AND reversal.kind = 'reversal';
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no posted transaction %', NEW.reversed_transaction_id
      USING ERRCODE = 'FN004', DETAIL = NEW.reversed_transaction_id, CONSTRAINT = 'reversals_of_posting';
  END IF;
  RETURN NULL;
END $function$;
REVOKE EXECUTE ON FUNCTION transactions.check_reversed_kinds() FROM PUBLIC;
COMMENT ON FUNCTION transactions.check_reversed_kinds() IS 'Only what was posted is reversed, and only by a reversal';

CREATE OR REPLACE FUNCTION transactions.claim_key(operation text, in_scope text, in_key text, request jsonb, new_id uuid, answer jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
AS $function$
DECLARE
  hash CONSTANT bytea := sha256(convert_to(operation || ':' || request::text, 'UTF8'));
BEGIN
  -- Waits for a transaction that holds the same key, and then finds what it committed.
  INSERT INTO transactions.idempotency_keys (scope, key, request_hash, response, transaction_id)
    VALUES (in_scope, in_key, hash, answer, new_id) ON CONFLICT DO NOTHING;
  RETURN CASE WHEN NOT FOUND THEN transactions.answered(in_scope, in_key, hash) END;
END $function$;
REVOKE EXECUTE ON FUNCTION transactions.claim_key(text,text,text,jsonb,uuid,jsonb) FROM PUBLIC;
COMMENT ON FUNCTION transactions.claim_key(pg_catalog.text,pg_catalog.text,pg_catalog.text,pg_catalog.jsonb,pg_catalog.uuid,pg_catalog.jsonb) IS 'NULL for a new request, whose answer is then kept; the first answer for a repeated one; FN003 for another request';

CREATE OR REPLACE FUNCTION transactions.day_text(day date)
 RETURNS text
 LANGUAGE sql
 STABLE
AS $function$
  SELECT coalesce(to_char(day, 'YYYY-MM-DD'), day::text, '-')
$function$;
REVOKE EXECUTE ON FUNCTION transactions.day_text(date) FROM PUBLIC;
COMMENT ON FUNCTION transactions.day_text(pg_catalog.date) IS 'A day, or that there is none, whatever style of dates the session has';

CREATE OR REPLACE FUNCTION transactions.ensure_partitions(first_day date, last_day date)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
  month date := date_trunc('month', first_day)::date;
  closed date;
  partition_name text;
  made integer := 0;
BEGIN
  PERFORM transactions.begin_upkeep_of_months();
  -- What would be booked in them is in no balance that was kept at the end of a later month.
  closed := greatest((SELECT max(as_of) FROM transactions.balance_snapshots),
    (SELECT max(through) FROM transactions.retired_months));
  month := greatest(month, closed + 1);
  WHILE month <= last_day LOOP
    partition_name := format('entries_%s', to_char(month, 'YYYY_MM'));
    IF to_regclass(format('transactions.%I', partition_name)) IS NULL THEN
      EXECUTE format('CREATE TABLE transactions.%I PARTITION OF transactions.entries FOR VALUES FROM (%L) TO (%L)',
        partition_name, month, (month + interval '1 month')::date);
      -- Where the key is not that of all partitions (see docs/SCALING.md), each has its own.
      IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = 'transactions.entries'::regclass AND contype = 'p') THEN
        EXECUTE format('ALTER TABLE transactions.%I ADD CONSTRAINT %I PRIMARY KEY (account_id, account_version, booking_date)',
          partition_name, partition_name || '_pkey');
      END IF;
      PERFORM transactions.guard_partition(partition_name);
      made := made + 1;
    END IF;
    month := (month + interval '1 month')::date;
  END LOOP;
  RETURN made;
END $function$;
REVOKE EXECUTE ON FUNCTION transactions.ensure_partitions(date,date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION transactions.ensure_partitions(date,date) TO finova_transactions_app;
COMMENT ON FUNCTION transactions.ensure_partitions(pg_catalog.date,pg_catalog.date) IS 'Makes the missing monthly partitions of entries between two days, after the last month that is closed, and returns how many it made';

CREATE OR REPLACE FUNCTION transactions.expire_due(batch_size integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET enable_seqscan TO 'off'
AS $function$
DECLARE
  due uuid[] := ARRAY(
    SELECT pending_transaction_id FROM transactions.pending_expiries AS expiry
    WHERE expires_at <= clock_timestamp() AND NOT EXISTS (
      SELECT FROM transactions.pending_resolutions WHERE pending_transaction_id = expiry.pending_transaction_id)
    ORDER BY expires_at, pending_transaction_id LIMIT batch_size);
  due_id uuid;
  resolution_id uuid;
  expired integer := 0;
BEGIN
  -- All accounts of the batch at once: hold by hold, their order would differ from that of postings.
  PERFORM transactions.lock_balances(
    ARRAY(SELECT DISTINCT side.id FROM transactions.transfers,
      LATERAL (VALUES (debit_account_id), (credit_account_id)) AS side(id) WHERE transaction_id = ANY (due)),
    false);
  -- What was captured, voided or expired while this waited for the accounts is left out.
  FOR due_id IN
    SELECT id FROM unnest(due) AS ids(id)
    WHERE NOT EXISTS (SELECT FROM transactions.pending_resolutions WHERE pending_transaction_id = id)
  LOOP
    resolution_id := transactions.uuid_v7();
    PERFORM transactions.settle(resolution_id, due_id, 'expire', '{}');
    expired := expired + 1;
  END LOOP;
  RETURN expired;
END $function$;
REVOKE EXECUTE ON FUNCTION transactions.expire_due(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION transactions.expire_due(integer) TO finova_transactions_app;
COMMENT ON FUNCTION transactions.expire_due(integer) IS 'Gives back what holds whose time is over had held, this many at most, and returns how many';

CREATE OR REPLACE FUNCTION transactions.expose_to_application(exposed regprocedure)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
      BEGIN
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', exposed);
        IF to_regrole('finova_transactions_app') IS NOT NULL THEN
          EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO finova_transactions_app', exposed);
        END IF;
      END $function$;
REVOKE EXECUTE ON FUNCTION transactions.expose_to_application(regprocedure) FROM PUBLIC;
COMMENT ON FUNCTION transactions.expose_to_application(pg_catalog.regprocedure) IS 'Lets the application role, and nobody else, call a function of this schema';

CREATE OR REPLACE FUNCTION transactions.follow_account()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
      BEGIN
        UPDATE transactions.balances
        SET account_status = NEW.status, overdraft_limit_minor = NEW.overdraft_limit_minor
        WHERE account_id = NEW.id;
        RETURN NULL;
      END $function$;
REVOKE EXECUTE ON FUNCTION transactions.follow_account() FROM PUBLIC;

CREATE OR REPLACE FUNCTION transactions.guard_partition(partition_name text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
DECLARE
  guard record;
BEGIN
  -- Row triggers are copied to every partition, statement triggers are not; neither copy is always switched on.
  EXECUTE format('CREATE OR REPLACE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.%I
    FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change()', partition_name);
  EXECUTE format('CREATE OR REPLACE TRIGGER entries_only_by_transfers BEFORE INSERT ON transactions.%I
    FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_by_hand()', partition_name);
  FOR guard IN
    SELECT tgname FROM pg_trigger
    WHERE tgrelid = format('transactions.%I', partition_name)::regclass AND NOT tgisinternal AND tgenabled <> 'A'
  LOOP
    EXECUTE format('ALTER TABLE transactions.%I ENABLE ALWAYS TRIGGER %I', partition_name, guard.tgname);
  END LOOP;
END $function$;
REVOKE EXECUTE ON FUNCTION transactions.guard_partition(text) FROM PUBLIC;
COMMENT ON FUNCTION transactions.guard_partition(pg_catalog.text) IS 'Switches on for good what guards the entries of a partition';

CREATE OR REPLACE FUNCTION transactions.hold(in_scope text, in_key text, request jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET enable_seqscan TO 'off'
AS $function$
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
REVOKE EXECUTE ON FUNCTION transactions.hold(text,text,jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION transactions.hold(text,text,jsonb) TO finova_transactions_app;
COMMENT ON FUNCTION transactions.hold(pg_catalog.text,pg_catalog.text,pg_catalog.jsonb) IS 'Holds the amounts of one or more transfers until they are captured, voided or expire';

CREATE OR REPLACE FUNCTION transactions.insert_transaction(new_id uuid, in_kind text, request jsonb)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
DECLARE
  booked date := coalesce((request ->> 'booking_date')::date, current_date);
BEGIN
  INSERT INTO transactions.transactions (id, kind, booking_date, value_date, end_to_end_id, description)
  VALUES (new_id, in_kind, booked, coalesce((request ->> 'value_date')::date, booked), request ->> 'end_to_end_id',
    request ->> 'description');
  INSERT INTO transactions.outbox (topic, key, payload)
  VALUES ('transaction.' || in_kind, new_id, jsonb_build_object('transaction_id', new_id, 'kind', in_kind));
END $function$;
REVOKE EXECUTE ON FUNCTION transactions.insert_transaction(uuid,text,jsonb) FROM PUBLIC;
COMMENT ON FUNCTION transactions.insert_transaction(pg_catalog.uuid,pg_catalog.text,pg_catalog.jsonb) IS 'Writes a transaction, and the message that tells about it';

CREATE OR REPLACE FUNCTION transactions.insert_transfers(new_id uuid, transfers jsonb)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
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
REVOKE EXECUTE ON FUNCTION transactions.insert_transfers(uuid,jsonb) FROM PUBLIC;
COMMENT ON FUNCTION transactions.insert_transfers(pg_catalog.uuid,pg_catalog.jsonb) IS 'Writes the transfers of a request, which post themselves; FN006 when there are none';

CREATE OR REPLACE FUNCTION transactions.lock_balances(account_ids uuid[], must_be_active boolean)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
DECLARE
  locked record;
  missing uuid;
BEGIN
  -- One order for everybody: two transactions cannot each hold what the other waits for.
  SELECT count(*) AS balances, array_agg(account_id) AS ids,
    (array_agg(account_id) FILTER (WHERE account_status <> 'active'))[1] AS inactive_id,
    (array_agg(account_status) FILTER (WHERE account_status <> 'active'))[1] AS inactive_status
  INTO locked FROM (
    SELECT account_id, account_status FROM transactions.balances WHERE account_id = ANY (account_ids)
    ORDER BY account_id FOR NO KEY UPDATE
  ) AS every;
  IF must_be_active AND locked.inactive_id IS NOT NULL THEN
    RAISE EXCEPTION 'Account % is %', locked.inactive_id, locked.inactive_status
      USING ERRCODE = 'FN002', DETAIL = locked.inactive_id, HINT = locked.inactive_status;
  ELSIF locked.balances <> (SELECT count(*) FROM (SELECT DISTINCT id FROM unnest(account_ids) AS ids(id)) AS wanted) THEN
    -- Among those that were locked, and not in the table: an account may have been opened since.
    SELECT id INTO missing FROM unnest(account_ids) AS ids(id) WHERE (id = ANY (locked.ids)) IS NOT TRUE LIMIT 1;
    RAISE EXCEPTION 'There is no account %', missing USING ERRCODE = 'FN001', DETAIL = coalesce(missing::text, '');
  END IF;
END $function$;
REVOKE EXECUTE ON FUNCTION transactions.lock_balances(uuid[],boolean) FROM PUBLIC;
COMMENT ON FUNCTION transactions.lock_balances(pg_catalog.uuid[],boolean) IS 'Locks balances in the order of their accounts; FN001 when one is missing, FN002 when one is not active';

CREATE OR REPLACE FUNCTION transactions.missing_guards()
 RETURNS SETOF text
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  WITH months AS (
    -- A partition of another name is guarded like the others, and of no month that could be closed.
    SELECT relname AS name,
      CASE WHEN relname ~ '^entries_[0-9]{4}_[0-9]{2}$' THEN to_date(substr(relname, 9), 'YYYY_MM') END AS month
    FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
    WHERE inhparent = to_regclass('transactions.entries')
  ), guards(relation, name, fires, calls) AS (
    VALUES
      ('balances', 'balances_never_removed', 'BEFORE DELETE OR TRUNCATE ON %s FOR EACH STATEMENT', 'refuse_removal'),
      ('balances', 'balances_in_step',
        'BEFORE INSERT OR UPDATE OF account_id, currency, normal_side, account_status, overdraft_limit_minor ON %s FOR EACH ROW',
        'check_balance_in_step'),
      ('balances', 'balances_rules', 'BEFORE INSERT OR UPDATE ON %s FOR EACH ROW', 'check_balance_rules'),
      ('transfers', 'transfers_post', 'AFTER INSERT ON %s REFERENCING NEW TABLE AS added FOR EACH STATEMENT', 'post_transfers'),
      ('pending_expiries', 'pending_expiries_of_hold', 'AFTER INSERT ON %s FOR EACH ROW', 'check_expiry'),
      ('pending_resolutions', 'pending_resolutions_release', 'AFTER INSERT ON %s FOR EACH ROW', 'release_hold'),
      ('reversals', 'reversals_of_posting', 'AFTER INSERT ON %s FOR EACH ROW', 'check_reversed_kinds'),
      ('outbox_consumers', 'outbox_consumers_only_forward',
        'BEFORE UPDATE ON %s FOR EACH ROW WHEN (((ROW(new.writer, new."position") < ROW(old.writer, old."position")) OR (new.consumer <> old.consumer)))',
        'refuse_going_back')
    UNION ALL
    SELECT relation, relation || '_append_only', 'BEFORE DELETE OR UPDATE OR TRUNCATE ON %s FOR EACH STATEMENT', 'refuse_change'
    FROM unnest(ARRAY['transactions', 'transfers', 'pending_expiries', 'pending_resolutions', 'reversals', 'balance_snapshots',
      'idempotency_keys', 'retired_months']) AS append_only(relation)
    UNION ALL
    SELECT part.name, guard.name, guard.fires, guard.calls
    FROM (SELECT 'entries' AS name UNION ALL SELECT name FROM months) AS part, (VALUES
      ('entries_append_only', 'BEFORE DELETE OR UPDATE ON %s FOR EACH ROW', 'refuse_change'),
      ('entries_no_truncate', 'BEFORE TRUNCATE ON %s FOR EACH STATEMENT', 'refuse_change'),
      ('entries_only_by_transfers', 'BEFORE INSERT ON %s FOR EACH STATEMENT', 'refuse_by_hand')) AS guard(name, fires, calls)
    UNION ALL
    SELECT months.name, 'entries_month_open', 'BEFORE INSERT ON %s FOR EACH ROW', 'refuse_closed_month'
    FROM months WHERE month <= (SELECT max(as_of) FROM transactions.balance_snapshots)
  )
  SELECT format('%s is guarded by no trigger %s that is as it was made and always on', relation, name) FROM guards
  WHERE NOT EXISTS (
    SELECT FROM pg_trigger
    WHERE tgrelid = to_regclass(format('transactions.%I', relation)) AND tgname = name AND tgenabled = 'A'
      AND pg_get_triggerdef(pg_trigger.oid) = format('CREATE TRIGGER %s ' || fires || ' EXECUTE FUNCTION transactions.%s()',
        name, 'transactions.' || relation, calls))
  UNION ALL
  SELECT format('accounts is followed by no trigger %s that is as it was made and always on', name)
  FROM (VALUES
    ('transactions_open_balance', 'AFTER INSERT ON %s FOR EACH ROW', 'open_balance'),
    ('transactions_follow_account', 'AFTER UPDATE OF status, overdraft_limit_minor ON %s FOR EACH ROW WHEN (((old.status IS DISTINCT FROM new.status) OR (old.overdraft_limit_minor IS DISTINCT FROM new.overdraft_limit_minor)))',
      'follow_account')) AS followers(name, fires, calls)
  WHERE NOT EXISTS (
    SELECT FROM pg_trigger
    WHERE tgrelid = to_regclass('accounts.accounts') AND tgname = name AND tgenabled = 'A'
      AND pg_get_triggerdef(pg_trigger.oid) = format('CREATE TRIGGER %s ' || fires || ' EXECUTE FUNCTION transactions.%s()',
        name, 'accounts.accounts', calls))
  UNION ALL
  SELECT format('%s has entries of a month that is said to be retired', name) FROM months
  WHERE month <= (SELECT max(through) FROM transactions.retired_months)
  UNION ALL
  SELECT format('%s has no valid constraint %s', relation, name)
  FROM (VALUES
    ('balances', 'balances_pkey'), ('balances', 'balances_account_exists'), ('transactions', 'transactions_pkey'),
    ('transfers', 'transfers_pkey'), ('transfers', 'transfers_two_accounts'), ('idempotency_keys', 'idempotency_keys_pkey'),
    ('pending_expiries', 'pending_expiries_pkey'), ('pending_resolutions', 'pending_resolutions_pkey'),
    ('pending_resolutions', 'pending_resolutions_resolution_unique'),
    ('pending_resolutions', 'pending_resolutions_two_transactions'),
    ('reversals', 'reversals_pkey'), ('reversals', 'reversals_reversal_unique'), ('reversals', 'reversals_two_transactions'),
    ('balance_snapshots', 'balance_snapshots_pkey'), ('balance_snapshots', 'balance_snapshots_end_of_month'),
    ('amount_minor', 'transfers_amount_positive'), ('transaction_kind', 'transactions_kind_known')) AS rules(relation, name)
  WHERE NOT EXISTS (
    SELECT FROM pg_constraint
    WHERE (conrelid = to_regclass(format('transactions.%I', relation)) OR contypid = to_regtype(format('transactions.%I', relation)))
      AND conname = name AND convalidated)
  UNION ALL
  -- The key of entries may be each partition's own: where some are on other servers, it cannot be that of all of them.
  SELECT format('%s has no valid primary key', pg_class.relname)
  FROM pg_partition_tree(to_regclass('transactions.entries')) AS tree JOIN pg_class ON pg_class.oid = tree.relid
  WHERE isleaf AND relkind = 'r' AND NOT EXISTS (
    SELECT FROM pg_constraint WHERE conrelid = tree.relid AND contype = 'p' AND convalidated)
$function$;
REVOKE EXECUTE ON FUNCTION transactions.missing_guards() FROM PUBLIC;
COMMENT ON FUNCTION transactions.missing_guards() IS 'The triggers and constraints that keep the books right and that are gone, changed, off, or not valid';

CREATE OR REPLACE FUNCTION transactions.open_balance()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
      BEGIN
        INSERT INTO transactions.balances (account_id, currency, normal_side, account_status, overdraft_limit_minor)
        VALUES (NEW.id, NEW.currency, NEW.normal_side, NEW.status, NEW.overdraft_limit_minor);
        RETURN NULL;
      END $function$;
REVOKE EXECUTE ON FUNCTION transactions.open_balance() FROM PUBLIC;

CREATE OR REPLACE FUNCTION transactions.post_alone(in_scope text, in_key text, hash bytea, in_debit_account_id uuid, in_credit_account_id uuid, in_currency text, in_amount_minor bigint, in_end_to_end_id text, in_description text, in_booking_date date, in_value_date date)
 RETURNS jsonb
 LANGUAGE plpgsql
AS $function$
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
REVOKE EXECUTE ON FUNCTION transactions.post_alone(text,text,bytea,uuid,uuid,text,bigint,text,text,date,date) FROM PUBLIC;
COMMENT ON FUNCTION transactions.post_alone(pg_catalog.text,pg_catalog.text,pg_catalog.bytea,pg_catalog.uuid,pg_catalog.uuid,pg_catalog.text,bigint,pg_catalog.text,pg_catalog.text,pg_catalog.date,pg_catalog.date) IS 'Posts a transfer as a transaction of its own under a key whose hash is given';

CREATE OR REPLACE FUNCTION transactions.post_batch(in_scope text, in_key text, debit_account_ids uuid[], credit_account_ids uuid[], currencies text[], amounts_minor bigint[], item_keys text[] DEFAULT NULL::text[], end_to_end_ids text[] DEFAULT NULL::text[], descriptions text[] DEFAULT NULL::text[], in_booking_date date DEFAULT NULL::date, in_value_date date DEFAULT NULL::date)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET enable_seqscan TO 'off'
AS $function$
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
REVOKE EXECUTE ON FUNCTION transactions.post_batch(text,text,uuid[],uuid[],text[],bigint[],text[],text[],text[],date,date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION transactions.post_batch(text,text,uuid[],uuid[],text[],bigint[],text[],text[],text[],date,date) TO finova_transactions_app;
COMMENT ON FUNCTION transactions.post_batch(pg_catalog.text,pg_catalog.text,pg_catalog.uuid[],pg_catalog.uuid[],pg_catalog.text[],bigint[],pg_catalog.text[],pg_catalog.text[],pg_catalog.text[],pg_catalog.date,pg_catalog.date) IS 'Posts many transfers at once, each a transaction of its own; what cannot be posted is named, item by item, and changes nothing';

CREATE OR REPLACE FUNCTION transactions.post_transaction(in_scope text, in_key text, request jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET enable_seqscan TO 'off'
AS $function$
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
REVOKE EXECUTE ON FUNCTION transactions.post_transaction(text,text,jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION transactions.post_transaction(text,text,jsonb) TO finova_transactions_app;
COMMENT ON FUNCTION transactions.post_transaction(pg_catalog.text,pg_catalog.text,pg_catalog.jsonb) IS 'Moves the amounts of one or more transfers at once, or none of them';

CREATE OR REPLACE FUNCTION transactions.post_transfer(in_scope text, in_key text, in_debit_account_id uuid, in_credit_account_id uuid, in_currency text, in_amount_minor bigint, in_end_to_end_id text DEFAULT NULL::text, in_description text DEFAULT NULL::text, in_booking_date date DEFAULT NULL::date, in_value_date date DEFAULT NULL::date)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET enable_seqscan TO 'off'
AS $function$
BEGIN
  RETURN transactions.post_alone(in_scope, in_key,
    transactions.transfer_hash(in_debit_account_id, in_credit_account_id, in_currency, in_amount_minor, in_end_to_end_id,
      in_description, in_booking_date, in_value_date),
    in_debit_account_id, in_credit_account_id, in_currency, in_amount_minor, in_end_to_end_id, in_description, in_booking_date,
    in_value_date);
END $function$;
REVOKE EXECUTE ON FUNCTION transactions.post_transfer(text,text,uuid,uuid,text,bigint,text,text,date,date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION transactions.post_transfer(text,text,uuid,uuid,text,bigint,text,text,date,date) TO finova_transactions_app;
COMMENT ON FUNCTION transactions.post_transfer(pg_catalog.text,pg_catalog.text,pg_catalog.uuid,pg_catalog.uuid,pg_catalog.text,bigint,pg_catalog.text,pg_catalog.text,pg_catalog.date,pg_catalog.date) IS 'Moves one amount from one account to another, as a transaction of its own; its key is that of the same transfer in a batch';

CREATE OR REPLACE FUNCTION transactions.post_transfers()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
DECLARE
  one record;
  booked_on date;
  touched bigint;
  known bigint;
  are_older boolean;
  are_active boolean;
  kinds text[];
  transaction_ids uuid[];
  account_ids uuid[];
  currencies text[];
  locked_ids uuid[];
  versions bigint[];
  booked bigint[];
  signs integer[];
BEGIN
  SELECT * INTO one FROM added;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  -- Most postings are one transfer of one transaction, and need no sets: both balances, in the order of their accounts, and
  -- both entries by one statement. What this finds nothing to do for, for whatever reason, is looked at below. A transaction
  -- that this one wrote itself is seen by nobody else, who could give it transfers meanwhile.
  SELECT booking_date INTO booked_on FROM transactions.transactions WHERE id = one.transaction_id AND kind = 'posted'
    AND xmin = pg_current_xact_id()::xid AND NOT EXISTS (SELECT FROM added OFFSET 1)
    AND NOT EXISTS (SELECT FROM transactions.transfers WHERE transaction_id = one.transaction_id OFFSET 1);
  IF FOUND THEN
    WITH moved AS (
      UPDATE transactions.balances SET
        debits_posted_minor = debits_posted_minor + CASE side.id WHEN one.debit_account_id THEN one.amount_minor ELSE 0 END,
        credits_posted_minor = credits_posted_minor + CASE side.id WHEN one.credit_account_id THEN one.amount_minor ELSE 0 END,
        version = version + 1
      FROM (VALUES (least(one.debit_account_id, one.credit_account_id)),
        (greatest(one.debit_account_id, one.credit_account_id))) AS side(id)
      WHERE account_id = side.id AND currency = one.currency AND account_status = 'active'
      RETURNING account_id, version, booked_on, one.transaction_id, one.id,
        CASE account_id WHEN one.debit_account_id THEN 'debit' ELSE 'credit' END, one.amount_minor,
        CASE normal_side WHEN 'credit' THEN credits_posted_minor - debits_posted_minor
          ELSE debits_posted_minor - credits_posted_minor END
    )
    INSERT INTO transactions.entries
      (account_id, account_version, booking_date, transaction_id, transfer_id, direction, amount_minor, balance_after_minor)
    SELECT * FROM moved;
    GET DIAGNOSTICS touched = ROW_COUNT;
    IF touched = 2 THEN
      RETURN NULL;
    END IF;
    PERFORM transactions.refuse_accounts(ARRAY[one.debit_account_id, one.credit_account_id], ARRAY[one.currency, one.currency]);
  END IF;

  transaction_ids := ARRAY(SELECT DISTINCT transaction_id FROM added);
  SELECT array_agg(DISTINCT kind), count(*), bool_or(xmin <> pg_current_xact_id()::xid) INTO kinds, known, are_older
  FROM transactions.transactions WHERE id = ANY (transaction_ids);
  IF known <> cardinality(transaction_ids) THEN
    RAISE EXCEPTION 'A transfer belongs to a transaction that does not exist'
      USING ERRCODE = '23503', CONSTRAINT = 'transfers_transaction_exists', SCHEMA = 'transactions', TABLE = 'transfers';
  END IF;
  IF cardinality(kinds) <> 1 OR kinds[1] NOT IN ('posted', 'pending', 'post', 'reversal') THEN
    RAISE EXCEPTION 'Transfers belong to transactions of one kind, and of one that moves or holds money'
      USING ERRCODE = '23514', CONSTRAINT = 'transfers_of_one_kind';
  END IF;
  IF are_older THEN
    PERFORM FROM transactions.transactions WHERE id = ANY (transaction_ids) ORDER BY id FOR NO KEY UPDATE;
  END IF;
  IF (SELECT count(*) FROM transactions.transfers WHERE transaction_id = ANY (transaction_ids)) <> (SELECT count(*) FROM added) THEN
    RAISE EXCEPTION 'A transaction among % has its transfers already', cardinality(transaction_ids)
      USING ERRCODE = '23514', CONSTRAINT = 'transfers_together';
  END IF;
  -- An account whose transfers are in two currencies is here twice, so that more are asked for than are found.
  SELECT array_agg(id), array_agg(currency) INTO account_ids, currencies FROM (
    SELECT DISTINCT side.id, currency FROM added, LATERAL (VALUES (debit_account_id), (credit_account_id)) AS side(id)
  ) AS asked;
  -- As lock_balances does, and what they were before with it.
  SELECT count(*), bool_and(account_status = 'active'), array_agg(account_id), array_agg(version),
    array_agg(CASE normal_side WHEN 'credit' THEN credits_posted_minor - debits_posted_minor
      ELSE debits_posted_minor - credits_posted_minor END),
    array_agg(CASE normal_side WHEN 'credit' THEN 1 ELSE -1 END)
  INTO known, are_active, locked_ids, versions, booked, signs
  FROM (
    SELECT * FROM transactions.balances WHERE account_id = ANY (account_ids) ORDER BY account_id FOR NO KEY UPDATE
  ) AS locked;
  IF known <> cardinality(account_ids) OR NOT are_active THEN
    PERFORM transactions.refuse_accounts(account_ids, currencies);
  END IF;

  IF kinds[1] = 'pending' THEN
    UPDATE transactions.balances SET
      debits_pending_minor = debits_pending_minor + held.debits,
      credits_pending_minor = credits_pending_minor + held.credits
    FROM (
      SELECT side.id, currency, sum(side.debit)::bigint AS debits, sum(side.credit)::bigint AS credits
      FROM added, LATERAL (VALUES (debit_account_id, amount_minor, 0), (credit_account_id, 0, amount_minor)) AS side(id, debit, credit)
      GROUP BY side.id, currency
    ) AS held WHERE account_id = held.id AND balances.currency = held.currency;
    GET DIAGNOSTICS touched = ROW_COUNT;
    IF touched <> cardinality(account_ids) THEN
      PERFORM transactions.refuse_accounts(account_ids, currencies);
    END IF;
    RETURN NULL;
  END IF;

  UPDATE transactions.balances SET
    debits_posted_minor = debits_posted_minor + moved_now.debits,
    credits_posted_minor = credits_posted_minor + moved_now.credits,
    version = version + moved_now.entries
  FROM (
    SELECT side.id, currency, sum(side.debit)::bigint AS debits, sum(side.credit)::bigint AS credits, count(*) AS entries
    FROM added, LATERAL (VALUES (debit_account_id, amount_minor, 0), (credit_account_id, 0, amount_minor)) AS side(id, debit, credit)
    GROUP BY side.id, currency
  ) AS moved_now WHERE account_id = moved_now.id AND balances.currency = moved_now.currency;
  GET DIAGNOSTICS touched = ROW_COUNT;
  IF touched <> cardinality(account_ids) THEN
    PERFORM transactions.refuse_accounts(account_ids, currencies);
  END IF;

  -- In the order in which the transfers were inserted, the debit of each before its credit.
  INSERT INTO transactions.entries
    (account_id, account_version, booking_date, transaction_id, transfer_id, direction, amount_minor, balance_after_minor)
  SELECT side.account_id, account.version + side.nth, side.booking_date, side.transaction_id, side.transfer_id, side.direction,
    side.amount_minor, (account.booked_minor + account.sign * side.change_minor)::bigint
  FROM (
    SELECT legs.account_id, numbered.booking_date, numbered.transaction_id, numbered.id AS transfer_id, legs.direction,
      numbered.amount_minor, count(*) OVER statement AS nth, sum(legs.change_minor) OVER statement AS change_minor
    FROM (
      SELECT added.*, row_number() OVER () AS number,
        (SELECT booking_date FROM transactions.transactions WHERE id = added.transaction_id) AS booking_date
      FROM added
    ) AS numbered, LATERAL (
      VALUES (debit_account_id, 'debit', -amount_minor), (credit_account_id, 'credit', amount_minor)
    ) AS legs(account_id, direction, change_minor)
    WINDOW statement AS (PARTITION BY legs.account_id ORDER BY numbered.number ROWS UNBOUNDED PRECEDING)
  ) AS side
  JOIN unnest(locked_ids, versions, booked, signs) AS account(id, version, booked_minor, sign) ON account.id = side.account_id;

  IF kinds[1] = 'post' THEN
    PERFORM transactions.check_capture(id) FROM unnest(transaction_ids) AS ids(id);
  ELSIF kinds[1] = 'reversal' THEN
    PERFORM transactions.check_reversal(id) FROM unnest(transaction_ids) AS ids(id);
  END IF;
  RETURN NULL;
END $function$;
REVOKE EXECUTE ON FUNCTION transactions.post_transfers() FROM PUBLIC;
COMMENT ON FUNCTION transactions.post_transfers() IS 'Writes the entries of new transfers and moves their balances, or holds what they hold';

CREATE OR REPLACE FUNCTION transactions.prune_outbox(batch_size integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET enable_seqscan TO 'off'
AS $function$
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
REVOKE EXECUTE ON FUNCTION transactions.prune_outbox(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION transactions.prune_outbox(integer) TO finova_transactions_app;
COMMENT ON FUNCTION transactions.prune_outbox(integer) IS 'Removes messages that every consumer is done with, this many at most, and returns how many';

CREATE OR REPLACE FUNCTION transactions.read_outbox(in_consumer text, batch_size integer)
 RETURNS TABLE(writer xid8, "position" bigint, topic text, key uuid, payload jsonb, created_at timestamp with time zone)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET enable_seqscan TO 'off'
AS $function$
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
REVOKE EXECUTE ON FUNCTION transactions.read_outbox(text,integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION transactions.read_outbox(text,integer) TO finova_transactions_app;
COMMENT ON FUNCTION transactions.read_outbox(pg_catalog.text,integer) IS 'The next messages for a consumer, none of which an open transaction can still come before';

CREATE OR REPLACE FUNCTION transactions.read_set_aside(in_consumer text, batch_size integer)
 RETURNS TABLE(writer xid8, "position" bigint, topic text, key uuid, payload jsonb, created_at timestamp with time zone)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  -- Each is tried by one at a time.
  SELECT message.writer, message.position, message.topic::text, message.key, message.payload, message.created_at
  FROM transactions.outbox_set_aside AS message WHERE consumer = in_consumer
  ORDER BY tried_at, message.writer, message.position LIMIT batch_size FOR UPDATE SKIP LOCKED
$function$;
REVOKE EXECUTE ON FUNCTION transactions.read_set_aside(text,integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION transactions.read_set_aside(text,integer) TO finova_transactions_app;
COMMENT ON FUNCTION transactions.read_set_aside(pg_catalog.text,integer) IS 'What was set aside for a consumer and nobody else is trying now, the longest untried first';

CREATE OR REPLACE FUNCTION transactions.refuse_accounts(account_ids uuid[], currencies text[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
BEGIN
  PERFORM transactions.lock_balances(account_ids, true);
  PERFORM FROM unnest(account_ids, currencies) AS asked(id, currency) JOIN transactions.balances ON account_id = id
  WHERE balances.currency <> asked.currency;
  IF FOUND THEN
    RAISE EXCEPTION 'A transfer is in another currency than one of its accounts'
      USING ERRCODE = '23514', CONSTRAINT = 'transfers_currency', SCHEMA = 'transactions', TABLE = 'transfers';
  END IF;
  -- Who called looked before this waited for the accounts: what it has done by then must not stay.
  RAISE EXCEPTION 'An account was opened, or its freeze lifted, while a transfer waited for it' USING ERRCODE = '40001';
END $function$;
REVOKE EXECUTE ON FUNCTION transactions.refuse_accounts(uuid[],text[]) FROM PUBLIC;
COMMENT ON FUNCTION transactions.refuse_accounts(pg_catalog.uuid[],pg_catalog.text[]) IS 'Never returns: says why accounts take no transfers in their currencies, and 40001 when by now they would';

CREATE OR REPLACE FUNCTION transactions.refuse_by_hand()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
      BEGIN
        -- A statement of its own, and not one of another trigger.
        IF pg_trigger_depth() = 1 THEN
          RAISE EXCEPTION 'Only transfers move money: % on %.% by a statement of its own is refused', TG_OP, TG_TABLE_SCHEMA,
            TG_TABLE_NAME USING ERRCODE = '23001', CONSTRAINT = TG_NAME;
        END IF;
        RETURN NULL;
      END $function$;
REVOKE EXECUTE ON FUNCTION transactions.refuse_by_hand() FROM PUBLIC;

CREATE OR REPLACE FUNCTION transactions.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
      BEGIN
        RAISE EXCEPTION 'Table %.% is append-only: % is refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP
          USING ERRCODE = '23001', CONSTRAINT = TG_TABLE_NAME || '_append_only';
      END $function$;
REVOKE EXECUTE ON FUNCTION transactions.refuse_change() FROM PUBLIC;

CREATE OR REPLACE FUNCTION transactions.refuse_closed_month()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
  RAISE EXCEPTION 'The month of % is closed', NEW.booking_date
    USING ERRCODE = 'FN008', DETAIL = NEW.booking_date, CONSTRAINT = 'entries_month_open';
END $function$;
REVOKE EXECUTE ON FUNCTION transactions.refuse_closed_month() FROM PUBLIC;
COMMENT ON FUNCTION transactions.refuse_closed_month() IS 'Refuses entries of a month whose balances were taken';

CREATE OR REPLACE FUNCTION transactions.refuse_going_back()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
      BEGIN
        RAISE EXCEPTION 'Consumer % is past this place of the outbox already', OLD.consumer
          USING ERRCODE = '23514', CONSTRAINT = 'outbox_consumers_only_forward', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
      END $function$;
REVOKE EXECUTE ON FUNCTION transactions.refuse_going_back() FROM PUBLIC;

CREATE OR REPLACE FUNCTION transactions.refuse_removal()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
      BEGIN
        RAISE EXCEPTION 'Rows of %.% stay as long as their account: % is refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP
          USING ERRCODE = '23001', CONSTRAINT = TG_TABLE_NAME || '_never_removed';
      END $function$;
REVOKE EXECUTE ON FUNCTION transactions.refuse_removal() FROM PUBLIC;

CREATE OR REPLACE FUNCTION transactions.release_hold()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
DECLARE
  pending record;
  resolution record;
BEGIN
  SELECT id, kind, expires_at INTO pending
  FROM transactions.transactions LEFT JOIN transactions.pending_expiries ON pending_transaction_id = id
  WHERE id = NEW.pending_transaction_id;
  -- What holds nothing yet could be given transfers after it is settled.
  IF pending.kind IS DISTINCT FROM 'pending' OR NOT EXISTS (SELECT FROM transactions.transfers WHERE transaction_id = pending.id) THEN
    RAISE EXCEPTION 'There is no pending transaction %', NEW.pending_transaction_id
      USING ERRCODE = 'FN004', DETAIL = NEW.pending_transaction_id, CONSTRAINT = 'pending_resolutions_of_hold';
  END IF;
  SELECT id, kind INTO resolution FROM transactions.transactions WHERE id = NEW.resolution_transaction_id;
  IF resolution.kind IS NULL OR resolution.kind NOT IN ('post', 'void', 'expire') THEN
    RAISE EXCEPTION 'Transaction % is none that settles a hold', NEW.resolution_transaction_id
      USING ERRCODE = 'FN004', DETAIL = NEW.resolution_transaction_id, CONSTRAINT = 'pending_resolutions_by_resolution';
  END IF;
  -- After the primary key has spoken: what was settled in time is refused as settled. No time passes between this and
  -- the capture.
  IF resolution.kind = 'post' AND pending.expires_at <= clock_timestamp() THEN
    RAISE EXCEPTION 'Pending transaction % has expired', pending.id
      USING ERRCODE = 'FN005', DETAIL = pending.id, CONSTRAINT = 'pending_resolutions_in_time';
  ELSIF resolution.kind = 'expire' AND (pending.expires_at <= clock_timestamp()) IS NOT TRUE THEN
    RAISE EXCEPTION 'Pending transaction % has not expired', pending.id
      USING ERRCODE = 'FN005', DETAIL = pending.id, CONSTRAINT = 'pending_resolutions_due';
  END IF;
  PERFORM transactions.lock_balances(transactions.accounts_of_transaction(pending.id), false);
  UPDATE transactions.balances SET
    debits_pending_minor = debits_pending_minor - held.debits,
    credits_pending_minor = credits_pending_minor - held.credits
  FROM (
    SELECT side.id, sum(side.debit)::bigint AS debits, sum(side.credit)::bigint AS credits
    FROM transactions.transfers,
      LATERAL (VALUES (debit_account_id, amount_minor, 0), (credit_account_id, 0, amount_minor)) AS side(id, debit, credit)
    WHERE transaction_id = pending.id GROUP BY side.id
  ) AS held WHERE account_id = held.id;
  RETURN NULL;
END $function$;
REVOKE EXECUTE ON FUNCTION transactions.release_hold() FROM PUBLIC;
COMMENT ON FUNCTION transactions.release_hold() IS 'Gives back what a settled hold held';

CREATE OR REPLACE FUNCTION transactions.require_same_months()
 RETURNS void
 LANGUAGE plpgsql
 STABLE
AS $function$
BEGIN
  -- Which partitions are read is decided at the moment, what is in the tables by the snapshot. None goes from here on: whoever
  -- has read entries holds them.
  PERFORM FROM pg_catalog.pg_inherits WHERE inhparent = 'transactions.entries'::regclass
    AND inhrelid NOT IN (SELECT relid FROM pg_catalog.pg_partition_tree('transactions.entries'));
  IF FOUND THEN
    RAISE EXCEPTION 'A month was retired since this transaction, or statement, began' USING ERRCODE = '40001';
  END IF;
END $function$;
REVOKE EXECUTE ON FUNCTION transactions.require_same_months() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION transactions.require_same_months() TO finova_transactions_app;
COMMENT ON FUNCTION transactions.require_same_months() IS 'After entries were read: 40001 when a month of theirs was retired that the snapshot still counts on';

CREATE OR REPLACE FUNCTION transactions.retire_month(month date)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '5s'
AS $function$
DECLARE
  first_day CONSTANT date := date_trunc('month', month)::date;
  last_day CONSTANT date := (date_trunc('month', month) + interval '1 month - 1 day')::date;
  partition_name CONSTANT text := format('entries_%s', to_char(first_day, 'YYYY_MM'));
  wrong text;
BEGIN
  PERFORM transactions.begin_upkeep_of_months();
  IF NOT EXISTS (
    SELECT FROM pg_inherits WHERE inhparent = 'transactions.entries'::regclass
      AND inhrelid = to_regclass(format('transactions.%I', partition_name))) THEN
    RAISE EXCEPTION 'Month % has no partition of entries', to_char(first_day, 'YYYY-MM') USING ERRCODE = 'FN009';
  END IF;
  -- The oldest first: what verifies the rest begins at one day.
  SELECT min(relname) INTO wrong FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
  WHERE inhparent = 'transactions.entries'::regclass AND relname < partition_name;
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION 'An earlier month is still there: %', wrong USING ERRCODE = 'FN009';
  END IF;
  IF NOT EXISTS (
    SELECT FROM pg_trigger WHERE tgrelid = to_regclass(format('transactions.%I', partition_name)) AND tgname = 'entries_month_open')
    OR NOT EXISTS (SELECT FROM transactions.balance_snapshots WHERE as_of = last_day) THEN
    RAISE EXCEPTION 'The balances at the end of % were not taken', last_day USING ERRCODE = 'FN009';
  END IF;
  -- Every account that has an entry in the month has its balance kept, and the books up to here are right.
  SELECT format('account %s', account_id) INTO wrong FROM transactions.entries AS entry
  WHERE booking_date BETWEEN first_day AND last_day AND NOT EXISTS (
    SELECT FROM transactions.balance_snapshots AS snapshot
    WHERE snapshot.account_id = entry.account_id AND snapshot.as_of = last_day) LIMIT 1;
  IF wrong IS NULL THEN
    SELECT problem INTO wrong FROM transactions.verify(first_day, last_day) LIMIT 1;
  END IF;
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION 'The books of % are not right: %', to_char(first_day, 'YYYY-MM'), wrong USING ERRCODE = 'FN009';
  END IF;
  EXECUTE format('ALTER TABLE transactions.entries DETACH PARTITION transactions.%I', partition_name);
  -- Copies of row triggers go with the partition's place; what it holds stays as it is.
  EXECUTE format('CREATE TRIGGER entries_append_only BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON transactions.%I
    FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change()', partition_name);
  EXECUTE format('ALTER TABLE transactions.%I ENABLE ALWAYS TRIGGER entries_append_only', partition_name);
  INSERT INTO transactions.retired_months (month, through, partition_name) VALUES (first_day, last_day, partition_name);
  RETURN partition_name;
END $function$;
REVOKE EXECUTE ON FUNCTION transactions.retire_month(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION transactions.retire_month(date) TO finova_transactions_app;
COMMENT ON FUNCTION transactions.retire_month(pg_catalog.date) IS 'Detaches the oldest month of entries, once its balances are kept and its books verified, and returns the name of the table that has them';

CREATE OR REPLACE FUNCTION transactions.reverse(in_scope text, in_key text, request jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET enable_seqscan TO 'off'
AS $function$
DECLARE
  new_id uuid := transactions.uuid_v7();
  answer jsonb := jsonb_build_object('transaction_id', new_id, 'kind', 'reversal');
  answered jsonb := transactions.claim_key('reverse', in_scope, in_key, request, new_id, answer);
  original uuid := (request ->> 'transaction_id')::uuid;
BEGIN
  IF answered IS NOT NULL THEN
    RETURN answered;
  END IF;
  PERFORM FROM transactions.transactions WHERE id = original AND kind IN ('posted', 'post');
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no posted transaction %', original USING ERRCODE = 'FN004', DETAIL = coalesce(original::text, '');
  END IF;
  PERFORM transactions.lock_balances(transactions.accounts_of_transaction(original), true);
  PERFORM transactions.insert_transaction(new_id, 'reversal', request);
  INSERT INTO transactions.reversals (reversed_transaction_id, reversal_transaction_id) VALUES (original, new_id);
  INSERT INTO transactions.transfers (transaction_id, debit_account_id, credit_account_id, currency, amount_minor)
  SELECT new_id, credit_account_id, debit_account_id, currency, amount_minor
  FROM transactions.transfers WHERE transaction_id = original ORDER BY created_at DESC, id DESC;
  RETURN answer;
END $function$;
REVOKE EXECUTE ON FUNCTION transactions.reverse(text,text,jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION transactions.reverse(text,text,jsonb) TO finova_transactions_app;
COMMENT ON FUNCTION transactions.reverse(pg_catalog.text,pg_catalog.text,pg_catalog.jsonb) IS 'Moves back exactly what a posted transaction moved, once';

CREATE OR REPLACE FUNCTION transactions.set_message_aside(in_consumer text, in_writer xid8, in_position bigint, in_reason text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
REVOKE EXECUTE ON FUNCTION transactions.set_message_aside(text,xid8,bigint,text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION transactions.set_message_aside(text,xid8,bigint,text) TO finova_transactions_app;
COMMENT ON FUNCTION transactions.set_message_aside(pg_catalog.text,pg_catalog.xid8,bigint,pg_catalog.text) IS 'Keeps a message that a consumer cannot handle, and why; again counts the attempt';

CREATE OR REPLACE FUNCTION transactions.settle(resolution_id uuid, pending_id uuid, resolution text, request jsonb)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
BEGIN
  PERFORM FROM transactions.transactions WHERE id = pending_id AND kind = 'pending';
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no pending transaction %', pending_id
      USING ERRCODE = 'FN004', DETAIL = coalesce(pending_id::text, '');
  END IF;
  -- Balances before the resolution, as everywhere. Money can be given back whatever became of the account; to take it,
  -- the account must be active.
  PERFORM transactions.lock_balances(transactions.accounts_of_transaction(pending_id), resolution = 'post');
  PERFORM transactions.insert_transaction(resolution_id, resolution, request);
  -- The primary key decides a race between capture, void and expiry; a trigger gives back what was held.
  INSERT INTO transactions.pending_resolutions (pending_transaction_id, resolution_transaction_id)
  VALUES (pending_id, resolution_id);
END $function$;
REVOKE EXECUTE ON FUNCTION transactions.settle(uuid,uuid,text,jsonb) FROM PUBLIC;
COMMENT ON FUNCTION transactions.settle(pg_catalog.uuid,pg_catalog.uuid,pg_catalog.text,pg_catalog.jsonb) IS 'Writes what became of a hold, which gives back what it held';

CREATE OR REPLACE FUNCTION transactions.settle_set_aside(in_consumer text, in_writer xid8, in_position bigint)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
  DELETE FROM transactions.outbox_set_aside
  WHERE consumer = in_consumer AND writer = in_writer AND position = in_position;
  RETURN FOUND;
END $function$;
REVOKE EXECUTE ON FUNCTION transactions.settle_set_aside(text,xid8,bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION transactions.settle_set_aside(text,xid8,bigint) TO finova_transactions_app;
COMMENT ON FUNCTION transactions.settle_set_aside(pg_catalog.text,pg_catalog.xid8,bigint) IS 'Removes a message from those set aside for a consumer that has handled it after all, and tells whether it was there';

CREATE OR REPLACE FUNCTION transactions.take_balance_snapshots(as_of date)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '5s'
AS $function$
DECLARE
  before date;
  leaf record;
  taken integer;
BEGIN
  PERFORM transactions.begin_upkeep_of_months();
  IF as_of <> (date_trunc('month', as_of) + interval '1 month - 1 day')::date THEN
    RAISE EXCEPTION 'Balances are taken at the end of a month, and % is not the last day of one', as_of USING ERRCODE = 'FN009';
  -- Over everywhere: which day it is must not depend on the time zone of whoever asks.
  ELSIF as_of >= (clock_timestamp() AT TIME ZONE 'Etc/GMT+12')::date THEN
    RAISE EXCEPTION 'The month of % is not over', as_of USING ERRCODE = 'FN009';
  END IF;
  SELECT max(snapshot.as_of) INTO before FROM transactions.balance_snapshots AS snapshot
  WHERE snapshot.as_of < take_balance_snapshots.as_of;
  -- Closed by a trigger on the partition, which every later statement sees whatever its snapshot; making it waits for the
  -- postings that are under way there, and costs those of other months nothing.
  FOR leaf IN
    SELECT relname AS name FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
    WHERE inhparent = 'transactions.entries'::regclass AND relname ~ '^entries_[0-9]{4}_[0-9]{2}$'
      AND to_date(substr(relname, 9), 'YYYY_MM') <= as_of
      AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = inhrelid AND tgname = 'entries_month_open')
    ORDER BY relname
  LOOP
    EXECUTE format('CREATE TRIGGER entries_month_open BEFORE INSERT ON transactions.%I
      FOR EACH ROW EXECUTE FUNCTION transactions.refuse_closed_month()', leaf.name);
    EXECUTE format('ALTER TABLE transactions.%I ENABLE ALWAYS TRIGGER entries_month_open', leaf.name);
  END LOOP;
  INSERT INTO transactions.balance_snapshots (account_id, as_of, account_version, debits_posted_minor, credits_posted_minor)
  SELECT account_id, take_balance_snapshots.as_of, coalesce(earlier.account_version, 0) + coalesce(since.entries, 0),
    coalesce(earlier.debits_posted_minor, 0) + coalesce(since.debits, 0),
    coalesce(earlier.credits_posted_minor, 0) + coalesce(since.credits, 0)
  FROM transactions.balances
  LEFT JOIN (SELECT * FROM transactions.balance_snapshots AS snapshot WHERE snapshot.as_of = before) AS earlier USING (account_id)
  LEFT JOIN (
    SELECT account_id, count(*) AS entries,
      sum(amount_minor) FILTER (WHERE direction = 'debit') AS debits, sum(amount_minor) FILTER (WHERE direction = 'credit') AS credits
    FROM transactions.entries
    WHERE booking_date > coalesce(before, '-infinity') AND booking_date <= take_balance_snapshots.as_of GROUP BY account_id
  ) AS since USING (account_id)
  ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS taken = ROW_COUNT;
  RETURN taken;
END $function$;
REVOKE EXECUTE ON FUNCTION transactions.take_balance_snapshots(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION transactions.take_balance_snapshots(date) TO finova_transactions_app;
COMMENT ON FUNCTION transactions.take_balance_snapshots(pg_catalog.date) IS 'Closes the months up to the last day of one, keeps the balance of every account at its end, and returns how many it took';

CREATE OR REPLACE FUNCTION transactions.transfer_hash(debit_account_id uuid, credit_account_id uuid, currency text, amount_minor bigint, end_to_end_id text, description text, booking_date date, value_date date)
 RETURNS bytea
 LANGUAGE sql
 STABLE
AS $function$
  SELECT sha256(convert_to(concat_ws(';', 'item', debit_account_id, credit_account_id, currency, amount_minor,
    transactions.day_text(booking_date), transactions.day_text(value_date), quote_nullable(end_to_end_id), quote_nullable(description)),
    'UTF8'))
$function$;
REVOKE EXECUTE ON FUNCTION transactions.transfer_hash(uuid,uuid,text,bigint,text,text,date,date) FROM PUBLIC;
COMMENT ON FUNCTION transactions.transfer_hash(pg_catalog.uuid,pg_catalog.uuid,pg_catalog.text,bigint,pg_catalog.text,pg_catalog.text,pg_catalog.date,pg_catalog.date) IS 'What the key of a transfer was used for: the same, whether it came by itself or in a batch';

CREATE OR REPLACE FUNCTION transactions.verify(first_day date DEFAULT NULL::date, last_day date DEFAULT NULL::date)
 RETURNS TABLE(problem text)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
  from_day CONSTANT date := coalesce(first_day, '-infinity');
  to_day CONSTANT date := coalesce(last_day, 'infinity');
  -- Entries up to here may be in partitions that were retired.
  retired CONSTANT date := (SELECT max(through) FROM transactions.retired_months);
BEGIN
  RETURN QUERY SELECT guard.missing FROM transactions.missing_guards() AS guard(missing);

  RETURN QUERY
  SELECT format('transaction %s: debits and credits of %s differ by %s', entry.transaction_id, transfer.currency,
    sum(CASE entry.direction WHEN 'debit' THEN entry.amount_minor ELSE -entry.amount_minor END))
  FROM transactions.entries AS entry JOIN transactions.transfers AS transfer ON transfer.id = entry.transfer_id
  WHERE entry.booking_date BETWEEN from_day AND to_day
  GROUP BY entry.transaction_id, transfer.currency
  HAVING sum(CASE entry.direction WHEN 'debit' THEN entry.amount_minor ELSE -entry.amount_minor END) <> 0;
  PERFORM transactions.require_same_months();

  RETURN QUERY
  SELECT format('transfer %s: its entries are not one debit and one credit of it', transfer.id)
  FROM transactions.transfers AS transfer
  JOIN transactions.transactions AS transaction ON transaction.id = transfer.transaction_id
  LEFT JOIN transactions.entries AS entry ON entry.transfer_id = transfer.id AND entry.booking_date = transaction.booking_date
  WHERE transaction.kind IN ('posted', 'post', 'reversal') AND transaction.booking_date BETWEEN from_day AND to_day
    AND transaction.booking_date > coalesce(retired, '-infinity')
  GROUP BY transfer.id
  HAVING array_agg((entry.direction, entry.account_id, entry.amount_minor, entry.transaction_id) ORDER BY entry.direction DESC)
    IS DISTINCT FROM ARRAY[('debit'::text, transfer.debit_account_id, transfer.amount_minor::bigint, transfer.transaction_id),
      ('credit'::text, transfer.credit_account_id, transfer.amount_minor::bigint, transfer.transaction_id)];

  RETURN QUERY
  SELECT format('entry %s of account %s belongs to no transfer of its day', entry.account_version, entry.account_id)
  FROM transactions.entries AS entry
  WHERE entry.booking_date BETWEEN from_day AND to_day AND NOT EXISTS (
    SELECT FROM transactions.transfers AS transfer JOIN transactions.transactions AS transaction
      ON transaction.id = transfer.transaction_id
    WHERE transfer.id = entry.transfer_id AND transaction.id = entry.transaction_id
      AND transaction.kind IN ('posted', 'post', 'reversal') AND transaction.booking_date = entry.booking_date);

  RETURN QUERY
  SELECT format('transfer %s: its currency is not that of account %s', transfer.id, balance.account_id)
  FROM transactions.transfers AS transfer
  JOIN transactions.transactions AS transaction ON transaction.id = transfer.transaction_id
  JOIN transactions.balances AS balance ON balance.account_id IN (transfer.debit_account_id, transfer.credit_account_id)
  WHERE transaction.booking_date BETWEEN from_day AND to_day AND balance.currency <> transfer.currency;

  RETURN QUERY
  SELECT format('transaction %s (%s) moves or holds nothing', transaction.id, transaction.kind)
  FROM transactions.transactions AS transaction
  WHERE transaction.kind IN ('posted', 'pending', 'post', 'reversal') AND transaction.booking_date BETWEEN from_day AND to_day
    AND NOT EXISTS (SELECT FROM transactions.transfers WHERE transaction_id = transaction.id);

  RETURN QUERY
  SELECT format('account %s: its balance is not there, or says something else than the account', account.id)
  FROM accounts.accounts AS account LEFT JOIN transactions.balances AS balance ON balance.account_id = account.id
  WHERE (balance.currency, balance.normal_side, balance.account_status, balance.overdraft_limit_minor)
    IS DISTINCT FROM (account.currency, account.normal_side, account.status, account.overdraft_limit_minor);

  RETURN QUERY
  SELECT format('account %s: less is available than its overdraft limit allows', balance.account_id)
  FROM transactions.balances AS balance
  WHERE -balance.overdraft_limit_minor > CASE balance.normal_side
    WHEN 'credit' THEN balance.credits_posted_minor - balance.debits_posted_minor - balance.debits_pending_minor
    ELSE balance.debits_posted_minor - balance.credits_posted_minor - balance.credits_pending_minor END
  UNION ALL
  SELECT format('account %s: it is closed, with money or holds on it', balance.account_id)
  FROM transactions.balances AS balance
  WHERE balance.account_status = 'closed' AND (balance.debits_posted_minor <> balance.credits_posted_minor
    OR balance.debits_pending_minor <> 0 OR balance.credits_pending_minor <> 0);

  RETURN QUERY
  SELECT format('transaction %s captures more than was held', capture.id)
  FROM transactions.pending_resolutions AS resolution
  JOIN transactions.transactions AS capture ON capture.id = resolution.resolution_transaction_id
  WHERE capture.kind = 'post' AND capture.booking_date BETWEEN from_day AND to_day AND EXISTS (
    SELECT FROM transactions.transfers AS transfer
    WHERE transfer.transaction_id IN (capture.id, resolution.pending_transaction_id)
    GROUP BY transfer.debit_account_id, transfer.credit_account_id, transfer.currency
    HAVING sum(CASE transfer.transaction_id WHEN capture.id THEN transfer.amount_minor ELSE -transfer.amount_minor END) > 0)
  UNION ALL
  SELECT format('transaction %s does not move back exactly what transaction %s moved', reversal.id, original.id)
  FROM transactions.reversals
  JOIN transactions.transactions AS original ON original.id = reversed_transaction_id
  JOIN transactions.transactions AS reversal ON reversal.id = reversal_transaction_id,
    LATERAL (
      SELECT array_agg((debit_account_id, credit_account_id, currency, amount_minor::bigint)
        ORDER BY debit_account_id, credit_account_id, currency, amount_minor) AS transfers
      FROM transactions.transfers WHERE transaction_id = original.id
    ) AS moved,
    LATERAL (
      SELECT array_agg((credit_account_id, debit_account_id, currency, amount_minor::bigint)
        ORDER BY credit_account_id, debit_account_id, currency, amount_minor) AS transfers
      FROM transactions.transfers WHERE transaction_id = reversal.id
    ) AS moved_back
  WHERE reversal.booking_date BETWEEN from_day AND to_day
    AND (original.kind NOT IN ('posted', 'post') OR moved.transfers IS DISTINCT FROM moved_back.transfers);

  IF first_day IS NULL AND last_day IS NULL THEN
    RETURN QUERY
    SELECT format('transaction %s is not there, and an idempotency key names it', known.transaction_id)
    FROM transactions.idempotency_keys AS known
    WHERE known.transaction_id IS NOT NULL
      AND NOT EXISTS (SELECT FROM transactions.transactions WHERE id = known.transaction_id);
  END IF;

  RETURN QUERY
  SELECT format('transaction %s (%s) settles nothing', transaction.id, transaction.kind)
  FROM transactions.transactions AS transaction
  WHERE transaction.kind IN ('post', 'void', 'expire') AND transaction.booking_date BETWEEN from_day AND to_day
    AND NOT EXISTS (SELECT FROM transactions.pending_resolutions WHERE resolution_transaction_id = transaction.id);

  -- A range of days need not be a range of versions: what was booked late has a later one. Accounts with entries in the
  -- range are folded whole, from the snapshot at the end of what was retired.
  RETURN QUERY
  WITH concerned AS MATERIALIZED (
    SELECT balance.* FROM transactions.balances AS balance
    WHERE (first_day IS NULL AND last_day IS NULL) OR EXISTS (
      SELECT FROM transactions.entries AS entry
      WHERE entry.account_id = balance.account_id AND entry.booking_date BETWEEN from_day AND to_day)
  ), opening AS (
    SELECT snapshot.* FROM transactions.balance_snapshots AS snapshot WHERE snapshot.as_of = retired
  ), running AS (
    SELECT entry.account_id, entry.account_version, entry.balance_after_minor,
      coalesce(lag(entry.account_version) OVER every, 0) AS version_before,
      coalesce(lag(entry.balance_after_minor) OVER every, 0)
        + CASE entry.direction WHEN concerned.normal_side THEN entry.amount_minor ELSE -entry.amount_minor END AS expected_minor
    FROM transactions.entries AS entry JOIN concerned USING (account_id)
    WINDOW every AS (PARTITION BY entry.account_id ORDER BY entry.account_version)
  ), folded AS (
    SELECT entry.account_id, count(*) AS entries,
      sum(entry.amount_minor) FILTER (WHERE entry.direction = 'debit') AS debits,
      sum(entry.amount_minor) FILTER (WHERE entry.direction = 'credit') AS credits
    FROM transactions.entries AS entry JOIN concerned USING (account_id) GROUP BY entry.account_id
  ), held AS (
    SELECT side.id, sum(side.debit) AS debits, sum(side.credit) AS credits
    FROM transactions.transactions AS pending
    JOIN transactions.transfers AS transfer ON transfer.transaction_id = pending.id,
      LATERAL (VALUES (debit_account_id, amount_minor, 0), (credit_account_id, 0, amount_minor)) AS side(id, debit, credit)
    WHERE pending.kind = 'pending' AND NOT EXISTS (
      SELECT FROM transactions.pending_resolutions WHERE pending_transaction_id = pending.id)
    GROUP BY side.id
  )
  -- Where a month was retired, what was booked late leaves gaps in what is left, and the number of entries tells.
  SELECT format('account %s: version %s follows version %s', account_id, account_version, version_before)
  FROM running WHERE account_version <> version_before + 1 AND (retired IS NULL OR account_version <= version_before)
  UNION ALL
  SELECT format('account %s: the balance after version %s is %s, and not %s', account_id, account_version, balance_after_minor,
    expected_minor)
  FROM running WHERE account_version = version_before + 1 AND balance_after_minor <> expected_minor
  UNION ALL
  SELECT format('account %s: its totals are not the sum of its entries', concerned.account_id)
  FROM concerned LEFT JOIN folded USING (account_id) LEFT JOIN opening USING (account_id)
  WHERE (concerned.debits_posted_minor, concerned.credits_posted_minor, concerned.version) IS DISTINCT FROM (
    coalesce(folded.debits, 0) + coalesce(opening.debits_posted_minor, 0),
    coalesce(folded.credits, 0) + coalesce(opening.credits_posted_minor, 0),
    coalesce(folded.entries, 0) + coalesce(opening.account_version, 0))
  UNION ALL
  SELECT format('account %s: what it says is held is not what open holds hold', concerned.account_id)
  FROM concerned LEFT JOIN held ON held.id = concerned.account_id
  WHERE (concerned.debits_pending_minor, concerned.credits_pending_minor)
    IS DISTINCT FROM (coalesce(held.debits, 0), coalesce(held.credits, 0))
  UNION ALL
  SELECT format('account %s: its snapshot of %s is not the sum of its entries', snapshot.account_id, snapshot.as_of)
  FROM transactions.balance_snapshots AS snapshot JOIN concerned USING (account_id) LEFT JOIN opening USING (account_id),
    LATERAL (
      SELECT count(*) AS entries,
        coalesce(sum(amount_minor) FILTER (WHERE direction = 'debit'), 0) AS debits,
        coalesce(sum(amount_minor) FILTER (WHERE direction = 'credit'), 0) AS credits
      FROM transactions.entries AS entry
      WHERE entry.account_id = snapshot.account_id AND entry.booking_date <= snapshot.as_of
    ) AS until
  WHERE snapshot.as_of BETWEEN from_day AND to_day AND snapshot.as_of > coalesce(retired, '-infinity')
    AND (snapshot.account_version, snapshot.debits_posted_minor, snapshot.credits_posted_minor) IS DISTINCT FROM (
      until.entries + coalesce(opening.account_version, 0), until.debits + coalesce(opening.debits_posted_minor, 0),
      until.credits + coalesce(opening.credits_posted_minor, 0));
END $function$;
REVOKE EXECUTE ON FUNCTION transactions.verify(date,date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION transactions.verify(date,date) TO finova_transactions_app;
COMMENT ON FUNCTION transactions.verify(pg_catalog.date,pg_catalog.date) IS 'What is wrong with the books booked between two days, and with what guards them; no row when nothing is';

CREATE OR REPLACE FUNCTION transactions.void(in_scope text, in_key text, request jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET enable_seqscan TO 'off'
AS $function$
DECLARE
  new_id uuid := transactions.uuid_v7();
  answer jsonb := jsonb_build_object('transaction_id', new_id, 'kind', 'void');
  answered jsonb := transactions.claim_key('void', in_scope, in_key, request, new_id, answer);
BEGIN
  IF answered IS NOT NULL THEN
    RETURN answered;
  END IF;
  PERFORM transactions.settle(new_id, (request ->> 'pending_transaction_id')::uuid, 'void', request);
  RETURN answer;
END $function$;
REVOKE EXECUTE ON FUNCTION transactions.void(text,text,jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION transactions.void(text,text,jsonb) TO finova_transactions_app;
COMMENT ON FUNCTION transactions.void(pg_catalog.text,pg_catalog.text,pg_catalog.jsonb) IS 'Gives back what was held';

-- Triggers

CREATE TRIGGER transactions_follow_account AFTER UPDATE OF status, overdraft_limit_minor ON accounts.accounts FOR EACH ROW WHEN (old.status IS DISTINCT FROM new.status OR old.overdraft_limit_minor IS DISTINCT FROM new.overdraft_limit_minor) EXECUTE FUNCTION transactions.follow_account();
ALTER TABLE ONLY accounts.accounts ENABLE ALWAYS TRIGGER transactions_follow_account;
CREATE TRIGGER transactions_open_balance AFTER INSERT ON accounts.accounts FOR EACH ROW EXECUTE FUNCTION transactions.open_balance();
ALTER TABLE ONLY accounts.accounts ENABLE ALWAYS TRIGGER transactions_open_balance;
CREATE TRIGGER balance_snapshots_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON transactions.balance_snapshots FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
ALTER TABLE ONLY transactions.balance_snapshots ENABLE ALWAYS TRIGGER balance_snapshots_append_only;
CREATE TRIGGER balances_in_step BEFORE INSERT OR UPDATE OF account_id, currency, normal_side, account_status, overdraft_limit_minor ON transactions.balances FOR EACH ROW EXECUTE FUNCTION transactions.check_balance_in_step();
ALTER TABLE ONLY transactions.balances ENABLE ALWAYS TRIGGER balances_in_step;
CREATE TRIGGER balances_never_removed BEFORE DELETE OR TRUNCATE ON transactions.balances FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_removal();
ALTER TABLE ONLY transactions.balances ENABLE ALWAYS TRIGGER balances_never_removed;
CREATE TRIGGER balances_rules BEFORE INSERT OR UPDATE ON transactions.balances FOR EACH ROW EXECUTE FUNCTION transactions.check_balance_rules();
ALTER TABLE ONLY transactions.balances ENABLE ALWAYS TRIGGER balances_rules;
CREATE TRIGGER entries_append_only BEFORE DELETE OR UPDATE ON transactions.entries FOR EACH ROW EXECUTE FUNCTION transactions.refuse_change();
ALTER TABLE ONLY transactions.entries ENABLE ALWAYS TRIGGER entries_append_only;
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
ALTER TABLE ONLY transactions.entries ENABLE ALWAYS TRIGGER entries_no_truncate;
CREATE TRIGGER entries_only_by_transfers BEFORE INSERT ON transactions.entries FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_by_hand();
ALTER TABLE ONLY transactions.entries ENABLE ALWAYS TRIGGER entries_only_by_transfers;
ALTER TABLE ONLY transactions.entries_2026_01 ENABLE ALWAYS TRIGGER entries_append_only;
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2026_01 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
ALTER TABLE ONLY transactions.entries_2026_01 ENABLE ALWAYS TRIGGER entries_no_truncate;
CREATE TRIGGER entries_only_by_transfers BEFORE INSERT ON transactions.entries_2026_01 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_by_hand();
ALTER TABLE ONLY transactions.entries_2026_01 ENABLE ALWAYS TRIGGER entries_only_by_transfers;
ALTER TABLE ONLY transactions.entries_2026_02 ENABLE ALWAYS TRIGGER entries_append_only;
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2026_02 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
ALTER TABLE ONLY transactions.entries_2026_02 ENABLE ALWAYS TRIGGER entries_no_truncate;
CREATE TRIGGER entries_only_by_transfers BEFORE INSERT ON transactions.entries_2026_02 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_by_hand();
ALTER TABLE ONLY transactions.entries_2026_02 ENABLE ALWAYS TRIGGER entries_only_by_transfers;
ALTER TABLE ONLY transactions.entries_2026_03 ENABLE ALWAYS TRIGGER entries_append_only;
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2026_03 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
ALTER TABLE ONLY transactions.entries_2026_03 ENABLE ALWAYS TRIGGER entries_no_truncate;
CREATE TRIGGER entries_only_by_transfers BEFORE INSERT ON transactions.entries_2026_03 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_by_hand();
ALTER TABLE ONLY transactions.entries_2026_03 ENABLE ALWAYS TRIGGER entries_only_by_transfers;
ALTER TABLE ONLY transactions.entries_2026_04 ENABLE ALWAYS TRIGGER entries_append_only;
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2026_04 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
ALTER TABLE ONLY transactions.entries_2026_04 ENABLE ALWAYS TRIGGER entries_no_truncate;
CREATE TRIGGER entries_only_by_transfers BEFORE INSERT ON transactions.entries_2026_04 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_by_hand();
ALTER TABLE ONLY transactions.entries_2026_04 ENABLE ALWAYS TRIGGER entries_only_by_transfers;
ALTER TABLE ONLY transactions.entries_2026_05 ENABLE ALWAYS TRIGGER entries_append_only;
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2026_05 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
ALTER TABLE ONLY transactions.entries_2026_05 ENABLE ALWAYS TRIGGER entries_no_truncate;
CREATE TRIGGER entries_only_by_transfers BEFORE INSERT ON transactions.entries_2026_05 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_by_hand();
ALTER TABLE ONLY transactions.entries_2026_05 ENABLE ALWAYS TRIGGER entries_only_by_transfers;
ALTER TABLE ONLY transactions.entries_2026_06 ENABLE ALWAYS TRIGGER entries_append_only;
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2026_06 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
ALTER TABLE ONLY transactions.entries_2026_06 ENABLE ALWAYS TRIGGER entries_no_truncate;
CREATE TRIGGER entries_only_by_transfers BEFORE INSERT ON transactions.entries_2026_06 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_by_hand();
ALTER TABLE ONLY transactions.entries_2026_06 ENABLE ALWAYS TRIGGER entries_only_by_transfers;
ALTER TABLE ONLY transactions.entries_2026_07 ENABLE ALWAYS TRIGGER entries_append_only;
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2026_07 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
ALTER TABLE ONLY transactions.entries_2026_07 ENABLE ALWAYS TRIGGER entries_no_truncate;
CREATE TRIGGER entries_only_by_transfers BEFORE INSERT ON transactions.entries_2026_07 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_by_hand();
ALTER TABLE ONLY transactions.entries_2026_07 ENABLE ALWAYS TRIGGER entries_only_by_transfers;
ALTER TABLE ONLY transactions.entries_2026_08 ENABLE ALWAYS TRIGGER entries_append_only;
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2026_08 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
ALTER TABLE ONLY transactions.entries_2026_08 ENABLE ALWAYS TRIGGER entries_no_truncate;
CREATE TRIGGER entries_only_by_transfers BEFORE INSERT ON transactions.entries_2026_08 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_by_hand();
ALTER TABLE ONLY transactions.entries_2026_08 ENABLE ALWAYS TRIGGER entries_only_by_transfers;
ALTER TABLE ONLY transactions.entries_2026_09 ENABLE ALWAYS TRIGGER entries_append_only;
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2026_09 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
ALTER TABLE ONLY transactions.entries_2026_09 ENABLE ALWAYS TRIGGER entries_no_truncate;
CREATE TRIGGER entries_only_by_transfers BEFORE INSERT ON transactions.entries_2026_09 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_by_hand();
ALTER TABLE ONLY transactions.entries_2026_09 ENABLE ALWAYS TRIGGER entries_only_by_transfers;
ALTER TABLE ONLY transactions.entries_2026_10 ENABLE ALWAYS TRIGGER entries_append_only;
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2026_10 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
ALTER TABLE ONLY transactions.entries_2026_10 ENABLE ALWAYS TRIGGER entries_no_truncate;
CREATE TRIGGER entries_only_by_transfers BEFORE INSERT ON transactions.entries_2026_10 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_by_hand();
ALTER TABLE ONLY transactions.entries_2026_10 ENABLE ALWAYS TRIGGER entries_only_by_transfers;
ALTER TABLE ONLY transactions.entries_2026_11 ENABLE ALWAYS TRIGGER entries_append_only;
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2026_11 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
ALTER TABLE ONLY transactions.entries_2026_11 ENABLE ALWAYS TRIGGER entries_no_truncate;
CREATE TRIGGER entries_only_by_transfers BEFORE INSERT ON transactions.entries_2026_11 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_by_hand();
ALTER TABLE ONLY transactions.entries_2026_11 ENABLE ALWAYS TRIGGER entries_only_by_transfers;
ALTER TABLE ONLY transactions.entries_2026_12 ENABLE ALWAYS TRIGGER entries_append_only;
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2026_12 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
ALTER TABLE ONLY transactions.entries_2026_12 ENABLE ALWAYS TRIGGER entries_no_truncate;
CREATE TRIGGER entries_only_by_transfers BEFORE INSERT ON transactions.entries_2026_12 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_by_hand();
ALTER TABLE ONLY transactions.entries_2026_12 ENABLE ALWAYS TRIGGER entries_only_by_transfers;
ALTER TABLE ONLY transactions.entries_2027_01 ENABLE ALWAYS TRIGGER entries_append_only;
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2027_01 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
ALTER TABLE ONLY transactions.entries_2027_01 ENABLE ALWAYS TRIGGER entries_no_truncate;
CREATE TRIGGER entries_only_by_transfers BEFORE INSERT ON transactions.entries_2027_01 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_by_hand();
ALTER TABLE ONLY transactions.entries_2027_01 ENABLE ALWAYS TRIGGER entries_only_by_transfers;
ALTER TABLE ONLY transactions.entries_2027_02 ENABLE ALWAYS TRIGGER entries_append_only;
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2027_02 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
ALTER TABLE ONLY transactions.entries_2027_02 ENABLE ALWAYS TRIGGER entries_no_truncate;
CREATE TRIGGER entries_only_by_transfers BEFORE INSERT ON transactions.entries_2027_02 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_by_hand();
ALTER TABLE ONLY transactions.entries_2027_02 ENABLE ALWAYS TRIGGER entries_only_by_transfers;
ALTER TABLE ONLY transactions.entries_2027_03 ENABLE ALWAYS TRIGGER entries_append_only;
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2027_03 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
ALTER TABLE ONLY transactions.entries_2027_03 ENABLE ALWAYS TRIGGER entries_no_truncate;
CREATE TRIGGER entries_only_by_transfers BEFORE INSERT ON transactions.entries_2027_03 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_by_hand();
ALTER TABLE ONLY transactions.entries_2027_03 ENABLE ALWAYS TRIGGER entries_only_by_transfers;
ALTER TABLE ONLY transactions.entries_2027_04 ENABLE ALWAYS TRIGGER entries_append_only;
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2027_04 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
ALTER TABLE ONLY transactions.entries_2027_04 ENABLE ALWAYS TRIGGER entries_no_truncate;
CREATE TRIGGER entries_only_by_transfers BEFORE INSERT ON transactions.entries_2027_04 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_by_hand();
ALTER TABLE ONLY transactions.entries_2027_04 ENABLE ALWAYS TRIGGER entries_only_by_transfers;
ALTER TABLE ONLY transactions.entries_2027_05 ENABLE ALWAYS TRIGGER entries_append_only;
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2027_05 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
ALTER TABLE ONLY transactions.entries_2027_05 ENABLE ALWAYS TRIGGER entries_no_truncate;
CREATE TRIGGER entries_only_by_transfers BEFORE INSERT ON transactions.entries_2027_05 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_by_hand();
ALTER TABLE ONLY transactions.entries_2027_05 ENABLE ALWAYS TRIGGER entries_only_by_transfers;
ALTER TABLE ONLY transactions.entries_2027_06 ENABLE ALWAYS TRIGGER entries_append_only;
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2027_06 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
ALTER TABLE ONLY transactions.entries_2027_06 ENABLE ALWAYS TRIGGER entries_no_truncate;
CREATE TRIGGER entries_only_by_transfers BEFORE INSERT ON transactions.entries_2027_06 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_by_hand();
ALTER TABLE ONLY transactions.entries_2027_06 ENABLE ALWAYS TRIGGER entries_only_by_transfers;
ALTER TABLE ONLY transactions.entries_2027_07 ENABLE ALWAYS TRIGGER entries_append_only;
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2027_07 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
ALTER TABLE ONLY transactions.entries_2027_07 ENABLE ALWAYS TRIGGER entries_no_truncate;
CREATE TRIGGER entries_only_by_transfers BEFORE INSERT ON transactions.entries_2027_07 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_by_hand();
ALTER TABLE ONLY transactions.entries_2027_07 ENABLE ALWAYS TRIGGER entries_only_by_transfers;
ALTER TABLE ONLY transactions.entries_2027_08 ENABLE ALWAYS TRIGGER entries_append_only;
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2027_08 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
ALTER TABLE ONLY transactions.entries_2027_08 ENABLE ALWAYS TRIGGER entries_no_truncate;
CREATE TRIGGER entries_only_by_transfers BEFORE INSERT ON transactions.entries_2027_08 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_by_hand();
ALTER TABLE ONLY transactions.entries_2027_08 ENABLE ALWAYS TRIGGER entries_only_by_transfers;
ALTER TABLE ONLY transactions.entries_2027_09 ENABLE ALWAYS TRIGGER entries_append_only;
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2027_09 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
ALTER TABLE ONLY transactions.entries_2027_09 ENABLE ALWAYS TRIGGER entries_no_truncate;
CREATE TRIGGER entries_only_by_transfers BEFORE INSERT ON transactions.entries_2027_09 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_by_hand();
ALTER TABLE ONLY transactions.entries_2027_09 ENABLE ALWAYS TRIGGER entries_only_by_transfers;
ALTER TABLE ONLY transactions.entries_2027_10 ENABLE ALWAYS TRIGGER entries_append_only;
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2027_10 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
ALTER TABLE ONLY transactions.entries_2027_10 ENABLE ALWAYS TRIGGER entries_no_truncate;
CREATE TRIGGER entries_only_by_transfers BEFORE INSERT ON transactions.entries_2027_10 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_by_hand();
ALTER TABLE ONLY transactions.entries_2027_10 ENABLE ALWAYS TRIGGER entries_only_by_transfers;
ALTER TABLE ONLY transactions.entries_2027_11 ENABLE ALWAYS TRIGGER entries_append_only;
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2027_11 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
ALTER TABLE ONLY transactions.entries_2027_11 ENABLE ALWAYS TRIGGER entries_no_truncate;
CREATE TRIGGER entries_only_by_transfers BEFORE INSERT ON transactions.entries_2027_11 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_by_hand();
ALTER TABLE ONLY transactions.entries_2027_11 ENABLE ALWAYS TRIGGER entries_only_by_transfers;
ALTER TABLE ONLY transactions.entries_2027_12 ENABLE ALWAYS TRIGGER entries_append_only;
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2027_12 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
ALTER TABLE ONLY transactions.entries_2027_12 ENABLE ALWAYS TRIGGER entries_no_truncate;
CREATE TRIGGER entries_only_by_transfers BEFORE INSERT ON transactions.entries_2027_12 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_by_hand();
ALTER TABLE ONLY transactions.entries_2027_12 ENABLE ALWAYS TRIGGER entries_only_by_transfers;
CREATE TRIGGER idempotency_keys_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON transactions.idempotency_keys FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
ALTER TABLE ONLY transactions.idempotency_keys ENABLE ALWAYS TRIGGER idempotency_keys_append_only;
CREATE TRIGGER outbox_consumers_only_forward BEFORE UPDATE ON transactions.outbox_consumers FOR EACH ROW WHEN (((ROW(new.writer, new."position") < ROW(old.writer, old."position"))) OR new.consumer <> old.consumer) EXECUTE FUNCTION transactions.refuse_going_back();
ALTER TABLE ONLY transactions.outbox_consumers ENABLE ALWAYS TRIGGER outbox_consumers_only_forward;
CREATE TRIGGER pending_expiries_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON transactions.pending_expiries FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
ALTER TABLE ONLY transactions.pending_expiries ENABLE ALWAYS TRIGGER pending_expiries_append_only;
CREATE TRIGGER pending_expiries_of_hold AFTER INSERT ON transactions.pending_expiries FOR EACH ROW EXECUTE FUNCTION transactions.check_expiry();
ALTER TABLE ONLY transactions.pending_expiries ENABLE ALWAYS TRIGGER pending_expiries_of_hold;
CREATE TRIGGER pending_resolutions_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON transactions.pending_resolutions FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
ALTER TABLE ONLY transactions.pending_resolutions ENABLE ALWAYS TRIGGER pending_resolutions_append_only;
CREATE TRIGGER pending_resolutions_release AFTER INSERT ON transactions.pending_resolutions FOR EACH ROW EXECUTE FUNCTION transactions.release_hold();
ALTER TABLE ONLY transactions.pending_resolutions ENABLE ALWAYS TRIGGER pending_resolutions_release;
CREATE TRIGGER retired_months_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON transactions.retired_months FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
ALTER TABLE ONLY transactions.retired_months ENABLE ALWAYS TRIGGER retired_months_append_only;
CREATE TRIGGER reversals_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON transactions.reversals FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
ALTER TABLE ONLY transactions.reversals ENABLE ALWAYS TRIGGER reversals_append_only;
CREATE TRIGGER reversals_of_posting AFTER INSERT ON transactions.reversals FOR EACH ROW EXECUTE FUNCTION transactions.check_reversed_kinds();
ALTER TABLE ONLY transactions.reversals ENABLE ALWAYS TRIGGER reversals_of_posting;
CREATE TRIGGER transactions_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON transactions.transactions FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
ALTER TABLE ONLY transactions.transactions ENABLE ALWAYS TRIGGER transactions_append_only;
CREATE TRIGGER transfers_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON transactions.transfers FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
ALTER TABLE ONLY transactions.transfers ENABLE ALWAYS TRIGGER transfers_append_only;
CREATE TRIGGER transfers_post AFTER INSERT ON transactions.transfers REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION transactions.post_transfers();
ALTER TABLE ONLY transactions.transfers ENABLE ALWAYS TRIGGER transfers_post;

-- Default privileges

ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

ALTER DEFAULT PRIVILEGES REVOKE USAGE ON TYPES FROM PUBLIC;

ALTER DEFAULT PRIVILEGES IN SCHEMA transactions GRANT SELECT ON TABLES TO finova_transactions_app;

ALTER DEFAULT PRIVILEGES IN SCHEMA transactions GRANT SELECT ON TABLES TO finova_transactions_readonly;

-- Grants on other schemas

GRANT USAGE ON SCHEMA accounts TO finova_transactions_owner;

GRANT REFERENCES (currency, id), SELECT (currency, id, normal_side, overdraft_limit_minor, status), TRIGGER ON TABLE accounts.accounts TO finova_transactions_owner;

RESET check_function_bodies;
