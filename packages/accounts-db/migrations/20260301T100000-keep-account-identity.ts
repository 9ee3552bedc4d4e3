import type { PostgresMigration } from '@finova/db-kit/migrations';
import { sql } from 'kysely';

/** What other domains copy or refer to when an account is opened stays as it was. */
export const migration: PostgresMigration = {
  async up(db) {
    await sql`
      CREATE FUNCTION accounts.refuse_identity_change() RETURNS trigger LANGUAGE plpgsql
        SET search_path = pg_catalog, pg_temp AS $function$
      BEGIN
        RAISE EXCEPTION 'Account % keeps its id, currency, normal side and whose it is', OLD.id
          USING ERRCODE = '23001', CONSTRAINT = 'accounts_identity_kept';
      END $function$`.execute(db);
    // The ledger counts on the normal side: swapped later, an overdraft would become a deposit.
    await sql`
      CREATE TRIGGER accounts_identity_kept BEFORE UPDATE OF id, currency, normal_side, is_internal ON accounts.accounts
        FOR EACH ROW WHEN (
          (OLD.id, OLD.currency, OLD.normal_side, OLD.is_internal)
          IS DISTINCT FROM (NEW.id, NEW.currency, NEW.normal_side, NEW.is_internal))
        EXECUTE FUNCTION accounts.refuse_identity_change()`.execute(db);
  },

  async down(db) {
    await sql`DROP TRIGGER accounts_identity_kept ON accounts.accounts`.execute(db);
    await sql`DROP FUNCTION accounts.refuse_identity_change()`.execute(db);
  },
};
