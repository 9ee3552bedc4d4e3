import type { PostgresMigration } from '@finova/db-kit/migrations';
import { sql } from 'kysely';

/** The checks that the trigger takes over, with what they asked for. */
const CHECKS = [
  [
    'balances_available',
    `overdraft_limit_minor IS NULL
     OR CASE normal_side
          WHEN 'credit' THEN credits_posted_minor - debits_posted_minor - debits_pending_minor
          ELSE debits_posted_minor - credits_posted_minor - credits_pending_minor
        END >= -overdraft_limit_minor`,
  ],
  [
    'balances_totals_not_negative',
    'least(debits_posted_minor, credits_posted_minor, debits_pending_minor, credits_pending_minor, version) >= 0',
  ],
] as const;

/**
 * What a row of balances must be, and who changes its totals, is asked by one trigger. A check is read from its text and
 * compiled anew by every statement, and so is the condition of a trigger: of what a posting took, these four were a tenth.
 * A function stays compiled for as long as its session. Each rule refuses under the name that it had.
 */
export const migration: PostgresMigration = {
  async up(db) {
    await sql`
      CREATE FUNCTION transactions.check_balance_rules() RETURNS trigger LANGUAGE plpgsql
        SET search_path = pg_catalog, pg_temp AS $function$
      BEGIN
        -- A statement of its own, and not what a transfer or its account does.
        IF pg_trigger_depth() = 1 THEN
          IF TG_OP = 'UPDATE' AND
            (NEW.debits_posted_minor, NEW.credits_posted_minor, NEW.debits_pending_minor, NEW.credits_pending_minor, NEW.version)
            <> (OLD.debits_posted_minor, OLD.credits_posted_minor, OLD.debits_pending_minor, OLD.credits_pending_minor, OLD.version)
          THEN
            RAISE EXCEPTION 'Only transfers move money: % on %.% by a statement of its own is refused', TG_OP, TG_TABLE_SCHEMA,
              TG_TABLE_NAME USING ERRCODE = '23001', CONSTRAINT = 'balances_only_by_transfers';
          END IF;
        END IF;
        IF least(NEW.debits_posted_minor, NEW.credits_posted_minor, NEW.debits_pending_minor, NEW.credits_pending_minor,
            NEW.version) < 0 THEN
          RAISE EXCEPTION 'A total of account % would be negative', NEW.account_id USING ERRCODE = '23514',
            CONSTRAINT = 'balances_totals_not_negative', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
        END IF;
        IF NEW.overdraft_limit_minor IS NOT NULL AND -NEW.overdraft_limit_minor > (CASE NEW.normal_side
            WHEN 'credit' THEN NEW.credits_posted_minor - NEW.debits_posted_minor - NEW.debits_pending_minor
            ELSE NEW.debits_posted_minor - NEW.credits_posted_minor - NEW.credits_pending_minor END) THEN
          RAISE EXCEPTION 'Account % would have less available than its overdraft limit allows', NEW.account_id
            USING ERRCODE = '23514', DETAIL = NEW.account_id,
            CONSTRAINT = 'balances_available', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
        END IF;
        IF NEW.account_status = 'closed' THEN
          IF NEW.debits_posted_minor <> NEW.credits_posted_minor OR greatest(NEW.debits_pending_minor, NEW.credits_pending_minor) > 0
          THEN
            RAISE EXCEPTION 'Account % has money or holds on it', NEW.account_id USING ERRCODE = '23514',
              CONSTRAINT = 'balances_empty_when_closed', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
          END IF;
        END IF;
        RETURN NEW;
      END $function$`.execute(db);
    await sql`
      CREATE TRIGGER balances_rules BEFORE INSERT OR UPDATE ON transactions.balances
        FOR EACH ROW EXECUTE FUNCTION transactions.check_balance_rules()`.execute(db);
    // Also for sessions that switch ordinary triggers off (session_replication_role).
    await sql`ALTER TABLE transactions.balances ENABLE ALWAYS TRIGGER balances_rules`.execute(db);
    await sql`DROP TRIGGER balances_only_by_transfers ON transactions.balances`.execute(db);
    await sql`DROP TRIGGER balances_empty_when_closed ON transactions.balances`.execute(db);
    await sql`DROP FUNCTION transactions.refuse_closing()`.execute(db);
    for (const [name] of CHECKS) {
      await sql`ALTER TABLE transactions.balances DROP CONSTRAINT ${sql.ref(name)}`.execute(db);
    }
  },

  async down(db) {
    for (const [name, check] of CHECKS) {
      await sql`ALTER TABLE transactions.balances ADD CONSTRAINT ${sql.ref(name)} CHECK (${sql.raw(check)})`.execute(
        db,
      );
    }
    await sql`
      CREATE FUNCTION transactions.refuse_closing() RETURNS trigger LANGUAGE plpgsql
        SET search_path = pg_catalog, pg_temp AS $function$
      BEGIN
        RAISE EXCEPTION 'Account % has money or holds on it', NEW.account_id
          USING ERRCODE = '23514', CONSTRAINT = TG_NAME, SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
      END $function$`.execute(db);
    await sql`
      CREATE TRIGGER balances_empty_when_closed BEFORE INSERT OR UPDATE OF account_status ON transactions.balances
        FOR EACH ROW WHEN (NEW.account_status = 'closed' AND (NEW.debits_posted_minor <> NEW.credits_posted_minor
          OR NEW.debits_pending_minor <> 0 OR NEW.credits_pending_minor <> 0))
        EXECUTE FUNCTION transactions.refuse_closing()`.execute(db);
    await sql`
      CREATE TRIGGER balances_only_by_transfers
        BEFORE UPDATE OF debits_posted_minor, credits_posted_minor, debits_pending_minor, credits_pending_minor, version
        ON transactions.balances
        FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION transactions.refuse_by_hand()`.execute(db);
    for (const trigger of ['balances_empty_when_closed', 'balances_only_by_transfers']) {
      await sql`ALTER TABLE transactions.balances ENABLE ALWAYS TRIGGER ${sql.ref(trigger)}`.execute(db);
    }
    await sql`DROP TRIGGER balances_rules ON transactions.balances`.execute(db);
    await sql`DROP FUNCTION transactions.check_balance_rules()`.execute(db);
  },
};
