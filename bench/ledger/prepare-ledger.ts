import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { TOOL_VERSION } from '@finova/db-kit';
import { readDomain, withMigrator } from '@finova/db-kit/migrations';
import { withPostgresClient } from '@finova/db-kit/postgres';
import { CEILING } from './ceiling.ts';

const PACKAGES = join(import.meta.dirname, '..', '..', 'packages');

/** How many accounts the load is spread over; all of them the bank's own, so that they need no owner and no IBAN. */
export const ACCOUNTS = 1_000;

/** What every account can spend: more than any run moves. */
const LIMIT_MINOR = 10n ** 15n;

/** The id of account `n`, as pgbench can make it from a number. */
export const ACCOUNT_ID = (n: string) => `('00000000-0000-7000-8000-' || lpad((${n})::text, 12, '0'))::uuid`;

/** Migrates accounts and transactions and opens {@link ACCOUNTS} accounts, with the tables of the ceiling beside them. */
export async function prepareLedger(databaseUrl: string): Promise<void> {
  for (const name of ['accounts-db', 'transactions-db']) {
    const domain = await readDomain(join(PACKAGES, name));
    const identity = { actor: 'bench', host: hostname(), pid: process.pid, gitCommit: null, toolVersion: TOOL_VERSION };
    await withMigrator({ domain, url: databaseUrl, identity, lockTimeoutMs: 10_000 }, (migrator) => migrator.up());
  }
  await withPostgresClient({ url: databaseUrl, applicationName: 'finova bench' }, async (client) => {
    await client.query(`
      INSERT INTO accounts.accounts
        (id, currency, is_internal, name, cash_account_type, normal_side, status, overdraft_limit_minor, opened_at)
      SELECT ${ACCOUNT_ID('n')}, 'EUR', true, 'Bench ' || n, 'OTHR', 'credit', 'active', ${LIMIT_MINOR}, clock_timestamp()
      FROM generate_series(1, ${ACCOUNTS}) AS n`);
    await client.query(CEILING);
    await client.query('ANALYZE');
  });
}

/** Who posts: a service's role, as in production, for whom the server looks up every right that a superuser needs none for. */
const APPLICATION = 'finova_transactions_app';

/** Gives the application's role what it needs beside the ledger: the tables and functions of the peers. */
export async function openPeersToApplication(databaseUrl: string): Promise<void> {
  await withPostgresClient({ url: databaseUrl, applicationName: 'finova bench' }, (client) =>
    client.query(`
      GRANT USAGE ON SCHEMA bare, public TO ${APPLICATION};
      GRANT ALL ON ALL TABLES IN SCHEMA bare, public TO ${APPLICATION};
      GRANT ALL ON ALL SEQUENCES IN SCHEMA bare, public TO ${APPLICATION};
      GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA bare, public TO ${APPLICATION};
      GRANT EXECUTE ON FUNCTION transactions.uuid_v7() TO ${APPLICATION}`),
  );
}

/** The same database, with the rights of the application's role. */
export function asApplication(databaseUrl: string): string {
  const url = new URL(databaseUrl);
  url.searchParams.set('options', `-c role=${APPLICATION}`);
  return url.href;
}

/** The files of pgledger's checkout that make it, in their order. */
const PGLEDGER_FILES = ['vendor/scoville-pgsql-ulid/uuid-to-ulid.sql', 'pgledger.sql'];

/** Loads pgledger from its checkout and opens as many accounts, whose numbers `bench_accounts` maps to ids. */
export async function preparePgledger(databaseUrl: string, checkout: string): Promise<void> {
  const definition = await Promise.all(PGLEDGER_FILES.map((file) => readFile(join(checkout, file), 'utf8')));
  await withPostgresClient({ url: databaseUrl, applicationName: 'finova bench' }, async (client) => {
    await client.query(definition.join('\n'));
    await client.query(`
      CREATE TABLE bench_accounts (n integer PRIMARY KEY, id text NOT NULL);
      INSERT INTO bench_accounts SELECT n, account.id
        FROM generate_series(1, ${ACCOUNTS}) AS n, LATERAL pgledger_create_account('Bench ' || n, 'EUR') AS account;
      ANALYZE`);
  });
}
