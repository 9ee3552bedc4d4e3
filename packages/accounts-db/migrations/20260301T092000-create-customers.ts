import type { PostgresMigration } from '@finova/db-kit/migrations';
import { sql } from 'kysely';

/** The people and companies the bank serves. What identifies them is ciphertext from the first row on. */
export const migration: PostgresMigration = {
  async up(db) {
    await sql`
      CREATE TABLE accounts.customers (
        id uuid CONSTRAINT customers_pkey PRIMARY KEY DEFAULT accounts.uuid_v7(),
        kyc_status text NOT NULL DEFAULT 'pending'
          CONSTRAINT customers_kyc_status_known CHECK (kyc_status IN ('pending', 'verified', 'rejected')),
        data_key accounts.wrapped_key NOT NULL,
        full_name accounts.ciphertext NOT NULL,
        email accounts.ciphertext NOT NULL,
        email_blind_index accounts.blind_index NOT NULL CONSTRAINT customers_email_unique UNIQUE,
        phone accounts.ciphertext,
        tax_id accounts.ciphertext,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
      )`.execute(db);
    await sql`COMMENT ON TABLE accounts.customers IS 'One row per customer; name, e-mail, phone and tax id are encrypted under the data key of the row'`.execute(
      db,
    );
    await sql`COMMENT ON COLUMN accounts.customers.kyc_status IS 'How far the identity check (know your customer) got'`.execute(
      db,
    );
    await sql`COMMENT ON COLUMN accounts.customers.email_blind_index IS 'Of the e-mail address in lower case'`.execute(
      db,
    );
    await sql`
      CREATE TRIGGER customers_set_updated_at BEFORE UPDATE ON accounts.customers
        FOR EACH ROW EXECUTE FUNCTION accounts.set_updated_at()`.execute(db);
  },

  lossy: 'All customers are dropped',
  async down(db) {
    await sql`DROP TABLE accounts.customers`.execute(db);
  },
};
