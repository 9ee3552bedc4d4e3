import { join } from 'node:path';
import { seed as accountsSeed } from '@finova/accounts-db/seed';
import { type MigrationDomain, readDomain } from '@finova/db-kit/migrations';
import { createPostgresDatabase } from '@finova/db-kit/postgres';
import { SeedRefusedError } from '@finova/db-kit/seeding';
import {
  createPostgresTestDatabase,
  createTestEncryption,
  type PostgresTestDatabase,
  testPostgresUrl,
} from '@finova/db-kit/testing';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findImbalances } from '../../test/ledger-test-database.ts';
import type { TransactionsDatabase } from '../schema/index.ts';
import { seed } from './index.ts';

describe('the seed', () => {
  let database: PostgresTestDatabase;
  const packages = join(import.meta.dirname, '..', '..', '..');
  const context = () => ({ url: database.url, namespace: 'transactions', encryption: createTestEncryption });

  beforeAll(async () => {
    const domains: MigrationDomain[] = [
      await readDomain(join(packages, 'accounts-db')),
      await readDomain(join(packages, 'transactions-db')),
    ];
    database = await createPostgresTestDatabase(testPostgresUrl(), domains);
    await accountsSeed.run(context());
  });
  afterAll(() => database?.drop());

  it('moves its money once, and the books balance', async () => {
    const [transactions, entries] = await seed.run(context());
    expect(transactions?.added).toBeGreaterThan(100);
    expect(entries?.added).toBeGreaterThan(200);
    expect((await seed.run(context())).map(({ added }) => added)).toEqual([0, 0]);
    const db = createPostgresDatabase<TransactionsDatabase>({ url: database.url, applicationName: 'tests' });
    try {
      expect(await findImbalances(db)).toEqual([]);
    } finally {
      await db.destroy();
    }
  });

  it('shows balances and entries', async () => {
    const tables = await seed.sample(context());
    expect(tables.map(({ name, rows }) => [name, rows.length])).toEqual([
      ['balances', 3],
      ['entries', 4],
    ]);
  });

  it('is refused where somebody else’s money moved', async () => {
    const db = createPostgresDatabase<TransactionsDatabase>({ url: database.url, applicationName: 'tests' });
    try {
      await sql`INSERT INTO transactions.transactions (kind, booking_date, value_date) VALUES ('posted', '2026-01-01', '2026-01-01')`.execute(
        db,
      );
    } finally {
      await db.destroy();
    }
    await expect(seed.run(context())).rejects.toThrow(SeedRefusedError);
  });
});
