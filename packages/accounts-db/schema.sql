-- Generated from the migrations of accounts-db: do not edit, run npm run db -- dump

SET check_function_bodies = off;

-- Schema

CREATE SCHEMA accounts;
GRANT USAGE ON SCHEMA accounts TO finova_accounts_app;
GRANT USAGE ON SCHEMA accounts TO finova_accounts_readonly;
COMMENT ON SCHEMA accounts IS 'Customers, their accounts, and who may use them';

-- Extensions

CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public;

-- Types

CREATE DOMAIN accounts.blind_index AS bytea
  CONSTRAINT blind_index_is_a_digest CHECK (octet_length(VALUE) = 32);
REVOKE USAGE ON TYPE accounts.blind_index FROM PUBLIC;
COMMENT ON TYPE accounts.blind_index IS 'Keyed HMAC-SHA-256 of an encrypted field, to find equal ones';

CREATE DOMAIN accounts.ciphertext AS bytea
  CONSTRAINT ciphertext_is_an_envelope CHECK (SUBSTRING(VALUE FROM 1 FOR 3) = '\x464e01'::bytea AND octet_length(VALUE) >= 31);
REVOKE USAGE ON TYPE accounts.ciphertext FROM PUBLIC;
COMMENT ON TYPE accounts.ciphertext IS 'A field encrypted by db-kit: F N 01, nonce (12 bytes), AES-256-GCM ciphertext, tag (16 bytes)';

CREATE DOMAIN accounts.wrapped_key AS bytea
  CONSTRAINT wrapped_key_is_an_envelope CHECK (SUBSTRING(VALUE FROM 1 FOR 3) = '\x464b01'::bytea AND octet_length(VALUE) >= 65);
REVOKE USAGE ON TYPE accounts.wrapped_key FROM PUBLIC;
COMMENT ON TYPE accounts.wrapped_key IS 'A data key of one row, encrypted under a key of the key provider: F K 01, key id, nonce, ciphertext, tag';

-- Functions

CREATE OR REPLACE FUNCTION accounts.uuid_v7()
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
REVOKE EXECUTE ON FUNCTION accounts.uuid_v7() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION accounts.uuid_v7() TO finova_accounts_app;
COMMENT ON FUNCTION accounts.uuid_v7() IS 'A new UUID of version 7 (RFC 9562)';

-- Tables

CREATE TABLE accounts.account_holders (
  id uuid DEFAULT accounts.uuid_v7() NOT NULL,
  account_id uuid NOT NULL,
  customer_id uuid NOT NULL,
  role text NOT NULL,
  validity daterange DEFAULT daterange(CURRENT_DATE, NULL::date) NOT NULL,
  created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
  CONSTRAINT account_holders_pkey PRIMARY KEY (id),
  CONSTRAINT account_holders_no_overlap EXCLUDE USING gist (account_id WITH =, customer_id WITH =, validity WITH &&),
  CONSTRAINT account_holders_role_known CHECK (role = ANY (ARRAY['owner'::text, 'co_owner'::text, 'authorised'::text])),
  CONSTRAINT account_holders_validity_begins CHECK (NOT isempty(validity) AND NOT lower_inf(validity))
);
GRANT SELECT ON TABLE accounts.account_holders TO finova_accounts_app;
GRANT INSERT (account_id, customer_id, id, role, validity), UPDATE (validity) ON TABLE accounts.account_holders TO finova_accounts_app;
GRANT SELECT ON TABLE accounts.account_holders TO finova_accounts_readonly;
COMMENT ON TABLE accounts.account_holders IS 'Who may use an account, as what and from when to when; a customer has at most one role in an account on any day';
COMMENT ON COLUMN accounts.account_holders.validity IS 'First day and day after the last, [from, to); open-ended while it lasts';

CREATE TABLE accounts.account_status_transitions (
  id uuid DEFAULT accounts.uuid_v7() NOT NULL,
  account_id uuid NOT NULL,
  from_status text NOT NULL,
  to_status text NOT NULL,
  reason text,
  database_user text DEFAULT SESSION_USER NOT NULL,
  occurred_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
  CONSTRAINT account_status_transitions_pkey PRIMARY KEY (id),
  CONSTRAINT account_status_transitions_legal CHECK (from_status = 'pending'::text AND to_status = 'active'::text OR from_status = 'pending'::text AND to_status = 'closed'::text OR from_status = 'active'::text AND to_status = 'frozen'::text OR from_status = 'active'::text AND to_status = 'closed'::text OR from_status = 'frozen'::text AND to_status = 'active'::text OR from_status = 'frozen'::text AND to_status = 'closed'::text),
  CONSTRAINT account_status_transitions_reason_length CHECK (char_length(reason) >= 1 AND char_length(reason) <= 500)
);
GRANT SELECT ON TABLE accounts.account_status_transitions TO finova_accounts_app;
GRANT SELECT ON TABLE accounts.account_status_transitions TO finova_accounts_readonly;
COMMENT ON TABLE accounts.account_status_transitions IS 'Append-only: every change of status of an account; its CHECK is the list of legal ones';
COMMENT ON COLUMN accounts.account_status_transitions.reason IS 'From the setting accounts.status_reason of the transaction that made the change';

CREATE TABLE accounts.accounts (
  id uuid DEFAULT accounts.uuid_v7() NOT NULL,
  currency text NOT NULL,
  data_key accounts.wrapped_key,
  iban accounts.ciphertext,
  iban_blind_index accounts.blind_index,
  is_internal boolean DEFAULT false NOT NULL,
  name text NOT NULL,
  cash_account_type text NOT NULL,
  normal_side text NOT NULL,
  status text DEFAULT 'pending'::text NOT NULL,
  overdraft_limit_minor bigint DEFAULT 0,
  opened_at timestamp with time zone,
  closed_at timestamp with time zone,
  created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
  updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
  CONSTRAINT accounts_pkey PRIMARY KEY (id),
  CONSTRAINT accounts_cash_account_type_known CHECK (cash_account_type = ANY (ARRAY['CACC'::text, 'SVGS'::text, 'LOAN'::text, 'SACC'::text, 'OTHR'::text])),
  CONSTRAINT accounts_closed_after_opened CHECK (closed_at >= opened_at),
  CONSTRAINT accounts_closed_when_closed CHECK ((status = 'closed'::text) = (closed_at IS NOT NULL)),
  CONSTRAINT accounts_iban_complete CHECK (num_nulls(iban, iban_blind_index, data_key) = ANY (ARRAY[0, 3])),
  CONSTRAINT accounts_iban_unique UNIQUE (iban_blind_index),
  CONSTRAINT accounts_iban_unless_internal CHECK (is_internal OR iban IS NOT NULL),
  CONSTRAINT accounts_id_currency_unique UNIQUE (id, currency),
  CONSTRAINT accounts_name_length CHECK (char_length(name) >= 1 AND char_length(name) <= 70),
  CONSTRAINT accounts_normal_side_known CHECK (normal_side = ANY (ARRAY['debit'::text, 'credit'::text])),
  CONSTRAINT accounts_opened_unless_pending CHECK ((status = 'pending'::text) = (opened_at IS NULL)),
  CONSTRAINT accounts_overdraft_limit_not_negative CHECK (overdraft_limit_minor >= 0),
  CONSTRAINT accounts_status_known CHECK (status = ANY (ARRAY['pending'::text, 'active'::text, 'frozen'::text, 'closed'::text])),
  CONSTRAINT accounts_unlimited_only_internal CHECK (is_internal OR overdraft_limit_minor IS NOT NULL)
);
GRANT SELECT ON TABLE accounts.accounts TO finova_accounts_app;
GRANT INSERT (cash_account_type, currency, data_key, iban, iban_blind_index, id, is_internal, name, normal_side, overdraft_limit_minor, status), UPDATE (overdraft_limit_minor, status) ON TABLE accounts.accounts TO finova_accounts_app;
GRANT SELECT (cash_account_type, closed_at, created_at, currency, id, is_internal, name, normal_side, opened_at, overdraft_limit_minor, status, updated_at) ON TABLE accounts.accounts TO finova_accounts_readonly;
COMMENT ON TABLE accounts.accounts IS 'One row per account; its money is in transactions.balances';
COMMENT ON COLUMN accounts.accounts.iban IS 'International bank account number (ISO 13616), encrypted; internal accounts have none';
COMMENT ON COLUMN accounts.accounts.is_internal IS 'One of the bank’s own accounts, such as the clearing account of a currency';
COMMENT ON COLUMN accounts.accounts.cash_account_type IS 'ISO 20022 ExternalCashAccountType1Code: CACC current, SVGS savings, LOAN loan, SACC settlement';
COMMENT ON COLUMN accounts.accounts.normal_side IS 'The side that makes the balance grow: credit for what the bank owes, debit for what it is owed';
COMMENT ON COLUMN accounts.accounts.overdraft_limit_minor IS 'How far below zero the account may go, in minor units; NULL, for internal accounts only: without limit';

CREATE TABLE accounts.currencies (
  code text NOT NULL,
  numeric_code smallint NOT NULL,
  minor_unit_digits smallint NOT NULL,
  name text NOT NULL,
  CONSTRAINT currencies_pkey PRIMARY KEY (code),
  CONSTRAINT currencies_code_is_iso_4217 CHECK (code ~ '^[A-Z]{3}$'::text),
  CONSTRAINT currencies_minor_unit_digits_range CHECK (minor_unit_digits >= 0 AND minor_unit_digits <= 4),
  CONSTRAINT currencies_name_not_empty CHECK (name <> ''::text),
  CONSTRAINT currencies_numeric_code_range CHECK (numeric_code >= 1 AND numeric_code <= 999),
  CONSTRAINT currencies_numeric_code_unique UNIQUE (numeric_code)
);
GRANT SELECT ON TABLE accounts.currencies TO finova_accounts_app;
GRANT SELECT ON TABLE accounts.currencies TO finova_accounts_readonly;
COMMENT ON TABLE accounts.currencies IS 'The currencies that accounts can be held in (ISO 4217)';
COMMENT ON COLUMN accounts.currencies.minor_unit_digits IS 'How many decimal digits one minor unit stands for: EUR 2, JPY 0, KWD 3';

CREATE TABLE accounts.customers (
  id uuid DEFAULT accounts.uuid_v7() NOT NULL,
  kyc_status text DEFAULT 'pending'::text NOT NULL,
  data_key accounts.wrapped_key NOT NULL,
  full_name accounts.ciphertext NOT NULL,
  email accounts.ciphertext NOT NULL,
  email_blind_index accounts.blind_index NOT NULL,
  phone accounts.ciphertext,
  tax_id accounts.ciphertext,
  created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
  updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
  CONSTRAINT customers_pkey PRIMARY KEY (id),
  CONSTRAINT customers_email_unique UNIQUE (email_blind_index),
  CONSTRAINT customers_kyc_status_known CHECK (kyc_status = ANY (ARRAY['pending'::text, 'verified'::text, 'rejected'::text]))
);
GRANT SELECT ON TABLE accounts.customers TO finova_accounts_app;
GRANT INSERT (data_key, email, email_blind_index, full_name, id, phone, tax_id), UPDATE (kyc_status) ON TABLE accounts.customers TO finova_accounts_app;
GRANT SELECT (created_at, id, kyc_status, updated_at) ON TABLE accounts.customers TO finova_accounts_readonly;
COMMENT ON TABLE accounts.customers IS 'One row per customer; name, e-mail, phone and tax id are encrypted under the data key of the row';
COMMENT ON COLUMN accounts.customers.kyc_status IS 'How far the identity check (know your customer) got';
COMMENT ON COLUMN accounts.customers.email_blind_index IS 'Of the e-mail address in lower case';

-- Indexes

CREATE INDEX account_holders_customer_id_index ON accounts.account_holders USING btree (customer_id, account_id);
CREATE INDEX account_status_transitions_account_id_index ON accounts.account_status_transitions USING btree (account_id, occurred_at);

-- Foreign keys

ALTER TABLE accounts.account_holders ADD CONSTRAINT account_holders_account_exists FOREIGN KEY (account_id) REFERENCES accounts.accounts(id);
ALTER TABLE accounts.account_holders ADD CONSTRAINT account_holders_customer_exists FOREIGN KEY (customer_id) REFERENCES accounts.customers(id);
ALTER TABLE accounts.account_status_transitions ADD CONSTRAINT account_status_transitions_account_exists FOREIGN KEY (account_id) REFERENCES accounts.accounts(id);
ALTER TABLE accounts.accounts ADD CONSTRAINT accounts_currency_known FOREIGN KEY (currency) REFERENCES accounts.currencies(code);

-- Functions

CREATE OR REPLACE FUNCTION accounts.check_owner_remains()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
      DECLARE
        checked uuid;
      BEGIN
        IF TG_TABLE_NAME = 'accounts' THEN
          checked := NEW.id;
        ELSE
          checked := OLD.account_id;
          -- Two owners who leave at once must not each count on the other. A lock alone would do in READ COMMITTED; a
          -- change of the row makes the second one fail in REPEATABLE READ, too, where it does not see that the first left.
          UPDATE accounts.accounts SET updated_at = clock_timestamp() WHERE id = checked;
        END IF;
        IF EXISTS (SELECT FROM accounts.accounts WHERE id = checked AND NOT is_internal AND status <> 'closed')
          AND NOT EXISTS (SELECT FROM accounts.account_holders
            WHERE account_id = checked AND role = 'owner' AND upper_inf(validity))
        THEN
          RAISE EXCEPTION 'Account % needs an owner without an end as long as it is open', checked
            USING ERRCODE = '23514', CONSTRAINT = TG_NAME, SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
        END IF;
        RETURN NULL;
      END $function$;
REVOKE EXECUTE ON FUNCTION accounts.check_owner_remains() FROM PUBLIC;

CREATE OR REPLACE FUNCTION accounts.check_transition_happened()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
      BEGIN
        -- The trigger on accounts.accounts is the first level, this one the second.
        IF pg_trigger_depth() < 2
          OR NOT EXISTS (SELECT FROM accounts.accounts WHERE id = NEW.account_id AND status = NEW.to_status)
        THEN
          RAISE EXCEPTION 'Account % did not become % just now: only a change of its status is recorded', NEW.account_id, NEW.to_status
            USING ERRCODE = '23514', CONSTRAINT = 'account_status_transitions_happened',
              SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
        END IF;
        RETURN NULL;
      END $function$;
REVOKE EXECUTE ON FUNCTION accounts.check_transition_happened() FROM PUBLIC;

CREATE OR REPLACE FUNCTION accounts.guard_holder()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
      BEGIN
        IF TG_OP = 'UPDATE' THEN
          IF (OLD.id, OLD.account_id, OLD.customer_id, OLD.role, lower(OLD.validity), OLD.created_at)
            IS NOT DISTINCT FROM (NEW.id, NEW.account_id, NEW.customer_id, NEW.role, lower(NEW.validity), NEW.created_at)
          THEN
            RETURN NEW;
          END IF;
        ELSIF lower(OLD.validity) > current_date THEN
          RETURN OLD;
        END IF;
        RAISE EXCEPTION 'Who held account %, as what and from when, is kept: only the end of it can be set', OLD.account_id
          USING ERRCODE = '23001', CONSTRAINT = 'account_holders_kept';
      END $function$;
REVOKE EXECUTE ON FUNCTION accounts.guard_holder() FROM PUBLIC;

CREATE OR REPLACE FUNCTION accounts.guard_status()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
      DECLARE
        broken text;
      BEGIN
        IF TG_OP = 'INSERT' THEN
          broken := CASE
            WHEN NEW.status IN ('frozen', 'closed') THEN 'accounts_begin_open'
            WHEN NEW.opened_at > clock_timestamp() THEN 'accounts_opened_by_now'
          END;
        ELSIF (OLD.opened_at, OLD.closed_at) IS DISTINCT FROM (NEW.opened_at, NEW.closed_at) THEN
          broken := 'accounts_status_times_kept';
        END IF;
        IF broken IS NOT NULL THEN
          RAISE EXCEPTION 'Account % begins pending or active, and its times follow its status by themselves', NEW.id
            USING ERRCODE = '23514', CONSTRAINT = broken, SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
        END IF;
        RETURN NEW;
      END $function$;
REVOKE EXECUTE ON FUNCTION accounts.guard_status() FROM PUBLIC;

CREATE OR REPLACE FUNCTION accounts.keep_status_timestamps()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
      BEGIN
        IF NEW.opened_at IS NULL AND NEW.status <> 'pending' THEN
          NEW.opened_at := clock_timestamp();
        END IF;
        IF NEW.closed_at IS NULL AND NEW.status = 'closed' THEN
          NEW.closed_at := clock_timestamp();
        END IF;
        RETURN NEW;
      END $function$;
REVOKE EXECUTE ON FUNCTION accounts.keep_status_timestamps() FROM PUBLIC;

CREATE OR REPLACE FUNCTION accounts.record_status_transition()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
      BEGIN
        INSERT INTO accounts.account_status_transitions (account_id, from_status, to_status, reason)
        VALUES (NEW.id, OLD.status, NEW.status, nullif(current_setting('accounts.status_reason', true), ''));
        RETURN NULL;
      END $function$;
REVOKE EXECUTE ON FUNCTION accounts.record_status_transition() FROM PUBLIC;

CREATE OR REPLACE FUNCTION accounts.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
      BEGIN
        RAISE EXCEPTION 'Table %.% is append-only: % is refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP
          USING ERRCODE = '23001', CONSTRAINT = TG_TABLE_NAME || '_append_only';
      END $function$;
REVOKE EXECUTE ON FUNCTION accounts.refuse_change() FROM PUBLIC;

CREATE OR REPLACE FUNCTION accounts.refuse_identity_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
      BEGIN
        RAISE EXCEPTION 'Account % keeps its id, currency, normal side and whose it is', OLD.id
          USING ERRCODE = '23001', CONSTRAINT = 'accounts_identity_kept';
      END $function$;
REVOKE EXECUTE ON FUNCTION accounts.refuse_identity_change() FROM PUBLIC;

CREATE OR REPLACE FUNCTION accounts.refuse_removal()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
      BEGIN
        RAISE EXCEPTION 'Rows of %.% are closed or ended, not removed: % is refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP
          USING ERRCODE = '23001', CONSTRAINT = TG_TABLE_NAME || '_never_removed';
      END $function$;
REVOKE EXECUTE ON FUNCTION accounts.refuse_removal() FROM PUBLIC;

CREATE OR REPLACE FUNCTION accounts.set_updated_at()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
      BEGIN
        NEW.updated_at := clock_timestamp();
        RETURN NEW;
      END $function$;
REVOKE EXECUTE ON FUNCTION accounts.set_updated_at() FROM PUBLIC;

-- Triggers

CREATE TRIGGER account_holders_kept BEFORE DELETE OR UPDATE ON accounts.account_holders FOR EACH ROW EXECUTE FUNCTION accounts.guard_holder();
ALTER TABLE ONLY accounts.account_holders ENABLE ALWAYS TRIGGER account_holders_kept;
CREATE TRIGGER account_holders_never_removed BEFORE TRUNCATE ON accounts.account_holders FOR EACH STATEMENT EXECUTE FUNCTION accounts.refuse_removal();
ALTER TABLE ONLY accounts.account_holders ENABLE ALWAYS TRIGGER account_holders_never_removed;
CREATE CONSTRAINT TRIGGER account_holders_owner_remains AFTER DELETE OR UPDATE ON accounts.account_holders DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (old.role = 'owner'::text) EXECUTE FUNCTION accounts.check_owner_remains();
ALTER TABLE ONLY accounts.account_holders ENABLE ALWAYS TRIGGER account_holders_owner_remains;
CREATE TRIGGER account_status_transitions_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON accounts.account_status_transitions FOR EACH STATEMENT EXECUTE FUNCTION accounts.refuse_change();
ALTER TABLE ONLY accounts.account_status_transitions ENABLE ALWAYS TRIGGER account_status_transitions_append_only;
CREATE TRIGGER account_status_transitions_happened AFTER INSERT ON accounts.account_status_transitions FOR EACH ROW EXECUTE FUNCTION accounts.check_transition_happened();
ALTER TABLE ONLY accounts.account_status_transitions ENABLE ALWAYS TRIGGER account_status_transitions_happened;
CREATE TRIGGER accounts_guard_status BEFORE INSERT OR UPDATE ON accounts.accounts FOR EACH ROW EXECUTE FUNCTION accounts.guard_status();
ALTER TABLE ONLY accounts.accounts ENABLE ALWAYS TRIGGER accounts_guard_status;
CREATE CONSTRAINT TRIGGER accounts_have_an_owner AFTER INSERT ON accounts.accounts DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NOT new.is_internal) EXECUTE FUNCTION accounts.check_owner_remains();
ALTER TABLE ONLY accounts.accounts ENABLE ALWAYS TRIGGER accounts_have_an_owner;
CREATE TRIGGER accounts_identity_kept BEFORE UPDATE OF id, currency, normal_side, is_internal ON accounts.accounts FOR EACH ROW WHEN (old.id IS DISTINCT FROM new.id OR old.currency IS DISTINCT FROM new.currency OR old.normal_side IS DISTINCT FROM new.normal_side OR old.is_internal IS DISTINCT FROM new.is_internal) EXECUTE FUNCTION accounts.refuse_identity_change();
ALTER TABLE ONLY accounts.accounts ENABLE ALWAYS TRIGGER accounts_identity_kept;
CREATE TRIGGER accounts_keep_status_timestamps BEFORE INSERT OR UPDATE OF status ON accounts.accounts FOR EACH ROW EXECUTE FUNCTION accounts.keep_status_timestamps();
ALTER TABLE ONLY accounts.accounts ENABLE ALWAYS TRIGGER accounts_keep_status_timestamps;
CREATE TRIGGER accounts_never_removed BEFORE DELETE OR TRUNCATE ON accounts.accounts FOR EACH STATEMENT EXECUTE FUNCTION accounts.refuse_removal();
ALTER TABLE ONLY accounts.accounts ENABLE ALWAYS TRIGGER accounts_never_removed;
CREATE TRIGGER accounts_record_status_transition AFTER UPDATE OF status ON accounts.accounts FOR EACH ROW WHEN (old.status IS DISTINCT FROM new.status) EXECUTE FUNCTION accounts.record_status_transition();
ALTER TABLE ONLY accounts.accounts ENABLE ALWAYS TRIGGER accounts_record_status_transition;
CREATE TRIGGER accounts_set_updated_at BEFORE UPDATE ON accounts.accounts FOR EACH ROW EXECUTE FUNCTION accounts.set_updated_at();
CREATE TRIGGER customers_set_updated_at BEFORE UPDATE ON accounts.customers FOR EACH ROW EXECUTE FUNCTION accounts.set_updated_at();

-- Default privileges

ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

ALTER DEFAULT PRIVILEGES REVOKE USAGE ON TYPES FROM PUBLIC;

ALTER DEFAULT PRIVILEGES IN SCHEMA accounts GRANT SELECT ON TABLES TO finova_accounts_app;

ALTER DEFAULT PRIVILEGES IN SCHEMA accounts GRANT SELECT ON TABLES TO finova_accounts_readonly;

RESET check_function_bodies;
