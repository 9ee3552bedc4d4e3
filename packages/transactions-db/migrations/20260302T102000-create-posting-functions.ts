import type { PostgresMigration } from '@finova/db-kit/migrations';
import { sql } from 'kysely';

/**
 * The only ways to move money. Each takes (scope, key, request), locks the balances it touches in the order of their
 * ids, and answers a repeated request with its first answer.
 *
 * SQLSTATE class FN is ours: FN001 account unknown, FN002 account not active, FN003 idempotency key used for another
 * request, FN004 transaction unknown or not of the right kind, FN005 hold expired, FN006 request without transfers.
 */
export const migration: PostgresMigration = {
  async up(db) {
    await sql`
      CREATE FUNCTION transactions.claim_key(operation text, in_scope text, in_key text, request jsonb)
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
      CREATE FUNCTION transactions.answer(in_scope text, in_key text, in_transaction_id uuid, kind text)
        RETURNS jsonb LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
      DECLARE
        answer jsonb := jsonb_build_object('transaction_id', in_transaction_id, 'kind', kind);
      BEGIN
        INSERT INTO transactions.outbox (topic, key, payload) VALUES ('transaction.' || kind, in_transaction_id, answer);
        UPDATE transactions.idempotency_keys SET response = answer, transaction_id = in_transaction_id
          WHERE scope = in_scope AND key = in_key;
        RETURN answer;
      END $function$`.execute(db);

    await sql`
      CREATE FUNCTION transactions.lock_balances(account_ids uuid[], must_be_active boolean)
        RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
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
      END $function$`.execute(db);

    await sql`
      CREATE FUNCTION transactions.insert_transaction(in_kind text, request jsonb)
        RETURNS uuid LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $function$
        INSERT INTO transactions.transactions (kind, booking_date, value_date, end_to_end_id, description, expires_at)
        VALUES (in_kind,
          coalesce((request ->> 'booking_date')::date, current_date),
          coalesce((request ->> 'value_date')::date, (request ->> 'booking_date')::date, current_date),
          request ->> 'end_to_end_id', request ->> 'description', (request ->> 'expires_at')::timestamptz)
        RETURNING id
      $function$`.execute(db);

    // One side of a posted transfer: the total, the pending amount it settles, and the line on the statement.
    await sql`
      CREATE FUNCTION transactions.post_side(transfer transactions.transfers, side text, in_booking_date date, settles boolean)
        RETURNS void LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $function$
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
      $function$`.execute(db);

    await sql`
      CREATE FUNCTION transactions.post_transfer(in_transaction_id uuid, debit uuid, credit uuid, in_currency text,
        in_amount_minor bigint, settles boolean)
        RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
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
      END $function$`.execute(db);

    await sql`
      CREATE FUNCTION transactions.accounts_of(request jsonb) RETURNS uuid[] LANGUAGE plpgsql STABLE
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
      CREATE FUNCTION transactions.post_transaction(in_scope text, in_key text, request jsonb)
        RETURNS jsonb LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
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
      END $function$`.execute(db);

    await sql`
      CREATE FUNCTION transactions.hold(in_scope text, in_key text, request jsonb)
        RETURNS jsonb LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
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
      END $function$`.execute(db);

    await sql`
      CREATE FUNCTION transactions.resolve_pending(pending_id uuid, resolution text, request jsonb)
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

    for (const [name, operation, kind] of [
      ['capture', 'capture', 'post'],
      ['void_pending', 'void', 'void'],
    ] as const) {
      await sql`
        CREATE FUNCTION transactions.${sql.ref(name)}(in_scope text, in_key text, request jsonb)
          RETURNS jsonb LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
        DECLARE
          answered jsonb := transactions.claim_key(${sql.lit(operation)}, in_scope, in_key, request);
        BEGIN
          IF answered IS NOT NULL THEN
            RETURN answered;
          END IF;
          RETURN transactions.answer(in_scope, in_key,
            transactions.resolve_pending((request ->> 'pending_transaction_id')::uuid, ${sql.lit(kind)}, request),
            ${sql.lit(kind)});
        END $function$`.execute(db);
    }

    await sql`
      CREATE FUNCTION transactions.expire_due(batch_size integer)
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

    await sql`
      CREATE FUNCTION transactions.reverse(in_scope text, in_key text, request jsonb)
        RETURNS jsonb LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
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
      END $function$`.execute(db);
  },

  async down(db) {
    for (const signature of [
      'reverse(text, text, jsonb)',
      'expire_due(integer)',
      'void_pending(text, text, jsonb)',
      'capture(text, text, jsonb)',
      'resolve_pending(uuid, text, jsonb)',
      'hold(text, text, jsonb)',
      'post_transaction(text, text, jsonb)',
      'accounts_of(jsonb)',
      'post_transfer(uuid, uuid, uuid, text, bigint, boolean)',
      'post_side(transactions.transfers, text, date, boolean)',
      'insert_transaction(text, jsonb)',
      'lock_balances(uuid[], boolean)',
      'answer(text, text, uuid, text)',
      'claim_key(text, text, text, jsonb)',
    ]) {
      await sql`DROP FUNCTION transactions.${sql.raw(signature)}`.execute(db);
    }
  },
};
