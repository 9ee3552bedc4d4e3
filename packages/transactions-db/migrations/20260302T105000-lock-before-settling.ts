import type { PostgresMigration } from '@finova/db-kit/migrations';
import { sql } from 'kysely';

/**
 * Expiry locks every account of its batch before it settles the first hold, so that it cannot deadlock with postings;
 * a capture looks at the clock under those locks; a request without transfers and a key without an answer are refused.
 * claim_key had a variable called found, which hid PL/pgSQL's FOUND: it worked only by reading its own row back.
 *
 * Adds SQLSTATE FN006: a request without transfers.
 */
export const migration: PostgresMigration = {
  async up(db) {
    await sql`
      CREATE OR REPLACE FUNCTION transactions.claim_key(operation text, in_scope text, in_key text, request jsonb)
        RETURNS jsonb LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
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
      END $function$`.execute(db);
    await sql`
      CREATE OR REPLACE FUNCTION transactions.accounts_of(request jsonb) RETURNS uuid[] LANGUAGE plpgsql STABLE
        SET search_path = pg_catalog, pg_temp AS $function$
      DECLARE
        account_ids uuid[] := (
          SELECT array_agg(id) FROM jsonb_array_elements(request -> 'transfers') AS item,
            LATERAL (VALUES ((item ->> 'debit_account_id')::uuid), ((item ->> 'credit_account_id')::uuid)) AS ids(id));
      BEGIN
        IF account_ids IS NULL THEN
          RAISE EXCEPTION 'A transaction needs at least one transfer' USING ERRCODE = 'FN006';
        END IF;
        RETURN account_ids;
      END $function$`.execute(db);
    await sql`
      CREATE OR REPLACE FUNCTION transactions.resolve_pending(pending_id uuid, resolution text, request jsonb)
        RETURNS uuid LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
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
      END $function$`.execute(db);
    await sql`
      CREATE OR REPLACE FUNCTION transactions.expire_due(batch_size integer)
        RETURNS integer LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
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
      END $function$`.execute(db);
  },

  async down(db) {
    await sql`
      CREATE OR REPLACE FUNCTION transactions.expire_due(batch_size integer)
        RETURNS integer LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
      DECLARE
        due uuid;
        resolution_id uuid;
        expired integer := 0;
      BEGIN
        FOR due IN
          SELECT id FROM transactions.transactions AS pending
          WHERE kind = 'pending' AND expires_at <= clock_timestamp()
            AND NOT EXISTS (SELECT FROM transactions.pending_resolutions WHERE pending_transaction_id = pending.id)
          ORDER BY expires_at LIMIT batch_size
        LOOP
          BEGIN
            resolution_id := transactions.resolve_pending(due, 'expire', '{}');
            INSERT INTO transactions.outbox (topic, key, payload) VALUES ('transaction.expire', resolution_id,
              jsonb_build_object('transaction_id', resolution_id, 'kind', 'expire'));
            expired := expired + 1;
          EXCEPTION WHEN unique_violation THEN
            -- Captured or voided in the same moment: nothing is left to expire.
            NULL;
          END;
        END LOOP;
        RETURN expired;
      END $function$`.execute(db);
    await sql`
      CREATE OR REPLACE FUNCTION transactions.resolve_pending(pending_id uuid, resolution text, request jsonb)
        RETURNS uuid LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
      DECLARE
        pending transactions.transactions;
        held transactions.transfers;
        resolution_id uuid;
      BEGIN
        SELECT * INTO pending FROM transactions.transactions WHERE id = pending_id AND kind = 'pending';
        IF NOT FOUND THEN
          RAISE EXCEPTION 'There is no pending transaction %', pending_id USING ERRCODE = 'FN004', DETAIL = pending_id;
        END IF;
        IF resolution = 'post' AND pending.expires_at <= clock_timestamp() THEN
          RAISE EXCEPTION 'Pending transaction % has expired', pending_id USING ERRCODE = 'FN005', DETAIL = pending_id;
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
      END $function$`.execute(db);
    await sql`
      CREATE OR REPLACE FUNCTION transactions.accounts_of(request jsonb) RETURNS uuid[] LANGUAGE sql STABLE
        SET search_path = pg_catalog, pg_temp AS $function$
        SELECT array_agg(id) FROM jsonb_array_elements(request -> 'transfers') AS item,
          LATERAL (VALUES ((item ->> 'debit_account_id')::uuid), ((item ->> 'credit_account_id')::uuid)) AS ids(id)
      $function$`.execute(db);
    await sql`
      CREATE OR REPLACE FUNCTION transactions.claim_key(operation text, in_scope text, in_key text, request jsonb)
        RETURNS jsonb LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
      DECLARE
        hash bytea := sha256(convert_to(operation || ':' || request::text, 'UTF8'));
        found transactions.idempotency_keys;
      BEGIN
        -- Waits for a transaction that holds the same key, and then finds what it committed.
        INSERT INTO transactions.idempotency_keys (scope, key, request_hash) VALUES (in_scope, in_key, hash)
          ON CONFLICT DO NOTHING;
        IF FOUND THEN
          RETURN NULL;
        END IF;
        SELECT * INTO STRICT found FROM transactions.idempotency_keys WHERE scope = in_scope AND key = in_key;
        IF found.request_hash <> hash THEN
          RAISE EXCEPTION 'This idempotency key was used for another request' USING ERRCODE = 'FN003';
        END IF;
        RETURN found.response;
      END $function$`.execute(db);
  },
};
