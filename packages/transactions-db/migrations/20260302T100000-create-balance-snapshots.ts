import type { PostgresMigration } from '@finova/db-kit/migrations';
import { sql } from 'kysely';

/** Balances at the end of a day, from which later ones are counted and older entries can be retired. */
export const migration: PostgresMigration = {
  async up(db) {
    await sql`
      CREATE TABLE transactions.balance_snapshots (
        account_id uuid NOT NULL
          CONSTRAINT balance_snapshots_account_exists REFERENCES transactions.balances (account_id),
        as_of date NOT NULL,
        account_version bigint NOT NULL CONSTRAINT balance_snapshots_version_not_negative CHECK (account_version >= 0),
        debits_posted_minor bigint NOT NULL
          CONSTRAINT balance_snapshots_debits_not_negative CHECK (debits_posted_minor >= 0),
        credits_posted_minor bigint NOT NULL
          CONSTRAINT balance_snapshots_credits_not_negative CHECK (credits_posted_minor >= 0),
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT balance_snapshots_pkey PRIMARY KEY (account_id, as_of)
      )`.execute(db);
    await sql`COMMENT ON TABLE transactions.balance_snapshots IS 'Append-only: the totals of an account over all entries booked up to and including a day'`.execute(
      db,
    );
    await sql`
      CREATE TRIGGER balance_snapshots_append_only
        BEFORE UPDATE OR DELETE OR TRUNCATE ON transactions.balance_snapshots
        FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change()`.execute(db);
  },

  lossy: 'All balance snapshots are dropped',
  async down(db) {
    await sql`DROP TABLE transactions.balance_snapshots`.execute(db);
  },
};
