import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LedgerTestDatabase, openLedgerTestDatabase } from '../../test/ledger-test-database.ts';
import { StatementRepository } from './statement-repository.ts';

describe('a statement', () => {
  let database: LedgerTestDatabase;
  let statements: StatementRepository;
  let account: string;

  beforeAll(async () => {
    database = await openLedgerTestDatabase();
    statements = new StatementRepository(database.db);
    account = await database.openAccount();
    for (let amount = 1n; amount <= 7n; amount += 1n) {
      await database.fund(account, amount);
    }
  });
  afterAll(() => database?.close());

  it('is read page by page, newest first, without gaps or repeats', async () => {
    const first = await statements.page(account, { limit: 3 });
    const second = await statements.page(account, { limit: 3, before: first.next });
    const third = await statements.page(account, { limit: 3, before: second.next });
    const versions = [first, second, third].map(({ lines }) => lines.map(({ version }) => version));
    expect(versions).toEqual([[7n, 6n, 5n], [4n, 3n, 2n], [1n]]);
    expect(third.next).toBeUndefined();
  });

  it('carries the balance after each entry', async () => {
    const { lines } = await statements.page(account);
    expect(lines.map(({ balanceAfterMinor }) => balanceAfterMinor)).toEqual([28n, 21n, 15n, 10n, 6n, 3n, 1n]);
  });

  it('is empty for an account without entries', async () => {
    expect(await statements.page(await database.openAccount())).toEqual({ lines: [], next: undefined });
  });

  it.each([0, -1, 501, 1.5])('has no page of %d lines', async (limit) => {
    await expect(statements.page(account, { limit })).rejects.toThrow();
  });

  it('is read as a whole, a page at a time', async () => {
    const read = async (page: Parameters<StatementRepository['lines']>[1]) => {
      const versions = [];
      for await (const { version } of statements.lines(account, page)) {
        versions.push(version);
      }
      return versions;
    };
    expect(await read({ pageSize: 2 })).toEqual([7n, 6n, 5n, 4n, 3n, 2n, 1n]);
    expect(await read({})).toEqual([7n, 6n, 5n, 4n, 3n, 2n, 1n]);
    expect(await read({ before: 4n, pageSize: 3 })).toEqual([3n, 2n, 1n]);
  });
});
