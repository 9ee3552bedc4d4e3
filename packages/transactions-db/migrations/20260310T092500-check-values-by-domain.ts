import type { PostgresMigration } from '@finova/db-kit/migrations';
import { sql } from 'kysely';

/**
 * Rules about one value as domains. A statement compiles every check of its table anew, about six microseconds each; the
 * checks of a domain it finds compiled. Each domain's rule has the name of the check that it replaces.
 */
const DOMAINS = [
  {
    domain: 'transaction_kind',
    base: 'text',
    column: ['transactions', 'kind'],
    check: ['transactions_kind_known', `VALUE IN ('posted', 'pending', 'post', 'void', 'expire', 'reversal')`],
    comment: 'What a transaction is',
  },
  {
    domain: 'end_to_end_id',
    base: 'text',
    column: ['transactions', 'end_to_end_id'],
    check: ['transactions_end_to_end_id_length', 'char_length(VALUE) BETWEEN 1 AND 35'],
    comment: 'ISO 20022 EndToEndId',
  },
  {
    domain: 'description',
    base: 'text',
    column: ['transactions', 'description'],
    check: ['transactions_description_length', 'char_length(VALUE) BETWEEN 1 AND 140'],
    comment: 'What a statement shows (ISO 20022: unstructured remittance information)',
  },
  {
    domain: 'amount_minor',
    base: 'bigint',
    column: ['transfers', 'amount_minor'],
    check: ['transfers_amount_positive', 'VALUE > 0'],
    comment: 'An amount that moves, in minor units',
  },
  {
    domain: 'idempotency_scope',
    base: 'text',
    column: ['idempotency_keys', 'scope'],
    check: ['idempotency_keys_scope_length', 'char_length(VALUE) BETWEEN 1 AND 64'],
    comment: 'Who makes idempotency keys',
  },
  {
    domain: 'idempotency_key',
    base: 'text',
    column: ['idempotency_keys', 'key'],
    check: ['idempotency_keys_key_length', 'char_length(VALUE) BETWEEN 1 AND 128'],
    comment: 'What names a request within its scope',
  },
  {
    domain: 'topic',
    base: 'text',
    column: ['outbox', 'topic'],
    check: ['outbox_topic_shape', `VALUE ~ '^[a-z_]+(\\.[a-z_]+)*$'`],
    comment: 'What a message is about: transaction.posted',
  },
] as const;

export const migration: PostgresMigration = {
  waives: {
    'index-in-transaction': 'The table is rewritten in the same transaction, and locked for that already',
    'squawk/changing-column-type': 'The ledger is not in use yet: its tables are small',
    'squawk/constraint-missing-not-valid': 'The ledger is not in use yet: its tables are small',
  },
  async up(db) {
    await sql`DROP INDEX transactions.transactions_expires_at_index`.execute(db);
    await sql`ALTER TABLE transactions.transactions DROP CONSTRAINT transactions_only_pending_expire`.execute(db);
    for (const { domain, base, column, check, comment } of DOMAINS) {
      const [table, name] = column;
      const type = sql.table(`transactions.${domain}`);
      await sql`
        CREATE DOMAIN ${type} AS ${sql.raw(base)} CONSTRAINT ${sql.ref(check[0])} CHECK (${sql.raw(check[1])})`.execute(
        db,
      );
      await sql`COMMENT ON DOMAIN ${type} IS ${sql.lit(comment)}`.execute(db);
      await sql`
        ALTER TABLE ${sql.table(`transactions.${table}`)} DROP CONSTRAINT ${sql.ref(check[0])},
          ALTER COLUMN ${sql.ref(name)} TYPE ${type}`.execute(db);
    }
    await restoreOfPending(db);
  },

  async down(db) {
    await sql`DROP INDEX transactions.transactions_expires_at_index`.execute(db);
    await sql`ALTER TABLE transactions.transactions DROP CONSTRAINT transactions_only_pending_expire`.execute(db);
    for (const { domain, base, column, check } of DOMAINS.toReversed()) {
      const [table, name] = column;
      await sql`
        ALTER TABLE ${sql.table(`transactions.${table}`)} ALTER COLUMN ${sql.ref(name)} TYPE ${sql.raw(base)}`.execute(
        db,
      );
      await sql`
        ALTER TABLE ${sql.table(`transactions.${table}`)} ADD CONSTRAINT ${sql.ref(check[0])}
          CHECK (${sql.raw(check[1].replaceAll('VALUE', name))})`.execute(db);
      await sql`DROP DOMAIN ${sql.table(`transactions.${domain}`)}`.execute(db);
    }
    await restoreOfPending(db);
  },
};

/** The rule and the index that name the kind of transaction, and so depend on its type. */
async function restoreOfPending(db: Parameters<PostgresMigration['up']>[0]): Promise<void> {
  await sql`
    ALTER TABLE transactions.transactions ADD CONSTRAINT transactions_only_pending_expire
      CHECK (kind = 'pending' OR expires_at IS NULL)`.execute(db);
  await sql`
    CREATE INDEX transactions_expires_at_index ON transactions.transactions (expires_at) WHERE kind = 'pending'`.execute(
    db,
  );
}
