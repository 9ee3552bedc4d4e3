import { AccountRepository, type AccountsDatabase, CustomerRepository } from '@finova/accounts-db';
import type { FieldEncryption } from '@finova/db-kit/encryption';
import { withTransaction } from '@finova/db-kit/postgres';
import type { Kysely } from 'kysely';

export async function welcome(db: Kysely<AccountsDatabase>, encryption: FieldEncryption) {
  return withTransaction(db, async (transaction) => {
    const customers = new CustomerRepository(transaction, encryption);
    const accounts = new AccountRepository(transaction, encryption);

    const customer = await customers.register({ fullName: 'Ada Lovelace', email: 'ada@example.com' });
    await customers.setKycStatus(customer.id, 'verified');
    const account = await accounts.open({
      currency: 'EUR',
      iban: 'DE89 3704 0044 0532 0130 00',
      name: 'Current account',
      cashAccountType: 'CACC',
      overdraftLimitMinor: 50_000n,
      holders: [{ customerId: customer.id, role: 'owner' }],
    });
    return accounts.changeStatus(account.id, 'frozen', 'Card reported stolen');
  });
}
