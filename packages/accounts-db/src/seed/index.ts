import { createPostgresDatabase, withTransaction } from '@finova/db-kit/postgres';
import { type DomainSeed, type SeedContext, type SeedCount, SeedRefusedError } from '@finova/db-kit/seeding';
import type { Kysely } from 'kysely';
import { AccountRepository } from '../repositories/account-repository.ts';
import { CustomerRepository } from '../repositories/customer-repository.ts';
import type { AccountsDatabase } from '../schema/index.ts';
import { seedCustomers, seedInternalAccounts } from './customers.ts';

export {
  type SeedAccount,
  type SeedCustomer,
  type SeedInternalAccount,
  seedCustomers,
  seedInternalAccounts,
} from './customers.ts';

/** Customers of twelve countries with their accounts, and the bank's clearing accounts. */
export const seed: DomainSeed = {
  async run(context) {
    const encryption = await context.encryption();
    return withDatabase(context, (db) =>
      withTransaction(db, async (transaction) => {
        const existing = await existingIds(transaction);
        const customers = new CustomerRepository(transaction, encryption);
        const accounts = new AccountRepository(transaction, encryption);
        const added = { customers: 0, accounts: 0 };
        for (const { accounts: ownAccounts, id, fullName, email, phone } of seedCustomers) {
          if (!existing.has(id)) {
            await customers.register({ id, fullName, email, phone, taxId: `TIN-${id.slice(-8)}` });
            await customers.setKycStatus(id, 'verified');
            added.customers += 1;
          }
          for (const account of ownAccounts.filter((candidate) => !existing.has(candidate.id))) {
            await accounts.open({ ...account, holders: [{ customerId: id, role: 'owner', from: '2026-01-01' }] });
            added.accounts += 1;
          }
        }
        for (const account of seedInternalAccounts.filter((candidate) => !existing.has(candidate.id))) {
          await accounts.openInternal({ ...account, normalSide: 'debit' });
          added.accounts += 1;
        }
        return counts(transaction, added);
      }),
    );
  },

  async sample(context) {
    return withDatabase(context, async (db) => {
      const customers = await db
        .selectFrom('accounts.customers')
        .select(['id', 'kyc_status', 'created_at'])
        .orderBy('id')
        .limit(3)
        .execute();
      const accounts = await db
        .selectFrom('accounts.accounts')
        .select(['id', 'name', 'currency', 'cash_account_type', 'status', 'overdraft_limit_minor'])
        .orderBy('id')
        .limit(3)
        .execute();
      return [
        {
          name: 'customers',
          columns: ['id', 'full_name', 'email', 'kyc_status', 'created_at'],
          rows: customers.map((row) => [
            row.id,
            '(encrypted)',
            '(encrypted)',
            row.kyc_status,
            row.created_at.toISOString(),
          ]),
        },
        {
          name: 'accounts',
          columns: ['id', 'iban', 'name', 'currency', 'cash_account_type', 'status', 'overdraft_limit_minor'],
          rows: accounts.map((row) => [
            row.id,
            '(encrypted)',
            row.name,
            row.currency,
            row.cash_account_type,
            row.status,
            String(row.overdraft_limit_minor),
          ]),
        },
      ];
    });
  },
};

async function withDatabase<T>({ url }: SeedContext, use: (db: Kysely<AccountsDatabase>) => Promise<T>): Promise<T> {
  const db = createPostgresDatabase<AccountsDatabase>({ url, applicationName: 'accounts-db seed', maxConnections: 1 });
  try {
    return await use(db);
  } finally {
    await db.destroy();
  }
}

/**
 * The ids of customers and accounts that are there.
 *
 * @throws {SeedRefusedError} when one of them is not from the seed.
 */
async function existingIds(db: Kysely<AccountsDatabase>): Promise<Set<string>> {
  const own = new Set([
    ...seedCustomers.flatMap(({ id, accounts }) => [id, ...accounts.map((account) => account.id)]),
    ...seedInternalAccounts.map(({ id }) => id),
  ]);
  const existing = new Set<string>();
  for (const table of ['accounts.customers', 'accounts.accounts'] as const) {
    for (const { id } of await db.selectFrom(table).select('id').execute()) {
      if (!own.has(id)) {
        throw new SeedRefusedError('accounts-db', table);
      }
      existing.add(id);
    }
  }
  return existing;
}

async function counts(
  db: Kysely<AccountsDatabase>,
  added: { readonly customers: number; readonly accounts: number },
): Promise<SeedCount[]> {
  const total = async (table: 'accounts.customers' | 'accounts.accounts') => {
    const { count } = await db
      .selectFrom(table)
      .select((expressions) => expressions.fn.countAll<bigint>().as('count'))
      .executeTakeFirstOrThrow();
    return Number(count);
  };
  return [
    { name: 'customers', added: added.customers, total: await total('accounts.customers') },
    { name: 'accounts', added: added.accounts, total: await total('accounts.accounts') },
  ];
}
