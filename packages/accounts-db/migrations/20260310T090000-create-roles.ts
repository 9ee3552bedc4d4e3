import type { PostgresMigration } from '@finova/db-kit/migrations';
import { sql } from 'kysely';
import { createDomainRoles, dropDomainRoles } from './frozen/domain-roles.ts';

/**
 * Who may do what. The application writes what its repositories write and deletes nothing; who reads for people and
 * reports sees no ciphertext: a copy of it would outlive the key that is destroyed to forget a customer.
 */
export const migration: PostgresMigration = {
  runsAs: 'session',
  async up(db) {
    await createDomainRoles(db, 'accounts');
    await sql`GRANT SELECT ON ALL TABLES IN SCHEMA accounts TO finova_accounts_app`.execute(db);
    await sql`
      GRANT INSERT (id, data_key, full_name, email, email_blind_index, phone, tax_id), UPDATE (kyc_status)
        ON accounts.customers TO finova_accounts_app`.execute(db);
    await sql`
      GRANT INSERT (id, currency, data_key, iban, iban_blind_index, is_internal, name, cash_account_type, normal_side,
          status, overdraft_limit_minor),
        UPDATE (status, overdraft_limit_minor)
        ON accounts.accounts TO finova_accounts_app`.execute(db);
    await sql`
      GRANT INSERT (id, account_id, customer_id, role, validity), UPDATE (validity)
        ON accounts.account_holders TO finova_accounts_app`.execute(db);
    // The default of ids runs with the rights of who inserts.
    await sql`GRANT EXECUTE ON FUNCTION accounts.uuid_v7() TO finova_accounts_app`.execute(db);

    await sql`
      GRANT SELECT ON accounts.currencies, accounts.account_holders, accounts.account_status_transitions
        TO finova_accounts_readonly`.execute(db);
    await sql`
      GRANT SELECT (id, kyc_status, created_at, updated_at) ON accounts.customers TO finova_accounts_readonly`.execute(
      db,
    );
    await sql`
      GRANT SELECT (id, currency, is_internal, name, cash_account_type, normal_side, status, overdraft_limit_minor,
          opened_at, closed_at, created_at, updated_at)
        ON accounts.accounts TO finova_accounts_readonly`.execute(db);
  },

  async down(db) {
    await dropDomainRoles(db, 'accounts');
  },
};
