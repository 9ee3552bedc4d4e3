-- Generated from the migrations of transactions-db: do not edit, run npm run db -- dump

SET check_function_bodies = off;

-- Schema

CREATE SCHEMA transactions;
GRANT USAGE ON SCHEMA transactions TO finova_transactions_app;
GRANT USAGE ON SCHEMA transactions TO finova_transactions_readonly;
COMMENT ON SCHEMA transactions IS 'The double-entry ledger: what moved, between which accounts, and what that left';

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
  CONSTRAINT balances_pkey PRIMARY KEY (account_id),
  CONSTRAINT balances_account_currency_unique UNIQUE (account_id, currency),
  CONSTRAINT balances_account_status_known CHECK (account_status = ANY (ARRAY['pending'::text, 'active'::text, 'frozen'::text, 'closed'::text])),
  CONSTRAINT balances_available CHECK (overdraft_limit_minor IS NULL OR
CASE normal_side
    WHEN 'credit'::text THEN credits_posted_minor - debits_posted_minor - debits_pending_minor
    ELSE debits_posted_minor - credits_posted_minor - credits_pending_minor
END >= (- overdraft_limit_minor)),
  CONSTRAINT balances_credits_pending_not_negative CHECK (credits_pending_minor >= 0),
  CONSTRAINT balances_credits_posted_not_negative CHECK (credits_posted_minor >= 0),
  CONSTRAINT balances_debits_pending_not_negative CHECK (debits_pending_minor >= 0),
  CONSTRAINT balances_debits_posted_not_negative CHECK (debits_posted_minor >= 0),
  CONSTRAINT balances_empty_when_closed CHECK (account_status <> 'closed'::text OR debits_posted_minor = credits_posted_minor AND debits_pending_minor = 0 AND credits_pending_minor = 0),
  CONSTRAINT balances_normal_side_known CHECK (normal_side = ANY (ARRAY['debit'::text, 'credit'::text])),
  CONSTRAINT balances_overdraft_limit_not_negative CHECK (overdraft_limit_minor >= 0),
  CONSTRAINT balances_version_not_negative CHECK (version >= 0)
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
  CONSTRAINT entries_pkey PRIMARY KEY (account_id, account_version, booking_date),
  CONSTRAINT entries_account_version_positive CHECK (account_version > 0),
  CONSTRAINT entries_amount_positive CHECK (amount_minor > 0),
  CONSTRAINT entries_direction_known CHECK (direction = ANY (ARRAY['debit'::text, 'credit'::text]))
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
  scope text NOT NULL,
  key text NOT NULL,
  request_hash bytea NOT NULL,
  response jsonb,
  transaction_id uuid,
  created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
  CONSTRAINT idempotency_keys_pkey PRIMARY KEY (scope, key),
  CONSTRAINT idempotency_keys_answer_complete CHECK (num_nulls(response, transaction_id) = ANY (ARRAY[0, 2])),
  CONSTRAINT idempotency_keys_key_length CHECK (char_length(key) >= 1 AND char_length(key) <= 128),
  CONSTRAINT idempotency_keys_request_hash_length CHECK (octet_length(request_hash) = 32),
  CONSTRAINT idempotency_keys_scope_length CHECK (char_length(scope) >= 1 AND char_length(scope) <= 64)
);
GRANT SELECT ON TABLE transactions.idempotency_keys TO finova_transactions_readonly;
COMMENT ON TABLE transactions.idempotency_keys IS 'One row per request that changed the ledger; written in the same transaction as the change';
COMMENT ON COLUMN transactions.idempotency_keys.scope IS 'Who makes the keys, such as a service or a client';
COMMENT ON COLUMN transactions.idempotency_keys.request_hash IS 'SHA-256 over the operation and its request as jsonb text, whose form is canonical';
COMMENT ON COLUMN transactions.idempotency_keys.transaction_id IS 'What the request became; NULL, as the response, only inside the transaction that writes it';

CREATE TABLE transactions.outbox (
  "position" bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  writer xid8 DEFAULT pg_current_xact_id() NOT NULL,
  topic text NOT NULL,
  key uuid NOT NULL,
  payload jsonb NOT NULL,
  created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
  CONSTRAINT outbox_pkey PRIMARY KEY ("position"),
  CONSTRAINT outbox_topic_shape CHECK (topic ~ '^[a-z_]+(\.[a-z_]+)*$'::text)
);
GRANT SELECT ON TABLE transactions.outbox TO finova_transactions_app;
GRANT SELECT ON TABLE transactions.outbox TO finova_transactions_readonly;
COMMENT ON TABLE transactions.outbox IS 'Messages about committed transactions, for readers that relay them';
COMMENT ON COLUMN transactions.outbox.writer IS 'The writing transaction: read up to pg_snapshot_xmin(pg_current_snapshot()), in the order (writer, position)';

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
  kind text NOT NULL,
  booking_date date NOT NULL,
  value_date date NOT NULL,
  end_to_end_id text,
  description text,
  expires_at timestamp with time zone,
  created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
  CONSTRAINT transactions_pkey PRIMARY KEY (id),
  CONSTRAINT transactions_description_length CHECK (char_length(description) >= 1 AND char_length(description) <= 140),
  CONSTRAINT transactions_end_to_end_id_length CHECK (char_length(end_to_end_id) >= 1 AND char_length(end_to_end_id) <= 35),
  CONSTRAINT transactions_kind_known CHECK (kind = ANY (ARRAY['posted'::text, 'pending'::text, 'post'::text, 'void'::text, 'expire'::text, 'reversal'::text])),
  CONSTRAINT transactions_only_pending_expire CHECK (kind = 'pending'::text OR expires_at IS NULL)
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
  amount_minor bigint NOT NULL,
  created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
  CONSTRAINT transfers_pkey PRIMARY KEY (id),
  CONSTRAINT transfers_amount_positive CHECK (amount_minor > 0),
  CONSTRAINT transfers_two_accounts CHECK (debit_account_id <> credit_account_id)
);
GRANT SELECT ON TABLE transactions.transfers TO finova_transactions_app;
GRANT SELECT ON TABLE transactions.transfers TO finova_transactions_readonly;
COMMENT ON TABLE transactions.transfers IS 'Append-only: one amount from one account to another, so debits equal credits by construction; the foreign keys hold both accounts to its currency';

-- Indexes

CREATE INDEX outbox_writer_position_index ON transactions.outbox USING btree (writer, "position");
CREATE INDEX transactions_expires_at_index ON transactions.transactions USING btree (expires_at) WHERE kind = 'pending'::text;
CREATE INDEX transfers_transaction_id_index ON transactions.transfers USING btree (transaction_id);

-- Foreign keys

ALTER TABLE transactions.balance_snapshots ADD CONSTRAINT balance_snapshots_account_exists FOREIGN KEY (account_id) REFERENCES transactions.balances(account_id);
ALTER TABLE transactions.balances ADD CONSTRAINT balances_account_exists FOREIGN KEY (account_id, currency) REFERENCES accounts.accounts(id, currency);
ALTER TABLE transactions.entries ADD CONSTRAINT entries_account_exists FOREIGN KEY (account_id) REFERENCES transactions.balances(account_id);
ALTER TABLE transactions.entries ADD CONSTRAINT entries_transaction_exists FOREIGN KEY (transaction_id) REFERENCES transactions.transactions(id);
ALTER TABLE transactions.entries ADD CONSTRAINT entries_transfer_exists FOREIGN KEY (transfer_id) REFERENCES transactions.transfers(id);
ALTER TABLE transactions.idempotency_keys ADD CONSTRAINT idempotency_keys_transaction_exists FOREIGN KEY (transaction_id) REFERENCES transactions.transactions(id);
ALTER TABLE transactions.pending_resolutions ADD CONSTRAINT pending_resolutions_pending_exists FOREIGN KEY (pending_transaction_id) REFERENCES transactions.transactions(id);
ALTER TABLE transactions.pending_resolutions ADD CONSTRAINT pending_resolutions_resolution_exists FOREIGN KEY (resolution_transaction_id) REFERENCES transactions.transactions(id);
ALTER TABLE transactions.reversals ADD CONSTRAINT reversals_reversal_exists FOREIGN KEY (reversal_transaction_id) REFERENCES transactions.transactions(id);
ALTER TABLE transactions.reversals ADD CONSTRAINT reversals_reversed_exists FOREIGN KEY (reversed_transaction_id) REFERENCES transactions.transactions(id);
ALTER TABLE transactions.transfers ADD CONSTRAINT transfers_credit_currency FOREIGN KEY (credit_account_id, currency) REFERENCES transactions.balances(account_id, currency);
ALTER TABLE transactions.transfers ADD CONSTRAINT transfers_debit_currency FOREIGN KEY (debit_account_id, currency) REFERENCES transactions.balances(account_id, currency);
ALTER TABLE transactions.transfers ADD CONSTRAINT transfers_transaction_exists FOREIGN KEY (transaction_id) REFERENCES transactions.transactions(id);

-- Functions

CREATE OR REPLACE FUNCTION transactions.accounts_of(request jsonb)
 RETURNS uuid[]
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
      DECLARE
        account_ids uuid[] := (
          SELECT array_agg(id) FROM jsonb_array_elements(request -> 'transfers') AS item,
            LATERAL (VALUES ((item ->> 'debit_account_id')::uuid), ((item ->> 'credit_account_id')::uuid)) AS ids(id));
      BEGIN
        IF account_ids IS NULL THEN
          RAISE EXCEPTION 'A transaction needs at least one transfer' USING ERRCODE = 'FN006';
        END IF;
        RETURN account_ids;
      END $function$;
REVOKE EXECUTE ON FUNCTION transactions.accounts_of(jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION transactions.answer(in_scope text, in_key text, in_transaction_id uuid, kind text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
      DECLARE
        answer jsonb := jsonb_build_object('transaction_id', in_transaction_id, 'kind', kind);
      BEGIN
        INSERT INTO transactions.outbox (topic, key, payload) VALUES ('transaction.' || kind, in_transaction_id, answer);
        UPDATE transactions.idempotency_keys SET response = answer, transaction_id = in_transaction_id
          WHERE scope = in_scope AND key = in_key;
        RETURN answer;
      END $function$;
REVOKE EXECUTE ON FUNCTION transactions.answer(text,text,uuid,text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION transactions.capture(in_scope text, in_key text, request jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
        DECLARE
          answered jsonb := transactions.claim_key('capture', in_scope, in_key, request);
        BEGIN
          IF answered IS NOT NULL THEN
            RETURN answered;
          END IF;
          RETURN transactions.answer(in_scope, in_key,
            transactions.resolve_pending((request ->> 'pending_transaction_id')::uuid, 'post', request),
            'post');
        END $function$;
REVOKE EXECUTE ON FUNCTION transactions.capture(text,text,jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION transactions.check_balance_in_step()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
      BEGIN
        PERFORM FROM accounts.accounts
        WHERE id = NEW.account_id AND normal_side = NEW.normal_side AND status = NEW.account_status
          AND overdraft_limit_minor IS NOT DISTINCT FROM NEW.overdraft_limit_minor;
        IF NOT FOUND THEN
          RAISE EXCEPTION 'The balance of account % must say what its account says', NEW.account_id
            USING ERRCODE = '23514', CONSTRAINT = 'balances_in_step',
              SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
        END IF;
        RETURN NEW;
      END $function$;
REVOKE EXECUTE ON FUNCTION transactions.check_balance_in_step() FROM PUBLIC;

CREATE OR REPLACE FUNCTION transactions.claim_key(operation text, in_scope text, in_key text, request jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
      DECLARE
        hash bytea := sha256(convert_to(operation || ':' || request::text, 'UTF8'));
        earlier transactions.idempotency_keys;
      BEGIN
        -- Waits for a transaction that holds the same key, and then finds what it committed.
        INSERT INTO transactions.idempotency_keys (scope, key, request_hash) VALUES (in_scope, in_key, hash)
          ON CONFLICT DO NOTHING;
        IF FOUND THEN
          RETURN NULL;
        END IF;
        SELECT * INTO STRICT earlier FROM transactions.idempotency_keys WHERE scope = in_scope AND key = in_key;
        IF earlier.request_hash <> hash OR earlier.response IS NULL THEN
          RAISE EXCEPTION 'This idempotency key was used for another request' USING ERRCODE = 'FN003';
        END IF;
        RETURN earlier.response;
      END $function$;
REVOKE EXECUTE ON FUNCTION transactions.claim_key(text,text,text,jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION transactions.ensure_partitions(first_day date, last_day date)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
      DECLARE
        month date := date_trunc('month', first_day)::date;
        partition_name text;
        made integer := 0;
      BEGIN
        -- Two callers at once would both find a partition missing and one would fail.
        PERFORM pg_advisory_xact_lock(hashtextextended('transactions.ensure_partitions', 0));
        WHILE month <= last_day LOOP
          partition_name := format('entries_%s', to_char(month, 'YYYY_MM'));
          IF to_regclass(format('transactions.%I', partition_name)) IS NULL THEN
            EXECUTE format('CREATE TABLE transactions.%I PARTITION OF transactions.entries FOR VALUES FROM (%L) TO (%L)',
              partition_name, month, (month + interval '1 month')::date);
            EXECUTE format('CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.%I
              FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change()', partition_name);
            made := made + 1;
          END IF;
          month := (month + interval '1 month')::date;
        END LOOP;
        RETURN made;
      END $function$;
REVOKE EXECUTE ON FUNCTION transactions.ensure_partitions(date,date) FROM PUBLIC;
COMMENT ON FUNCTION transactions.ensure_partitions(pg_catalog.date,pg_catalog.date) IS 'Makes the missing monthly partitions of entries between two days, and returns how many it made';

CREATE OR REPLACE FUNCTION transactions.expire_due(batch_size integer)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
      DECLARE
        due uuid[] := array(
          SELECT id FROM transactions.transactions AS pending
          WHERE kind = 'pending' AND expires_at <= clock_timestamp()
            AND NOT EXISTS (SELECT FROM transactions.pending_resolutions WHERE pending_transaction_id = pending.id)
          ORDER BY expires_at, id LIMIT batch_size);
        due_id uuid;
        resolution_id uuid;
        expired integer := 0;
      BEGIN
        -- All accounts of the batch at once: hold by hold, their order would differ from that of postings.
        PERFORM transactions.lock_balances(
          (SELECT array_agg(account.id) FROM transactions.transfers,
             LATERAL (VALUES (debit_account_id), (credit_account_id)) AS account(id) WHERE transaction_id = ANY (due)),
          false);
        -- What was captured, voided or expired while this waited for the accounts is left out.
        FOR due_id IN
          SELECT id FROM unnest(due) AS ids(id)
          WHERE NOT EXISTS (SELECT FROM transactions.pending_resolutions WHERE pending_transaction_id = id)
        LOOP
          resolution_id := transactions.resolve_pending(due_id, 'expire', '{}');
          INSERT INTO transactions.outbox (topic, key, payload) VALUES ('transaction.expire', resolution_id,
            jsonb_build_object('transaction_id', resolution_id, 'kind', 'expire'));
          expired := expired + 1;
        END LOOP;
        RETURN expired;
      END $function$;
REVOKE EXECUTE ON FUNCTION transactions.expire_due(integer) FROM PUBLIC;

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

CREATE OR REPLACE FUNCTION transactions.hold(in_scope text, in_key text, request jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
      DECLARE
        answered jsonb := transactions.claim_key('hold', in_scope, in_key, request);
        new_id uuid;
        transfer transactions.transfers;
      BEGIN
        IF answered IS NOT NULL THEN
          RETURN answered;
        END IF;
        PERFORM transactions.lock_balances(transactions.accounts_of(request), true);
        new_id := transactions.insert_transaction('pending', request);
        FOR transfer IN
          INSERT INTO transactions.transfers (transaction_id, debit_account_id, credit_account_id, currency, amount_minor)
          SELECT new_id, (item ->> 'debit_account_id')::uuid, (item ->> 'credit_account_id')::uuid, item ->> 'currency',
            (item ->> 'amount_minor')::bigint
          FROM jsonb_array_elements(request -> 'transfers') AS item
          RETURNING *
        LOOP
          UPDATE transactions.balances SET debits_pending_minor = debits_pending_minor + transfer.amount_minor
            WHERE account_id = transfer.debit_account_id;
          UPDATE transactions.balances SET credits_pending_minor = credits_pending_minor + transfer.amount_minor
            WHERE account_id = transfer.credit_account_id;
        END LOOP;
        RETURN transactions.answer(in_scope, in_key, new_id, 'pending');
      END $function$;
REVOKE EXECUTE ON FUNCTION transactions.hold(text,text,jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION transactions.insert_transaction(in_kind text, request jsonb)
 RETURNS uuid
 LANGUAGE sql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
        INSERT INTO transactions.transactions (kind, booking_date, value_date, end_to_end_id, description, expires_at)
        VALUES (in_kind,
          coalesce((request ->> 'booking_date')::date, current_date),
          coalesce((request ->> 'value_date')::date, (request ->> 'booking_date')::date, current_date),
          request ->> 'end_to_end_id', request ->> 'description', (request ->> 'expires_at')::timestamptz)
        RETURNING id
      $function$;
REVOKE EXECUTE ON FUNCTION transactions.insert_transaction(text,jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION transactions.lock_balances(account_ids uuid[], must_be_active boolean)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
      DECLARE
        wanted uuid;
        balance transactions.balances;
      BEGIN
        -- One order for everybody: two transactions cannot each hold what the other waits for.
        FOR wanted IN SELECT DISTINCT id FROM unnest(account_ids) AS ids(id) ORDER BY id LOOP
          SELECT * INTO balance FROM transactions.balances WHERE account_id = wanted FOR NO KEY UPDATE;
          IF NOT FOUND THEN
            RAISE EXCEPTION 'There is no account %', wanted USING ERRCODE = 'FN001', DETAIL = wanted;
          END IF;
          IF must_be_active AND balance.account_status <> 'active' THEN
            RAISE EXCEPTION 'Account % is %', wanted, balance.account_status
              USING ERRCODE = 'FN002', DETAIL = wanted, HINT = balance.account_status;
          END IF;
        END LOOP;
      END $function$;
REVOKE EXECUTE ON FUNCTION transactions.lock_balances(uuid[],boolean) FROM PUBLIC;

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

CREATE OR REPLACE FUNCTION transactions.post_side(transfer transactions.transfers, side text, in_booking_date date, settles boolean)
 RETURNS void
 LANGUAGE sql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
        WITH moved AS (
          UPDATE transactions.balances SET
            debits_posted_minor = debits_posted_minor + CASE side WHEN 'debit' THEN transfer.amount_minor ELSE 0 END,
            credits_posted_minor = credits_posted_minor + CASE side WHEN 'credit' THEN transfer.amount_minor ELSE 0 END,
            debits_pending_minor = debits_pending_minor
              - CASE WHEN settles AND side = 'debit' THEN transfer.amount_minor ELSE 0 END,
            credits_pending_minor = credits_pending_minor
              - CASE WHEN settles AND side = 'credit' THEN transfer.amount_minor ELSE 0 END,
            version = version + 1
          WHERE account_id = CASE side WHEN 'debit' THEN transfer.debit_account_id ELSE transfer.credit_account_id END
          RETURNING account_id, version,
            CASE normal_side WHEN 'credit' THEN credits_posted_minor - debits_posted_minor
                             ELSE debits_posted_minor - credits_posted_minor END AS balance_minor
        )
        INSERT INTO transactions.entries
          (account_id, account_version, booking_date, transaction_id, transfer_id, direction, amount_minor, balance_after_minor)
        SELECT account_id, version, in_booking_date, transfer.transaction_id, transfer.id, side, transfer.amount_minor, balance_minor
        FROM moved
      $function$;
REVOKE EXECUTE ON FUNCTION transactions.post_side(transactions.transfers,text,date,boolean) FROM PUBLIC;

CREATE OR REPLACE FUNCTION transactions.post_transaction(in_scope text, in_key text, request jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
      DECLARE
        answered jsonb := transactions.claim_key('post', in_scope, in_key, request);
        transaction_id uuid;
        item jsonb;
      BEGIN
        IF answered IS NOT NULL THEN
          RETURN answered;
        END IF;
        PERFORM transactions.lock_balances(transactions.accounts_of(request), true);
        transaction_id := transactions.insert_transaction('posted', request);
        FOR item IN SELECT * FROM jsonb_array_elements(request -> 'transfers') LOOP
          PERFORM transactions.post_transfer(transaction_id, (item ->> 'debit_account_id')::uuid,
            (item ->> 'credit_account_id')::uuid, item ->> 'currency', (item ->> 'amount_minor')::bigint, false);
        END LOOP;
        RETURN transactions.answer(in_scope, in_key, transaction_id, 'posted');
      END $function$;
REVOKE EXECUTE ON FUNCTION transactions.post_transaction(text,text,jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION transactions.post_transfer(in_transaction_id uuid, debit uuid, credit uuid, in_currency text, in_amount_minor bigint, settles boolean)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
      DECLARE
        transfer transactions.transfers;
        booked date;
      BEGIN
        INSERT INTO transactions.transfers (transaction_id, debit_account_id, credit_account_id, currency, amount_minor)
        VALUES (in_transaction_id, debit, credit, in_currency, in_amount_minor)
        RETURNING * INTO transfer;
        SELECT booking_date INTO STRICT booked FROM transactions.transactions WHERE id = in_transaction_id;
        PERFORM transactions.post_side(transfer, 'debit', booked, settles);
        PERFORM transactions.post_side(transfer, 'credit', booked, settles);
      END $function$;
REVOKE EXECUTE ON FUNCTION transactions.post_transfer(uuid,uuid,uuid,text,bigint,boolean) FROM PUBLIC;

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

CREATE OR REPLACE FUNCTION transactions.resolve_pending(pending_id uuid, resolution text, request jsonb)
 RETURNS uuid
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
      DECLARE
        pending transactions.transactions;
        held transactions.transfers;
        resolution_id uuid;
      BEGIN
        SELECT * INTO pending FROM transactions.transactions WHERE id = pending_id AND kind = 'pending';
        IF NOT FOUND THEN
          RAISE EXCEPTION 'There is no pending transaction %', pending_id USING ERRCODE = 'FN004', DETAIL = pending_id;
        END IF;
        -- Money can be given back whatever became of the account; to take it, the account must be active.
        PERFORM transactions.lock_balances(
          (SELECT array_agg(account.id) FROM transactions.transfers,
             LATERAL (VALUES (debit_account_id), (credit_account_id)) AS account(id) WHERE transaction_id = pending_id),
          resolution = 'post');
        resolution_id := transactions.insert_transaction(resolution, request);
        -- The primary key decides a race between capture, void and expiry.
        INSERT INTO transactions.pending_resolutions (pending_transaction_id, resolution_transaction_id)
        VALUES (pending_id, resolution_id);
        -- Only now: what was settled in time is refused as settled, and no time passes between this and the capture.
        IF resolution = 'post' AND pending.expires_at <= clock_timestamp() THEN
          RAISE EXCEPTION 'Pending transaction % has expired', pending_id USING ERRCODE = 'FN005', DETAIL = pending_id;
        END IF;
        FOR held IN SELECT * FROM transactions.transfers WHERE transaction_id = pending_id ORDER BY id LOOP
          IF resolution = 'post' THEN
            PERFORM transactions.post_transfer(resolution_id, held.debit_account_id, held.credit_account_id,
              held.currency, held.amount_minor, true);
          ELSE
            UPDATE transactions.balances SET debits_pending_minor = debits_pending_minor - held.amount_minor
              WHERE account_id = held.debit_account_id;
            UPDATE transactions.balances SET credits_pending_minor = credits_pending_minor - held.amount_minor
              WHERE account_id = held.credit_account_id;
          END IF;
        END LOOP;
        RETURN resolution_id;
      END $function$;
REVOKE EXECUTE ON FUNCTION transactions.resolve_pending(uuid,text,jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION transactions.reverse(in_scope text, in_key text, request jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
      DECLARE
        answered jsonb := transactions.claim_key('reverse', in_scope, in_key, request);
        original uuid := (request ->> 'transaction_id')::uuid;
        reversal_id uuid;
        posted transactions.transfers;
      BEGIN
        IF answered IS NOT NULL THEN
          RETURN answered;
        END IF;
        PERFORM FROM transactions.transactions WHERE id = original AND kind IN ('posted', 'post');
        IF NOT FOUND THEN
          RAISE EXCEPTION 'There is no posted transaction %', original USING ERRCODE = 'FN004', DETAIL = original;
        END IF;
        PERFORM transactions.lock_balances(
          (SELECT array_agg(account.id) FROM transactions.transfers,
             LATERAL (VALUES (debit_account_id), (credit_account_id)) AS account(id) WHERE transaction_id = original),
          true);
        reversal_id := transactions.insert_transaction('reversal', request);
        INSERT INTO transactions.reversals (reversed_transaction_id, reversal_transaction_id)
        VALUES (original, reversal_id);
        FOR posted IN SELECT * FROM transactions.transfers WHERE transaction_id = original ORDER BY id DESC LOOP
          PERFORM transactions.post_transfer(reversal_id, posted.credit_account_id, posted.debit_account_id,
            posted.currency, posted.amount_minor, false);
        END LOOP;
        RETURN transactions.answer(in_scope, in_key, reversal_id, 'reversal');
      END $function$;
REVOKE EXECUTE ON FUNCTION transactions.reverse(text,text,jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION transactions.void_pending(in_scope text, in_key text, request jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
        DECLARE
          answered jsonb := transactions.claim_key('void', in_scope, in_key, request);
        BEGIN
          IF answered IS NOT NULL THEN
            RETURN answered;
          END IF;
          RETURN transactions.answer(in_scope, in_key,
            transactions.resolve_pending((request ->> 'pending_transaction_id')::uuid, 'void', request),
            'void');
        END $function$;
REVOKE EXECUTE ON FUNCTION transactions.void_pending(text,text,jsonb) FROM PUBLIC;

-- Triggers

CREATE TRIGGER transactions_follow_account AFTER UPDATE OF status, overdraft_limit_minor ON accounts.accounts FOR EACH ROW WHEN (old.status IS DISTINCT FROM new.status OR old.overdraft_limit_minor IS DISTINCT FROM new.overdraft_limit_minor) EXECUTE FUNCTION transactions.follow_account();
ALTER TABLE ONLY accounts.accounts ENABLE ALWAYS TRIGGER transactions_follow_account;
CREATE TRIGGER transactions_open_balance AFTER INSERT ON accounts.accounts FOR EACH ROW EXECUTE FUNCTION transactions.open_balance();
ALTER TABLE ONLY accounts.accounts ENABLE ALWAYS TRIGGER transactions_open_balance;
CREATE TRIGGER balance_snapshots_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON transactions.balance_snapshots FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
CREATE TRIGGER balances_in_step BEFORE INSERT OR UPDATE OF account_id, normal_side, account_status, overdraft_limit_minor ON transactions.balances FOR EACH ROW EXECUTE FUNCTION transactions.check_balance_in_step();
CREATE TRIGGER balances_never_removed BEFORE DELETE OR TRUNCATE ON transactions.balances FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_removal();
CREATE TRIGGER entries_append_only BEFORE DELETE OR UPDATE ON transactions.entries FOR EACH ROW EXECUTE FUNCTION transactions.refuse_change();
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2026_01 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2026_02 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2026_03 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2026_04 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2026_05 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2026_06 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2026_07 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2026_08 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2026_09 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2026_10 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2026_11 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2026_12 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2027_01 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2027_02 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2027_03 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2027_04 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2027_05 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2027_06 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2027_07 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2027_08 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2027_09 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2027_10 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2027_11 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
CREATE TRIGGER entries_no_truncate BEFORE TRUNCATE ON transactions.entries_2027_12 FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
CREATE TRIGGER pending_resolutions_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON transactions.pending_resolutions FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
CREATE TRIGGER reversals_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON transactions.reversals FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
CREATE TRIGGER transactions_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON transactions.transactions FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
CREATE TRIGGER transfers_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON transactions.transfers FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();

-- Default privileges

ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

ALTER DEFAULT PRIVILEGES REVOKE USAGE ON TYPES FROM PUBLIC;

ALTER DEFAULT PRIVILEGES IN SCHEMA transactions GRANT SELECT ON TABLES TO finova_transactions_app;

ALTER DEFAULT PRIVILEGES IN SCHEMA transactions GRANT SELECT ON TABLES TO finova_transactions_readonly;

-- Grants on other schemas

GRANT USAGE ON SCHEMA accounts TO finova_transactions_owner;

GRANT REFERENCES (currency, id), SELECT (currency, id, normal_side, overdraft_limit_minor, status), TRIGGER ON TABLE accounts.accounts TO finova_transactions_owner;

RESET check_function_bodies;
