import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { AccountRepository, type AccountsDatabase, CustomerRepository, makeIban } from '@finova/accounts-db';
import { readDomain, withMigrator } from '@finova/db-kit/migrations';
import {
  describePostgresStructure,
  domainRoles,
  singleConnectionKysely,
  withPostgresClient,
} from '@finova/db-kit/postgres';
import {
  asRole,
  createPostgresTestDatabase,
  createTestEncryption,
  findOwnedByOthers,
  findTracesOfRoles,
  TEST_IDENTITY,
  testPostgresUrl,
} from '@finova/db-kit/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type LedgerTestDatabase, openLedgerTestDatabase } from './ledger-test-database.ts';

const PACKAGES = join(import.meta.dirname, '..', '..');
const BOTH = ['accounts', 'transactions'] as const;

describe('accounts and their balances, with the rights of the application', () => {
  let ledgerTest: LedgerTestDatabase;

  beforeAll(async () => {
    ledgerTest = await openLedgerTestDatabase();
  });
  afterAll(() => ledgerTest?.close());

  const balanceOf = (client: Parameters<Parameters<typeof asRole>[2]>[0], accountId: string) =>
    client.query('SELECT account_status, overdraft_limit_minor FROM transactions.balances WHERE account_id = $1', [
      accountId,
    ]);

  it('stay in step, though the application may not write balances', async () => {
    const encryption = await createTestEncryption();
    const id = await asRole(ledgerTest.url, 'finova_accounts_app', async (client) => {
      const { db } = singleConnectionKysely<AccountsDatabase>(client);
      const customer = await new CustomerRepository(db, encryption).register({
        fullName: 'Grace Hopper',
        email: 'grace@example.com',
      });
      const accounts = new AccountRepository(db, encryption);
      const account = await accounts.open({
        currency: 'EUR',
        iban: makeIban('DE', '370400449999999999'),
        name: 'Current account',
        cashAccountType: 'CACC',
        holders: [{ customerId: customer.id, role: 'owner' }],
      });
      await accounts.setOverdraftLimit(account.id, 250n);
      await accounts.changeStatus(account.id, 'frozen', 'test');
      await expect(balanceOf(client, account.id)).rejects.toMatchObject({ code: '42501' });
      return account.id;
    });
    const { rows } = await asRole(ledgerTest.url, 'finova_transactions_app', (client) => balanceOf(client, id));
    expect(rows).toEqual([{ account_status: 'frozen', overdraft_limit_minor: 250n }]);
  });

  it.each(['origin', 'replica'])(
    'are not closed with a hold on them, by raw SQL of a superuser in a session of mode %s',
    async (mode) => {
      const account = await ledgerTest.openAccount();
      await ledgerTest.fund(account, 100n);
      await ledgerTest.ledger.hold(ledgerTest.nextKey(), {
        transfers: [
          { debitAccountId: account, creditAccountId: ledgerTest.clearing, currency: 'EUR', amountMinor: 100n },
        ],
        expiresAt: new Date(Date.now() + 3_600_000),
      });
      await withPostgresClient({ url: ledgerTest.url, applicationName: 'finova tests' }, async (client) => {
        await client.query(`SET session_replication_role = ${mode}`);
        await expect(
          client.query(`UPDATE accounts.accounts SET status = 'closed' WHERE id = $1`, [account]),
        ).rejects.toMatchObject({ constraint: 'balances_empty_when_closed' });
      });
    },
  );
});

it('leaves the structure of accounts as it is without the ledger: what it adds there is its own', async () => {
  const domains = await Promise.all(BOTH.map((name) => readDomain(join(PACKAGES, `${name}-db`))));
  const structures: (readonly string[])[] = [];
  for (const migrated of [domains.slice(0, 1), domains]) {
    const database = await createPostgresTestDatabase(testPostgresUrl(), migrated);
    onTestFinished(() => database.drop());
    structures.push(
      await withPostgresClient({ url: database.url, applicationName: 'finova tests' }, (client) =>
        describePostgresStructure(client, 'accounts'),
      ),
    );
  }
  expect(structures[0]?.length).toBeGreaterThan(100);
  expect(structures[1]).toEqual(structures[0]);
});

describe('a login that is no superuser', () => {
  it('migrates both domains in two databases of one server, down and up again', async () => {
    const domains = await Promise.all(BOTH.map((name) => readDomain(join(PACKAGES, `${name}-db`))));
    // Whoever is first on this server has made the roles.
    const first = await createPostgresTestDatabase(testPostgresUrl(), domains);
    onTestFinished(() => first.drop());
    const login = `finova_test_${randomUUID().slice(0, 8)}`;
    const run = (url: string, text: string) =>
      withPostgresClient({ url, applicationName: 'finova tests' }, (client) => client.query(text));
    await run(
      first.url,
      `CREATE ROLE ${login} LOGIN PASSWORD 'of-a-test' IN ROLE finova_accounts_migrator, finova_transactions_migrator`,
    );
    onTestFinished(() => void run(testPostgresUrl(), `DROP ROLE ${login}`));

    for (const database of [await createPostgresTestDatabase(testPostgresUrl()), first]) {
      onTestFinished(() => database.drop());
      await run(database.url, `GRANT CREATE ON DATABASE ${new URL(database.url).pathname.slice(1)} TO ${login}`);
      const url = new URL(database.url);
      url.username = login;
      url.password = 'of-a-test';
      const migrate = async (domain: (typeof domains)[number], direction: 'up' | 'down') =>
        withMigrator({ domain, url: url.href, identity: TEST_IDENTITY, lockTimeoutMs: 10_000 }, (migrator) =>
          direction === 'up' ? migrator.up() : migrator.down('all'),
        );
      const traces = () =>
        withPostgresClient({ url: database.url, applicationName: 'finova tests' }, (client) =>
          findTracesOfRoles(
            client,
            BOTH.flatMap((schema) => Object.values(domainRoles(schema))),
          ),
        );
      for (const domain of domains) {
        await migrate(domain, 'up');
      }
      for (const domain of domains) {
        await withPostgresClient({ url: database.url, applicationName: 'finova tests' }, async (client) => {
          expect(await findOwnedByOthers(client, domain.namespace, domainRoles(domain.namespace).owner)).toEqual([]);
        });
      }
      const before = await traces();
      for (const domain of domains.toReversed()) {
        await migrate(domain, 'down');
      }
      expect(await traces()).toEqual([]);
      for (const domain of domains) {
        await migrate(domain, 'up');
      }
      expect(await traces()).toEqual(before);
    }
  });
});
