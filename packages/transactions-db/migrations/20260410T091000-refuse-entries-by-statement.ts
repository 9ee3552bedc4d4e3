import type { PostgresMigration } from '@finova/db-kit/migrations';
import { type Kysely, sql } from 'kysely';

/**
 * Whether an entry is written by hand is asked once for a statement, and by the function: the condition of a row trigger is
 * compiled by every statement, for every partition that it writes into.
 */
export const migration: PostgresMigration = {
  async up(db) {
    await sql`DROP TRIGGER entries_only_by_transfers ON transactions.entries`.execute(db);
    await sql`
      CREATE OR REPLACE FUNCTION transactions.refuse_by_hand() RETURNS trigger LANGUAGE plpgsql
        SET search_path = pg_catalog, pg_temp AS $function$
      BEGIN
        -- A statement of its own, and not one of another trigger.
        IF pg_trigger_depth() = 1 THEN
          RAISE EXCEPTION 'Only transfers move money: % on %.% by a statement of its own is refused', TG_OP, TG_TABLE_SCHEMA,
            TG_TABLE_NAME USING ERRCODE = '23001', CONSTRAINT = TG_NAME;
        END IF;
        RETURN NULL;
      END $function$`.execute(db);
    // A statement fires the triggers of the table that it names, be it a partition.
    for (const table of await everyTableOfEntries(db)) {
      await sql`
        CREATE TRIGGER entries_only_by_transfers BEFORE INSERT ON ${sql.table(`transactions.${table}`)}
          FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_by_hand()`.execute(db);
      // Also for sessions that switch ordinary triggers off (session_replication_role).
      await sql`
        ALTER TABLE ${sql.table(`transactions.${table}`)} ENABLE ALWAYS TRIGGER entries_only_by_transfers`.execute(db);
    }
  },

  async down(db) {
    const tables = await everyTableOfEntries(db);
    for (const table of tables) {
      await sql`DROP TRIGGER entries_only_by_transfers ON ${sql.table(`transactions.${table}`)}`.execute(db);
    }
    await sql`
      CREATE OR REPLACE FUNCTION transactions.refuse_by_hand() RETURNS trigger LANGUAGE plpgsql
        SET search_path = pg_catalog, pg_temp AS $function$
      BEGIN
        RAISE EXCEPTION 'Only transfers move money: % on %.% by a statement of its own is refused', TG_OP, TG_TABLE_SCHEMA,
          TG_TABLE_NAME USING ERRCODE = '23001', CONSTRAINT = TG_NAME;
      END $function$`.execute(db);
    await sql`
      CREATE TRIGGER entries_only_by_transfers BEFORE INSERT ON transactions.entries
        FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION transactions.refuse_by_hand()`.execute(db);
    for (const table of tables) {
      await sql`
        ALTER TABLE ${sql.table(`transactions.${table}`)} ENABLE ALWAYS TRIGGER entries_only_by_transfers`.execute(db);
    }
  },
};

/** The partitioned table, and its partitions of every depth. */
async function everyTableOfEntries(db: Kysely<any>): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`
    SELECT relname AS name FROM pg_partition_tree('transactions.entries') JOIN pg_class ON oid = relid
    ORDER BY level, relname`.execute(db);
  return rows.map(({ name }) => name);
}
