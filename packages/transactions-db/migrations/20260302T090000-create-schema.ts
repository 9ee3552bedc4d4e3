import type { PostgresMigration } from '@finova/db-kit/migrations';
import { sql } from 'kysely';

/** The schema, ids, and the guard of append-only tables. */
export const migration: PostgresMigration = {
  requires: ['accounts-db/20260301T093000-create-accounts'],

  async up(db) {
    await sql`CREATE SCHEMA transactions`.execute(db);
    await sql`COMMENT ON SCHEMA transactions IS 'The double-entry ledger: what moved, between which accounts, and what that left'`.execute(
      db,
    );
    // As accounts.uuid_v7(), explained there: each domain stands on its own functions.
    await sql`
      CREATE FUNCTION transactions.uuid_v7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $function$
        SELECT encode(
          set_bit(set_bit(
            overlay(uuid_send(gen_random_uuid())
              PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
            52, 1), 53, 1),
          'hex')::uuid
      $function$`.execute(db);
    await sql`COMMENT ON FUNCTION transactions.uuid_v7() IS 'A new UUID of version 7 (RFC 9562)'`.execute(db);
    await sql`
      CREATE FUNCTION transactions.refuse_change() RETURNS trigger LANGUAGE plpgsql
        SET search_path = pg_catalog, pg_temp AS $function$
      BEGIN
        RAISE EXCEPTION 'Table %.% is append-only: % is refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP
          USING ERRCODE = '23001', CONSTRAINT = TG_TABLE_NAME || '_append_only';
      END $function$`.execute(db);
  },

  async down(db) {
    await sql`DROP FUNCTION transactions.refuse_change()`.execute(db);
    await sql`DROP FUNCTION transactions.uuid_v7()`.execute(db);
    await sql`DROP SCHEMA transactions`.execute(db);
  },
};
