import type { PostgresMigration } from '@finova/db-kit/migrations';
import { sql } from 'kysely';

/** What the ledger tells the world, written in the transaction that it tells about. */
export const migration: PostgresMigration = {
  async up(db) {
    await sql`
      CREATE TABLE transactions.outbox (
        position bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT outbox_pkey PRIMARY KEY,
        writer xid8 NOT NULL DEFAULT pg_current_xact_id(),
        topic text NOT NULL CONSTRAINT outbox_topic_shape CHECK (topic ~ '^[a-z_]+(\\.[a-z_]+)*$'),
        key uuid NOT NULL,
        payload jsonb NOT NULL,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp()
      )`.execute(db);
    await sql`COMMENT ON TABLE transactions.outbox IS 'Messages about committed transactions, for readers that relay them'`.execute(
      db,
    );
    // A reader that goes by position alone skips messages: positions are given out before their transactions commit.
    await sql`COMMENT ON COLUMN transactions.outbox.writer IS 'The writing transaction: read up to pg_snapshot_xmin(pg_current_snapshot()), in the order (writer, position)'`.execute(
      db,
    );
    await sql`CREATE INDEX outbox_writer_position_index ON transactions.outbox (writer, position)`.execute(db);
  },

  lossy: 'Messages that were not relayed are dropped',
  async down(db) {
    await sql`DROP TABLE transactions.outbox`.execute(db);
  },
};
