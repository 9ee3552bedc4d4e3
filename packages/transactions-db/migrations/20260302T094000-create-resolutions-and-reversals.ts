import type { PostgresMigration } from '@finova/db-kit/migrations';
import { sql } from 'kysely';

/** Two tables whose primary keys make "at most once" a fact: what became of a hold, and what undid a posting. */
export const migration: PostgresMigration = {
  async up(db) {
    await sql`
      CREATE TABLE transactions.pending_resolutions (
        pending_transaction_id uuid CONSTRAINT pending_resolutions_pkey PRIMARY KEY
          CONSTRAINT pending_resolutions_pending_exists REFERENCES transactions.transactions (id),
        resolution_transaction_id uuid NOT NULL
          CONSTRAINT pending_resolutions_resolution_unique UNIQUE
          CONSTRAINT pending_resolutions_resolution_exists REFERENCES transactions.transactions (id),
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT pending_resolutions_two_transactions CHECK (pending_transaction_id <> resolution_transaction_id)
      )`.execute(db);
    await sql`COMMENT ON TABLE transactions.pending_resolutions IS 'Append-only: which transaction settled a pending one; its primary key lets only one do so'`.execute(
      db,
    );
    await sql`
      CREATE TABLE transactions.reversals (
        reversed_transaction_id uuid CONSTRAINT reversals_pkey PRIMARY KEY
          CONSTRAINT reversals_reversed_exists REFERENCES transactions.transactions (id),
        reversal_transaction_id uuid NOT NULL
          CONSTRAINT reversals_reversal_unique UNIQUE
          CONSTRAINT reversals_reversal_exists REFERENCES transactions.transactions (id),
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT reversals_two_transactions CHECK (reversed_transaction_id <> reversal_transaction_id)
      )`.execute(db);
    await sql`COMMENT ON TABLE transactions.reversals IS 'Append-only: which transaction undid another; its primary key lets only one do so'`.execute(
      db,
    );
    for (const table of ['pending_resolutions', 'reversals']) {
      await sql`
        CREATE TRIGGER ${sql.ref(`${table}_append_only`)}
          BEFORE UPDATE OR DELETE OR TRUNCATE ON ${sql.table(`transactions.${table}`)}
          FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change()`.execute(db);
    }
  },

  lossy: 'What settled and what undid transactions is dropped',
  async down(db) {
    await sql`DROP TABLE transactions.reversals`.execute(db);
    await sql`DROP TABLE transactions.pending_resolutions`.execute(db);
  },
};
