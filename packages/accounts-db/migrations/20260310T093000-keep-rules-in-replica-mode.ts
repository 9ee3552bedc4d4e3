import type { PostgresMigration } from '@finova/db-kit/migrations';
import { sql } from 'kysely';

const TRIGGERS: readonly (readonly [table: string, triggers: readonly string[]])[] = [
  [
    'accounts',
    [
      'accounts_guard_status',
      'accounts_have_an_owner',
      'accounts_identity_kept',
      'accounts_keep_status_timestamps',
      'accounts_never_removed',
      'accounts_record_status_transition',
    ],
  ],
  ['account_holders', ['account_holders_kept', 'account_holders_never_removed', 'account_holders_owner_remains']],
  ['account_status_transitions', ['account_status_transitions_append_only', 'account_status_transitions_happened']],
];

/** The rules hold in a session with session_replication_role = replica too, which ordinary triggers do not run in. */
export const migration: PostgresMigration = {
  async up(db) {
    await enable(db, 'ENABLE ALWAYS');
  },

  async down(db) {
    await enable(db, 'ENABLE');
  },
};

async function enable(db: Parameters<PostgresMigration['up']>[0], how: 'ENABLE ALWAYS' | 'ENABLE'): Promise<void> {
  for (const [table, triggers] of TRIGGERS) {
    for (const trigger of triggers) {
      await sql`ALTER TABLE ${sql.table(`accounts.${table}`)} ${sql.raw(how)} TRIGGER ${sql.ref(trigger)}`.execute(db);
    }
  }
}
