import { join } from 'node:path';
import { AccountRepository, type AccountsDatabase } from '@finova/accounts-db';
import { seed as accountsSeed } from '@finova/accounts-db/seed';
import { type Migrator, readDomain, withMigrator } from '@finova/db-kit/migrations';
import { createPostgresDatabase } from '@finova/db-kit/postgres';
import {
  createPostgresTestDatabase,
  createTestEncryption,
  type PostgresTestDatabase,
  TEST_IDENTITY,
  testPostgresUrl,
} from '@finova/db-kit/testing';
import { type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TransactionsDatabase } from '../src/index.ts';
import { seed } from '../src/seed/index.ts';
import { findImbalances } from './ledger-test-database.ts';

const packages = join(import.meta.dirname, '..', '..');

describe('a database in use', () => {
  let database: PostgresTestDatabase;
  let db: Kysely<AccountsDatabase & TransactionsDatabase>;
  const context = () => ({ url: database.url, namespace: '', encryption: createTestEncryption });
  const withLedger = async <T>(use: (migrator: Migrator) => Promise<T>) => {
    const domain = await readDomain(join(packages, 'transactions-db'));
    return withMigrator({ domain, url: database.url, identity: TEST_IDENTITY, lockTimeoutMs: 10_000 }, use);
  };
  const migrate = (to?: string) => withLedger((migrator) => migrator.up(to === undefined ? {} : { to }));

  beforeAll(async () => {
    database = await createPostgresTestDatabase(testPostgresUrl(), [await readDomain(join(packages, 'accounts-db'))]);
    await accountsSeed.run(context());
    db = createPostgresDatabase({ url: database.url, applicationName: 'tests' });
    const accounts = new AccountRepository(db, await createTestEncryption());
    const { id } = await accounts.openInternal({ currency: 'EUR', name: 'Suspense', normalSide: 'credit' });
    await accounts.changeStatus(id, 'frozen', 'test');
    await migrate('20260302T102000-create-posting-functions');
  });
  afterAll(async () => {
    await db?.destroy();
    await database?.drop();
  });

  it('gets a balance for each account that was there before the ledger', async () => {
    const { rows } = await sql<{ accounts: bigint; alike: bigint; frozen: bigint }>`
      SELECT count(*) AS accounts,
        count(*) FILTER (WHERE (account.currency, account.normal_side, account.status, account.overdraft_limit_minor)
          IS NOT DISTINCT FROM
          (balance.currency, balance.normal_side, balance.account_status, balance.overdraft_limit_minor)) AS alike,
        count(*) FILTER (WHERE balance.account_status = 'frozen') AS frozen
      FROM accounts.accounts AS account LEFT JOIN transactions.balances AS balance ON account_id = account.id`.execute(
      db,
    );
    expect(rows[0]?.accounts).toBeGreaterThan(20n);
    expect(rows).toEqual([{ accounts: rows[0]?.accounts, alike: rows[0]?.accounts, frozen: 1n }]);
  });

  it('keeps its answers when later migrations find it full', async () => {
    await seed.run(context());
    const answers = () =>
      sql<{ key: string; response: { transaction_id: string } }>`
        SELECT key, response FROM transactions.idempotency_keys ORDER BY scope, key`.execute(db);
    const before = (await answers()).rows;
    expect(before.length).toBeGreaterThan(100);
    expect(await migrate()).not.toEqual([]);
    expect((await answers()).rows).toEqual(before);
    const { rows } = await sql<{ named: bigint }>`
      SELECT count(*) AS named FROM transactions.idempotency_keys
      WHERE transaction_id::text = response ->> 'transaction_id'`.execute(db);
    expect(rows).toEqual([{ named: BigInt(before.length) }]);
    expect((await seed.run(context())).map(({ added }) => added)).toEqual([0, 0]);
    expect(await findImbalances(db)).toEqual([]);
  });

  it('keeps when its holds expire, whichever table that is in', async () => {
    const expiries = async (table: string, id: string) =>
      (
        await sql<{ id: string; expires_at: Date }>`
          SELECT ${sql.ref(id)} AS id, expires_at FROM ${sql.table(`transactions.${table}`)}
          WHERE expires_at IS NOT NULL ORDER BY id`.execute(db)
      ).rows;
    const apart = await expiries('pending_expiries', 'pending_transaction_id');
    expect(apart).not.toEqual([]);
    await withLedger((migrator) => migrator.down({ to: '20260401T090000-check-balances-by-one-trigger' }));
    expect(await expiries('transactions', 'id')).toEqual(apart);
    await migrate();
    expect(await expiries('pending_expiries', 'pending_transaction_id')).toEqual(apart);
    expect(await findImbalances(db)).toEqual([]);
  });
});
