import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REFUSALS } from './ledger-refusals.ts';
import { type LedgerTestDatabase, openLedgerTestDatabase } from './ledger-test-database.ts';

const APPEND_ONLY = ['transactions', 'transfers', 'pending_resolutions', 'reversals', 'balance_snapshots'];

/** Others always refuse first: the primary key over fewer columns, and what keeps balances in step with accounts. */
const NEVER_THE_FIRST_TO_REFUSE = [
  'balances_account_currency_unique',
  'balances_normal_side_known',
  'balances_account_status_known',
  'balances_overdraft_limit_not_negative',
];

describe('the database, by raw SQL of its owner', () => {
  let database: LedgerTestDatabase;
  let account: string;
  let dollars: string;
  let overdrawn: string;

  beforeAll(async () => {
    database = await openLedgerTestDatabase();
    account = await database.openAccount();
    dollars = await database.openAccount({ currency: 'USD' });
    await database.fund(account, 100n);
    overdrawn = await database.openAccount({ overdraftLimitMinor: 50n });
    const transfer = {
      debitAccountId: overdrawn,
      creditAccountId: database.clearing,
      currency: 'EUR',
      amountMinor: 40n,
    };
    await database.ledger.post(database.nextKey(), { transfers: [transfer] });
  });
  afterAll(() => database?.close());

  const run = (statement: string) => {
    const names: Record<string, string> = {
      $account: account,
      $dollars: dollars,
      $overdrawn: overdrawn,
      $clearing: database.clearing,
    };
    const text = statement.replaceAll(/\$(?:account|dollars|overdrawn|clearing)/g, (name) => `'${names[name]}'`);
    return sql.raw(text).execute(database.db);
  };

  it.each(REFUSALS)('refuses %s', async (_, statement, constraint) => {
    const refusal = await run(statement).then(
      () => undefined,
      (thrown: { readonly constraint?: string }) => thrown.constraint,
    );
    // A partition's copy of a rule has the partition's name in its own.
    expect(refusal?.replace(/^entries_\d{4}_\d{2}_/, 'entries_')).toBe(constraint);
  });

  it('has no rule that nothing above is refused by', async () => {
    // Partitions have copies of their parent's rules.
    const { rows } = await sql<{ name: string }>`
      SELECT conname AS name FROM pg_constraint
      WHERE connamespace = 'transactions'::regnamespace AND contype <> 'n' AND conparentid = 0 AND conislocal`.execute(
      database.db,
    );
    const tried = new Set([...REFUSALS.map(([, , constraint]) => constraint), ...NEVER_THE_FIRST_TO_REFUSE]);
    expect(rows.length).toBeGreaterThan(40);
    expect(rows.map(({ name }) => name).filter((name) => !tried.has(name))).toEqual([]);
  });

  it('posts and holds nothing without a transfer, and answers no key that was never answered', async () => {
    for (const procedure of ['post_transaction', 'hold']) {
      await expect(run(`SELECT transactions.${procedure}('raw', '1', '{}')`)).rejects.toMatchObject({ code: 'FN006' });
    }
    await run(`INSERT INTO transactions.idempotency_keys (scope, key, request_hash)
      VALUES ('raw', '2', sha256(convert_to('post:{}', 'UTF8')))`);
    await expect(run(`SELECT transactions.post_transaction('raw', '2', '{}')`)).rejects.toMatchObject({
      code: 'FN003',
    });
  });

  describe.each(APPEND_ONLY)('in %s', (table) => {
    it.each([
      ['an update', `UPDATE transactions.${table} SET created_at = now()`],
      ['a deletion', `DELETE FROM transactions.${table}`],
      ['a truncation', `TRUNCATE transactions.${table} CASCADE`],
    ])('refuses %s', async (_, statement) => {
      await expect(run(statement)).rejects.toMatchObject({ code: '23001' });
    });
  });

  it('refuses changes of entries, on the parent and on every partition', async () => {
    const { rows } = await sql<{ name: string }>`
      SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'transactions.entries'::regclass`.execute(
      database.db,
    );
    expect(rows.length).toBeGreaterThanOrEqual(24);
    for (const { name } of rows) {
      await expect(run(`TRUNCATE ${name}`)).rejects.toMatchObject({ code: '23001' });
    }
    const filled = (
      await sql<{ name: string }>`SELECT tableoid::regclass::text AS name FROM transactions.entries LIMIT 1`.execute(
        database.db,
      )
    ).rows[0]?.name;
    for (const name of ['transactions.entries', filled]) {
      await expect(run(`UPDATE ${name} SET amount_minor = 1`)).rejects.toMatchObject({ code: '23001' });
      await expect(run(`DELETE FROM ${name}`)).rejects.toMatchObject({ code: '23001' });
    }
    await expect(run('TRUNCATE transactions.entries')).rejects.toMatchObject({ code: '23001' });
  });

  it('makes missing partitions, guarded like the others, and only those', async () => {
    const made = async () =>
      (
        await sql<{ made: number }>`SELECT transactions.ensure_partitions('2027-11-15', '2028-02-01') AS made`.execute(
          database.db,
        )
      ).rows[0]?.made;
    expect(await made()).toBe(2);
    expect(await made()).toBe(0);
    await expect(run('TRUNCATE transactions.entries_2028_02')).rejects.toMatchObject({ code: '23001' });
  });

  it('updates balances in place: no index covers what a posting changes', async () => {
    const { rows } = await sql<{ columns: string }>`
      SELECT DISTINCT attname AS columns FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)
      WHERE indrelid = 'transactions.balances'::regclass ORDER BY 1`.execute(database.db);
    expect(rows.map(({ columns }) => columns)).toEqual(['account_id', 'currency']);
  });
});
