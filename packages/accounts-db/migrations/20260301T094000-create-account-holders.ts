import type { PostgresMigration } from '@finova/db-kit/migrations';
import { sql } from 'kysely';

/** Who may use an account, as what, and when. */
export const migration: PostgresMigration = {
  async up(db) {
    // Lets the exclusion constraint compare uuids for equality beside overlapping ranges. It belongs to the database,
    // not to this schema, so down leaves it: another schema may use it too.
    await sql`CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public`.execute(db);
    await sql`
      CREATE TABLE accounts.account_holders (
        id uuid CONSTRAINT account_holders_pkey PRIMARY KEY DEFAULT accounts.uuid_v7(),
        account_id uuid NOT NULL
          CONSTRAINT account_holders_account_exists REFERENCES accounts.accounts (id),
        customer_id uuid NOT NULL
          CONSTRAINT account_holders_customer_exists REFERENCES accounts.customers (id),
        role text NOT NULL
          CONSTRAINT account_holders_role_known CHECK (role IN ('owner', 'co_owner', 'authorised')),
        validity daterange NOT NULL DEFAULT daterange(current_date, NULL)
          CONSTRAINT account_holders_validity_begins CHECK (NOT isempty(validity) AND NOT lower_inf(validity)),
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT account_holders_no_overlap
          EXCLUDE USING gist (account_id WITH =, customer_id WITH =, validity WITH &&)
      )`.execute(db);
    await sql`COMMENT ON TABLE accounts.account_holders IS 'Who may use an account, as what and from when to when; a customer has at most one role in an account on any day'`.execute(
      db,
    );
    await sql`COMMENT ON COLUMN accounts.account_holders.validity IS 'First day and day after the last, [from, to); open-ended while it lasts'`.execute(
      db,
    );
    await sql`CREATE INDEX account_holders_customer_id_index ON accounts.account_holders (customer_id, account_id)`.execute(
      db,
    );
  },

  lossy: 'All account holders are dropped',
  async down(db) {
    await sql`DROP TABLE accounts.account_holders`.execute(db);
  },
};
