import type { PostgresMigration } from '@finova/db-kit/migrations';
import { sql } from 'kysely';

/**
 * A key is inserted with its answer, and not updated in the same transaction; it is append-only like the rest. The id of
 * what the request becomes is made before the row that has it, in the one function that writes both. A batch becomes many
 * transactions and names none; its answer lists them.
 */
export const migration: PostgresMigration = {
  waives: {
    'squawk/adding-not-nullable-field': 'The ledger is not in use yet: its tables are small',
  },
  async up(db) {
    await sql`
      ALTER TABLE transactions.idempotency_keys
        DROP CONSTRAINT idempotency_keys_answer_complete,
        DROP CONSTRAINT idempotency_keys_transaction_exists,
        DROP CONSTRAINT idempotency_keys_request_hash_length,
        ALTER COLUMN response SET NOT NULL`.execute(db);
    await sql`COMMENT ON COLUMN transactions.idempotency_keys.transaction_id IS 'What the request became; NULL for a batch, whose response lists its transactions'`.execute(
      db,
    );
    await sql`COMMENT ON COLUMN transactions.idempotency_keys.request_hash IS 'SHA-256 over the operation and its request: as jsonb text, whose form is canonical; of a batch, over the text of its arrays'`.execute(
      db,
    );
    await sql`
      CREATE TRIGGER idempotency_keys_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON transactions.idempotency_keys
        FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change()`.execute(db);
    await sql`ALTER TABLE transactions.idempotency_keys ENABLE ALWAYS TRIGGER idempotency_keys_append_only`.execute(db);
  },

  lossy: 'Retries of batches would be carried out again',
  async down(db) {
    await sql`DROP TRIGGER idempotency_keys_append_only ON transactions.idempotency_keys`.execute(db);
    await sql`DELETE FROM transactions.idempotency_keys WHERE transaction_id IS NULL`.execute(db);
    await sql`COMMENT ON COLUMN transactions.idempotency_keys.request_hash IS 'SHA-256 over the operation and its request as jsonb text, whose form is canonical'`.execute(
      db,
    );
    await sql`COMMENT ON COLUMN transactions.idempotency_keys.transaction_id IS 'What the request became; NULL, as the response, only inside the transaction that writes it'`.execute(
      db,
    );
    await sql`
      ALTER TABLE transactions.idempotency_keys
        ALTER COLUMN response DROP NOT NULL,
        ADD CONSTRAINT idempotency_keys_request_hash_length CHECK (octet_length(request_hash) = 32),
        ADD CONSTRAINT idempotency_keys_transaction_exists FOREIGN KEY (transaction_id) REFERENCES transactions.transactions (id),
        ADD CONSTRAINT idempotency_keys_answer_complete CHECK (num_nulls(response, transaction_id) IN (0, 2))`.execute(
      db,
    );
  },
};
