import type { PostgresMigration } from '@finova/db-kit/migrations';
import { sql } from 'kysely';

/** Accounts of customers, and the bank's own. */
export const migration: PostgresMigration = {
  async up(db) {
    await sql`
      CREATE TABLE accounts.accounts (
        id uuid CONSTRAINT accounts_pkey PRIMARY KEY DEFAULT accounts.uuid_v7(),
        currency text NOT NULL
          CONSTRAINT accounts_currency_known REFERENCES accounts.currencies (code),
        data_key accounts.wrapped_key,
        iban accounts.ciphertext,
        iban_blind_index accounts.blind_index CONSTRAINT accounts_iban_unique UNIQUE,
        is_internal boolean NOT NULL DEFAULT false,
        name text NOT NULL CONSTRAINT accounts_name_length CHECK (char_length(name) BETWEEN 1 AND 70),
        cash_account_type text NOT NULL
          CONSTRAINT accounts_cash_account_type_known CHECK (cash_account_type IN ('CACC', 'SVGS', 'LOAN', 'SACC', 'OTHR')),
        normal_side text NOT NULL
          CONSTRAINT accounts_normal_side_known CHECK (normal_side IN ('debit', 'credit')),
        status text NOT NULL DEFAULT 'pending'
          CONSTRAINT accounts_status_known CHECK (status IN ('pending', 'active', 'frozen', 'closed')),
        overdraft_limit_minor bigint DEFAULT 0
          CONSTRAINT accounts_overdraft_limit_not_negative CHECK (overdraft_limit_minor >= 0),
        opened_at timestamptz,
        closed_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT accounts_id_currency_unique UNIQUE (id, currency),
        CONSTRAINT accounts_iban_complete CHECK (num_nulls(iban, iban_blind_index, data_key) IN (0, 3)),
        CONSTRAINT accounts_iban_unless_internal CHECK (is_internal OR iban IS NOT NULL),
        CONSTRAINT accounts_unlimited_only_internal CHECK (is_internal OR overdraft_limit_minor IS NOT NULL),
        CONSTRAINT accounts_opened_unless_pending CHECK ((status = 'pending') = (opened_at IS NULL)),
        CONSTRAINT accounts_closed_when_closed CHECK ((status = 'closed') = (closed_at IS NOT NULL)),
        CONSTRAINT accounts_closed_after_opened CHECK (closed_at >= opened_at)
      )`.execute(db);
    const comments: readonly (readonly [column: string, text: string])[] = [
      ['iban', 'International bank account number (ISO 13616), encrypted; internal accounts have none'],
      ['is_internal', 'One of the bank’s own accounts, such as the clearing account of a currency'],
      [
        'cash_account_type',
        'ISO 20022 ExternalCashAccountType1Code: CACC current, SVGS savings, LOAN loan, SACC settlement',
      ],
      ['normal_side', 'The side that makes the balance grow: credit for what the bank owes, debit for what it is owed'],
      [
        'overdraft_limit_minor',
        'How far below zero the account may go, in minor units; NULL, for internal accounts only: without limit',
      ],
    ];
    await sql`COMMENT ON TABLE accounts.accounts IS 'One row per account; its money is in transactions.balances'`.execute(
      db,
    );
    for (const [column, text] of comments) {
      await sql`COMMENT ON COLUMN accounts.accounts.${sql.ref(column)} IS ${sql.lit(text)}`.execute(db);
    }
    await sql`
      CREATE TRIGGER accounts_set_updated_at BEFORE UPDATE ON accounts.accounts
        FOR EACH ROW EXECUTE FUNCTION accounts.set_updated_at()`.execute(db);
  },

  lossy: 'All accounts are dropped',
  async down(db) {
    await sql`DROP TABLE accounts.accounts`.execute(db);
  },
};
