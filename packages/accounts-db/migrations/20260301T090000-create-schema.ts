import type { PostgresMigration } from '@finova/db-kit/migrations';
import { sql } from 'kysely';

/** The schema, and what its tables are made with: ids, ciphertext types, and the guard of append-only tables. */
export const migration: PostgresMigration = {
  async up(db) {
    await sql`CREATE SCHEMA accounts`.execute(db);
    await sql`COMMENT ON SCHEMA accounts IS 'Customers, their accounts, and who may use them'`.execute(db);

    // PostgreSQL has uuidv7() only from 18 on. Layout of RFC 9562, section 5.7: 48 bits of milliseconds, the version
    // in the upper half of byte 6, the variant in the upper two bits of byte 8, the rest random. gen_random_uuid()
    // has the variant already and version 4 = 0100, which becomes 7 = 0111 by setting two bits.
    await sql`
      CREATE FUNCTION accounts.uuid_v7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $function$
        SELECT encode(
          set_bit(set_bit(
            overlay(uuid_send(gen_random_uuid())
              PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
            52, 1), 53, 1),
          'hex')::uuid
      $function$`.execute(db);
    await sql`COMMENT ON FUNCTION accounts.uuid_v7() IS 'A new UUID of version 7 (RFC 9562)'`.execute(db);

    await sql`
      CREATE DOMAIN accounts.ciphertext AS bytea
        CONSTRAINT ciphertext_is_an_envelope
          CHECK (substring(VALUE FROM 1 FOR 3) = '\\x464e01'::bytea AND octet_length(VALUE) >= 31)`.execute(db);
    await sql`COMMENT ON DOMAIN accounts.ciphertext IS 'A field encrypted by db-kit: F N 01, nonce (12 bytes), AES-256-GCM ciphertext, tag (16 bytes)'`.execute(
      db,
    );
    await sql`
      CREATE DOMAIN accounts.wrapped_key AS bytea
        CONSTRAINT wrapped_key_is_an_envelope
          CHECK (substring(VALUE FROM 1 FOR 3) = '\\x464b01'::bytea AND octet_length(VALUE) >= 65)`.execute(db);
    await sql`COMMENT ON DOMAIN accounts.wrapped_key IS 'A data key of one row, encrypted under a key of the key provider: F K 01, key id, nonce, ciphertext, tag'`.execute(
      db,
    );
    await sql`
      CREATE DOMAIN accounts.blind_index AS bytea
        CONSTRAINT blind_index_is_a_digest CHECK (octet_length(VALUE) = 32)`.execute(db);
    await sql`COMMENT ON DOMAIN accounts.blind_index IS 'Keyed HMAC-SHA-256 of an encrypted field, to find equal ones'`.execute(
      db,
    );

    await sql`
      CREATE FUNCTION accounts.refuse_change() RETURNS trigger LANGUAGE plpgsql
        SET search_path = pg_catalog, pg_temp AS $function$
      BEGIN
        RAISE EXCEPTION 'Table %.% is append-only: % is refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP
          USING ERRCODE = '23001', CONSTRAINT = TG_TABLE_NAME || '_append_only';
      END $function$`.execute(db);
    await sql`
      CREATE FUNCTION accounts.set_updated_at() RETURNS trigger LANGUAGE plpgsql
        SET search_path = pg_catalog, pg_temp AS $function$
      BEGIN
        NEW.updated_at := clock_timestamp();
        RETURN NEW;
      END $function$`.execute(db);
  },

  async down(db) {
    await sql`DROP FUNCTION accounts.set_updated_at()`.execute(db);
    await sql`DROP FUNCTION accounts.refuse_change()`.execute(db);
    await sql`DROP DOMAIN accounts.blind_index`.execute(db);
    await sql`DROP DOMAIN accounts.wrapped_key`.execute(db);
    await sql`DROP DOMAIN accounts.ciphertext`.execute(db);
    await sql`DROP FUNCTION accounts.uuid_v7()`.execute(db);
    await sql`DROP SCHEMA accounts`.execute(db);
  },
};
