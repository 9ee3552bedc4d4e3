import type { PostgresMigration } from '@finova/db-kit/migrations';
import { sql } from 'kysely';

const TRIGGERS = ['transactions_open_balance', 'transactions_follow_account'];

/**
 * Balances follow accounts in a session with session_replication_role = replica too. The table is that of accounts-db:
 * only a member of its owner may say when triggers on it run.
 */
export const migration: PostgresMigration = {
  runsAs: 'session',
  async up(db) {
    for (const trigger of TRIGGERS) {
      await sql`ALTER TABLE accounts.accounts ENABLE ALWAYS TRIGGER ${sql.ref(trigger)}`.execute(db);
    }
  },

  async down(db) {
    for (const trigger of TRIGGERS) {
      await sql`ALTER TABLE accounts.accounts ENABLE TRIGGER ${sql.ref(trigger)}`.execute(db);
    }
  },
};
