import type { PostgresMigration } from '@finova/db-kit/migrations';
import { sql } from 'kysely';
import { createDomainRoles, dropDomainRoles } from './frozen/domain-roles.ts';

/**
 * Who may do what. The application reads; it writes by procedures alone, each of which says itself that it may execute
 * it. What an idempotency key was answered is for the procedures only.
 */
export const migration: PostgresMigration = {
  requires: ['accounts-db/20260310T090000-create-roles'],
  runsAs: 'session',

  async up(db) {
    await createDomainRoles(db, 'transactions');
    await sql`
      GRANT SELECT ON ALL TABLES IN SCHEMA transactions
        TO finova_transactions_app, finova_transactions_readonly`.execute(db);
    await sql`REVOKE ALL ON transactions.idempotency_keys FROM finova_transactions_app`.execute(db);

    // What the ledger takes from accounts-db: balances follow accounts, and say what their account says. An
    // administrator may have granted it before, where who migrates the ledger may not.
    await sql`
      DO $grants$
      BEGIN
        IF NOT (has_schema_privilege('finova_transactions_owner', 'accounts', 'USAGE')
          AND has_table_privilege('finova_transactions_owner', 'accounts.accounts', 'TRIGGER')
          AND has_column_privilege('finova_transactions_owner', 'accounts.accounts', 'id', 'REFERENCES')
          AND has_column_privilege('finova_transactions_owner', 'accounts.accounts', 'currency', 'REFERENCES')
          AND has_column_privilege('finova_transactions_owner', 'accounts.accounts', 'id', 'SELECT')
          AND has_column_privilege('finova_transactions_owner', 'accounts.accounts', 'currency', 'SELECT')
          AND has_column_privilege('finova_transactions_owner', 'accounts.accounts', 'normal_side', 'SELECT')
          AND has_column_privilege('finova_transactions_owner', 'accounts.accounts', 'status', 'SELECT')
          AND has_column_privilege('finova_transactions_owner', 'accounts.accounts', 'overdraft_limit_minor', 'SELECT'))
        THEN
          GRANT USAGE ON SCHEMA accounts TO finova_transactions_owner;
          GRANT SELECT (id, currency, normal_side, status, overdraft_limit_minor), REFERENCES (id, currency), TRIGGER
            ON accounts.accounts TO finova_transactions_owner;
        END IF;
      END $grants$`.execute(db);
  },

  async down(db) {
    await sql`
      DO $grants$
      BEGIN
        REVOKE ALL ON accounts.accounts FROM finova_transactions_owner;
        REVOKE ALL ON SCHEMA accounts FROM finova_transactions_owner;
      EXCEPTION WHEN insufficient_privilege THEN
        RAISE WARNING 'What finova_transactions_owner may do in schema accounts stays: % may not take it', current_user;
      END $grants$`.execute(db);
    await dropDomainRoles(db, 'transactions');
  },
};
