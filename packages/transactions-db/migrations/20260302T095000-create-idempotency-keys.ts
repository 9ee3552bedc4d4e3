import type { PostgresMigration } from '@finova/db-kit/migrations';
import { sql } from 'kysely';

/** What was answered to which request, so that a retry gets the first answer and moves nothing twice. */
export const migration: PostgresMigration = {
  async up(db) {
    await sql`
      CREATE TABLE transactions.idempotency_keys (
        scope text NOT NULL CONSTRAINT idempotency_keys_scope_length CHECK (char_length(scope) BETWEEN 1 AND 64),
        key text NOT NULL CONSTRAINT idempotency_keys_key_length CHECK (char_length(key) BETWEEN 1 AND 128),
        request_hash bytea NOT NULL CONSTRAINT idempotency_keys_request_hash_length CHECK (octet_length(request_hash) = 32),
        response jsonb,
        transaction_id uuid
          CONSTRAINT idempotency_keys_transaction_exists REFERENCES transactions.transactions (id),
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT idempotency_keys_pkey PRIMARY KEY (scope, key),
        CONSTRAINT idempotency_keys_answer_complete CHECK (num_nulls(response, transaction_id) IN (0, 2))
      )`.execute(db);
    await sql`COMMENT ON TABLE transactions.idempotency_keys IS 'One row per request that changed the ledger; written in the same transaction as the change'`.execute(
      db,
    );
    await sql`COMMENT ON COLUMN transactions.idempotency_keys.scope IS 'Who makes the keys, such as a service or a client'`.execute(
      db,
    );
    await sql`COMMENT ON COLUMN transactions.idempotency_keys.request_hash IS 'SHA-256 over the operation and its request as jsonb text, whose form is canonical'`.execute(
      db,
    );
    await sql`COMMENT ON COLUMN transactions.idempotency_keys.transaction_id IS 'What the request became; NULL, as the response, only inside the transaction that writes it'`.execute(
      db,
    );
  },

  lossy: 'Retries of earlier requests would be carried out again',
  async down(db) {
    await sql`DROP TABLE transactions.idempotency_keys`.execute(db);
  },
};
