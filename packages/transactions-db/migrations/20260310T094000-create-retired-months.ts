import type { PostgresMigration } from '@finova/db-kit/migrations';
import { sql } from 'kysely';

/** Which months of entries were taken out of the ledger's own table. */
export const migration: PostgresMigration = {
  async up(db) {
    await sql`
      CREATE TABLE transactions.retired_months (
        month date CONSTRAINT retired_months_pkey PRIMARY KEY,
        through date NOT NULL,
        partition_name text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT retired_months_whole CHECK (
          month = date_trunc('month', month::timestamp)::date AND through = (month + interval '1 month - 1 day')::date)
      )`.execute(db);
    await sql`COMMENT ON TABLE transactions.retired_months IS 'Append-only: the months whose entries were detached, each into a table of its own'`.execute(
      db,
    );
    await sql`
      CREATE TRIGGER retired_months_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON transactions.retired_months
        FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change()`.execute(db);
    await sql`ALTER TABLE transactions.retired_months ENABLE ALWAYS TRIGGER retired_months_append_only`.execute(db);
  },

  lossy: 'Which months were retired is forgotten',
  async down(db) {
    await sql`DROP TABLE transactions.retired_months`.execute(db);
  },
};
