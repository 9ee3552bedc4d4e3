import type { PostgresMigration } from '@finova/db-kit/migrations';
import { sql } from 'kysely';

/** What happened, and which amounts moved between which accounts because of it. */
export const migration: PostgresMigration = {
  async up(db) {
    await sql`
      CREATE TABLE transactions.transactions (
        id uuid CONSTRAINT transactions_pkey PRIMARY KEY DEFAULT transactions.uuid_v7(),
        kind text NOT NULL
          CONSTRAINT transactions_kind_known CHECK (kind IN ('posted', 'pending', 'post', 'void', 'expire', 'reversal')),
        booking_date date NOT NULL,
        value_date date NOT NULL,
        end_to_end_id text CONSTRAINT transactions_end_to_end_id_length CHECK (char_length(end_to_end_id) BETWEEN 1 AND 35),
        description text CONSTRAINT transactions_description_length CHECK (char_length(description) BETWEEN 1 AND 140),
        expires_at timestamptz CONSTRAINT transactions_only_pending_expire CHECK (kind = 'pending' OR expires_at IS NULL),
        created_at timestamptz NOT NULL DEFAULT clock_timestamp()
      )`.execute(db);
    await sql`COMMENT ON TABLE transactions.transactions IS 'Append-only: what happened; its money is in transfers'`.execute(
      db,
    );
    const comments: readonly (readonly [column: string, text: string])[] = [
      [
        'kind',
        'posted: moved at once; pending: held; post, void, expire: what became of a pending one; reversal: undoes one',
      ],
      ['booking_date', 'The day it counts as booked (Berlin Group: bookingDate); decides the partition of its entries'],
      ['value_date', 'The day interest counts from (Berlin Group: valueDate)'],
      ['end_to_end_id', 'The reference that the payment carries from end to end (ISO 20022: EndToEndId)'],
    ];
    for (const [column, text] of comments) {
      await sql`COMMENT ON COLUMN transactions.transactions.${sql.ref(column)} IS ${sql.lit(text)}`.execute(db);
    }
    await sql`
      CREATE INDEX transactions_expires_at_index ON transactions.transactions (expires_at) WHERE kind = 'pending'`.execute(
      db,
    );
    await sql`
      CREATE TRIGGER transactions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON transactions.transactions
        FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change()`.execute(db);

    await sql`
      CREATE TABLE transactions.transfers (
        id uuid CONSTRAINT transfers_pkey PRIMARY KEY DEFAULT transactions.uuid_v7(),
        transaction_id uuid NOT NULL
          CONSTRAINT transfers_transaction_exists REFERENCES transactions.transactions (id),
        debit_account_id uuid NOT NULL,
        credit_account_id uuid NOT NULL,
        currency text NOT NULL,
        amount_minor bigint NOT NULL CONSTRAINT transfers_amount_positive CHECK (amount_minor > 0),
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT transfers_two_accounts CHECK (debit_account_id <> credit_account_id),
        CONSTRAINT transfers_debit_currency
          FOREIGN KEY (debit_account_id, currency) REFERENCES transactions.balances (account_id, currency),
        CONSTRAINT transfers_credit_currency
          FOREIGN KEY (credit_account_id, currency) REFERENCES transactions.balances (account_id, currency)
      )`.execute(db);
    await sql`COMMENT ON TABLE transactions.transfers IS 'Append-only: one amount from one account to another, so debits equal credits by construction; the foreign keys hold both accounts to its currency'`.execute(
      db,
    );
    await sql`CREATE INDEX transfers_transaction_id_index ON transactions.transfers (transaction_id)`.execute(db);
    await sql`
      CREATE TRIGGER transfers_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON transactions.transfers
        FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change()`.execute(db);
  },

  lossy: 'All transactions and transfers are dropped',
  async down(db) {
    await sql`DROP TABLE transactions.transfers`.execute(db);
    await sql`DROP TABLE transactions.transactions`.execute(db);
  },
};
