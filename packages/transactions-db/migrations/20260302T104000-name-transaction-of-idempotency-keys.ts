import type { PostgresMigration } from '@finova/db-kit/migrations';
import { sql } from 'kysely';

/** Which transaction a key stands for, as a column: a response is text to the database, a foreign key is not. */
export const migration: PostgresMigration = {
  async up(db) {
    await sql`
      ALTER TABLE transactions.idempotency_keys
        ADD COLUMN transaction_id uuid
          CONSTRAINT idempotency_keys_transaction_exists REFERENCES transactions.transactions (id)`.execute(db);
    await sql`COMMENT ON COLUMN transactions.idempotency_keys.transaction_id IS 'What the request became; NULL, as the response, only inside the transaction that writes it'`.execute(
      db,
    );
    await sql`
      UPDATE transactions.idempotency_keys SET transaction_id = (response ->> 'transaction_id')::uuid`.execute(db);
    await sql`
      ALTER TABLE transactions.idempotency_keys
        ADD CONSTRAINT idempotency_keys_answer_complete CHECK (num_nulls(response, transaction_id) IN (0, 2))`.execute(
      db,
    );
    await sql`
      CREATE OR REPLACE FUNCTION transactions.answer(in_scope text, in_key text, in_transaction_id uuid, kind text)
        RETURNS jsonb LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
      DECLARE
        answer jsonb := jsonb_build_object('transaction_id', in_transaction_id, 'kind', kind);
      BEGIN
        INSERT INTO transactions.outbox (topic, key, payload) VALUES ('transaction.' || kind, in_transaction_id, answer);
        UPDATE transactions.idempotency_keys SET response = answer, transaction_id = in_transaction_id
          WHERE scope = in_scope AND key = in_key;
        RETURN answer;
      END $function$`.execute(db);
  },

  async down(db) {
    await sql`
      CREATE OR REPLACE FUNCTION transactions.answer(in_scope text, in_key text, in_transaction_id uuid, kind text)
        RETURNS jsonb LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
      DECLARE
        answer jsonb := jsonb_build_object('transaction_id', in_transaction_id, 'kind', kind);
      BEGIN
        INSERT INTO transactions.outbox (topic, key, payload) VALUES ('transaction.' || kind, in_transaction_id, answer);
        UPDATE transactions.idempotency_keys SET response = answer WHERE scope = in_scope AND key = in_key;
        RETURN answer;
      END $function$`.execute(db);
    await sql`ALTER TABLE transactions.idempotency_keys DROP COLUMN transaction_id`.execute(db);
  },
};
