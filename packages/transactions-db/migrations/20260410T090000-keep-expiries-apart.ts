import type { PostgresMigration } from '@finova/db-kit/migrations';
import { sql } from 'kysely';

/**
 * When a hold expires has a table of its own. In `transactions` every posting paid for it, though none has it: the check that
 * only a hold does and the condition of the index are read from their text and compiled by each statement.
 */
export const migration: PostgresMigration = {
  waives: {
    'missing-lossy': 'What made_at says, created_at says by then',
  },
  async up(db) {
    // Nobody writes a hold between what is copied and what is dropped.
    await sql`LOCK TABLE transactions.transactions IN ACCESS EXCLUSIVE MODE`.execute(db);
    await sql`
      CREATE TABLE transactions.pending_expiries (
        pending_transaction_id uuid CONSTRAINT pending_expiries_pkey PRIMARY KEY
          CONSTRAINT pending_expiries_pending_exists REFERENCES transactions.transactions (id),
        expires_at timestamptz NOT NULL,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp()
      )`.execute(db);
    await sql`COMMENT ON TABLE transactions.pending_expiries IS 'Append-only: when what a pending transaction holds is given back; without a row it is held until it is settled'`.execute(
      db,
    );
    await sql`
      INSERT INTO transactions.pending_expiries
      SELECT id, expires_at, created_at FROM transactions.transactions WHERE kind = 'pending' AND expires_at IS NOT NULL`.execute(
      db,
    );
    await sql`CREATE INDEX pending_expiries_expires_at_index ON transactions.pending_expiries (expires_at)`.execute(db);
    await sql`
      CREATE TRIGGER pending_expiries_append_only
        BEFORE UPDATE OR DELETE OR TRUNCATE ON transactions.pending_expiries
        FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change()`.execute(db);
    // Also for sessions that switch ordinary triggers off (session_replication_role).
    await sql`ALTER TABLE transactions.pending_expiries ENABLE ALWAYS TRIGGER pending_expiries_append_only`.execute(db);
    // The check and the index that name it go with it.
    await sql`ALTER TABLE transactions.transactions DROP COLUMN expires_at`.execute(db);
  },

  async down(db) {
    // A column goes to the end of its table: the one that stood behind it is made anew as well.
    await sql`ALTER TABLE transactions.transactions RENAME COLUMN created_at TO made_at`.execute(db);
    await sql`
      ALTER TABLE transactions.transactions
        ADD COLUMN expires_at timestamptz
          CONSTRAINT transactions_only_pending_expire CHECK (kind = 'pending' OR expires_at IS NULL),
        ADD COLUMN created_at timestamptz NOT NULL DEFAULT clock_timestamp()`.execute(db);
    await sql`ALTER TABLE transactions.transactions DISABLE TRIGGER transactions_append_only`.execute(db);
    await sql`
      UPDATE transactions.transactions AS transaction SET created_at = made_at, expires_at = (
        SELECT expires_at FROM transactions.pending_expiries WHERE pending_transaction_id = transaction.id)`.execute(
      db,
    );
    await sql`ALTER TABLE transactions.transactions ENABLE ALWAYS TRIGGER transactions_append_only`.execute(db);
    await sql`ALTER TABLE transactions.transactions DROP COLUMN made_at`.execute(db);
    await sql`
      CREATE INDEX transactions_expires_at_index ON transactions.transactions (expires_at) WHERE kind = 'pending'`.execute(
      db,
    );
    await sql`DROP TABLE transactions.pending_expiries`.execute(db);
  },
};
