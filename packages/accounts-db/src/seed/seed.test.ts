import { SeedRefusedError } from '@finova/db-kit/seeding';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AccountsTestDatabase, openAccountsTestDatabase } from '../../test/accounts-test-database.ts';
import { AccountRepository, CustomerRepository } from '../index.ts';
import { seed, seedCustomers } from './index.ts';

describe('the seed', () => {
  let database: AccountsTestDatabase;
  const context = () => ({ url: database.url, namespace: 'accounts', encryption: async () => database.encryption });

  beforeAll(async () => {
    database = await openAccountsTestDatabase();
  });
  afterAll(() => database?.close());

  it('adds its customers and accounts once', async () => {
    const first = await seed.run(context());
    expect(first).toEqual([
      { name: 'customers', added: seedCustomers.length, total: seedCustomers.length },
      { name: 'accounts', added: first[1]?.total, total: first[1]?.total },
    ]);
    expect((await seed.run(context())).map(({ added }) => added)).toEqual([0, 0]);
  });

  it('adds customers that the repositories find', async () => {
    const accounts = new AccountRepository(database.db, database.encryption);
    for (const { id, accounts: own } of seedCustomers) {
      const held = await accounts.listByCustomer(id);
      expect(held.map(({ iban }) => iban)).toEqual(own.map(({ iban }) => iban));
    }
  });

  it('shows no plain text of what is encrypted', async () => {
    const shown = JSON.stringify(await seed.sample(context()));
    expect(shown).toContain('(encrypted)');
    for (const { fullName, email, accounts } of seedCustomers) {
      expect(shown).not.toContain(fullName);
      expect(shown).not.toContain(email);
      expect(shown).not.toContain(accounts[0]?.iban);
    }
  });

  it('is refused where somebody else’s customers are', async () => {
    const customers = new CustomerRepository(database.db, database.encryption);
    await customers.register({ fullName: 'Real Person', email: 'real@example.com' });
    await expect(seed.run(context())).rejects.toThrow(SeedRefusedError);
  });
});
