import type { PostgresMigration } from '@finova/db-kit/migrations';
import { sql } from 'kysely';

/** One index of the outbox, in the order in which it is read, and how far each of its consumers has got. */
export const migration: PostgresMigration = {
  waives: {
    'squawk/constraint-missing-not-valid': 'The ledger is not in use yet: its tables are small',
    'squawk/adding-serial-primary-key-field': 'The ledger is not in use yet: its tables are small',
  },
  async up(db) {
    await sql`ALTER TABLE transactions.outbox DROP CONSTRAINT outbox_pkey`.execute(db);
    await sql`DROP INDEX transactions.outbox_writer_position_index`.execute(db);
    await sql`ALTER TABLE transactions.outbox ADD CONSTRAINT outbox_pkey PRIMARY KEY (writer, position)`.execute(db);
    await sql`
      CREATE TABLE transactions.outbox_consumers (
        consumer text CONSTRAINT outbox_consumers_pkey PRIMARY KEY
          CONSTRAINT outbox_consumers_consumer_shape CHECK (consumer ~ '^[a-z][a-z0-9-]{0,62}$'),
        writer xid8 NOT NULL,
        position bigint NOT NULL CONSTRAINT outbox_consumers_position_not_negative CHECK (position >= 0),
        updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
      )`.execute(db);
    await sql`COMMENT ON TABLE transactions.outbox_consumers IS 'How far each consumer of the outbox has got: everything up to (writer, position) is done'`.execute(
      db,
    );
    await sql`
      CREATE FUNCTION transactions.refuse_going_back() RETURNS trigger LANGUAGE plpgsql
        SET search_path = pg_catalog, pg_temp AS $function$
      BEGIN
        RAISE EXCEPTION 'Consumer % is past this place of the outbox already', OLD.consumer
          USING ERRCODE = '23514', CONSTRAINT = 'outbox_consumers_only_forward', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
      END $function$`.execute(db);
    await sql`
      CREATE TRIGGER outbox_consumers_only_forward BEFORE UPDATE ON transactions.outbox_consumers
        FOR EACH ROW WHEN ((NEW.writer, NEW.position) < (OLD.writer, OLD.position) OR NEW.consumer <> OLD.consumer)
        EXECUTE FUNCTION transactions.refuse_going_back()`.execute(db);
    await sql`ALTER TABLE transactions.outbox_consumers ENABLE ALWAYS TRIGGER outbox_consumers_only_forward`.execute(
      db,
    );
  },

  lossy: 'Consumers of the outbox would begin at its start again',
  async down(db) {
    await sql`DROP TABLE transactions.outbox_consumers`.execute(db);
    await sql`DROP FUNCTION transactions.refuse_going_back()`.execute(db);
    await sql`ALTER TABLE transactions.outbox DROP CONSTRAINT outbox_pkey`.execute(db);
    await sql`ALTER TABLE transactions.outbox ADD CONSTRAINT outbox_pkey PRIMARY KEY (position)`.execute(db);
    await sql`CREATE INDEX outbox_writer_position_index ON transactions.outbox (writer, position)`.execute(db);
  },
};
