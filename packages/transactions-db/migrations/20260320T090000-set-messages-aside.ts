import type { PostgresMigration } from '@finova/db-kit/migrations';
import { sql } from 'kysely';

/** Messages that a consumer of the outbox could not handle: kept, so that those behind them need not wait. */
export const migration: PostgresMigration = {
  async up(db) {
    await sql`
      CREATE TABLE transactions.outbox_set_aside (
        consumer text
          CONSTRAINT outbox_set_aside_consumer_exists REFERENCES transactions.outbox_consumers (consumer),
        writer xid8,
        position bigint,
        topic transactions.topic NOT NULL,
        key uuid NOT NULL,
        payload jsonb NOT NULL,
        created_at timestamptz NOT NULL,
        reason text NOT NULL CONSTRAINT outbox_set_aside_reason_length CHECK (char_length(reason) BETWEEN 1 AND 500),
        attempts integer NOT NULL DEFAULT 1 CONSTRAINT outbox_set_aside_attempts_positive CHECK (attempts > 0),
        tried_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT outbox_set_aside_pkey PRIMARY KEY (consumer, writer, position)
      )`.execute(db);
    await sql`COMMENT ON TABLE transactions.outbox_set_aside IS 'Messages that a consumer of the outbox could not handle, with the reason; they leave when it can'`.execute(
      db,
    );
    // The longest untried first.
    await sql`
      CREATE INDEX outbox_set_aside_tried_at_index ON transactions.outbox_set_aside (consumer, tried_at)`.execute(db);
  },

  lossy: 'Messages that could not be handled are dropped',
  async down(db) {
    await sql`DROP TABLE transactions.outbox_set_aside`.execute(db);
  },
};
