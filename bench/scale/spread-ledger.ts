import { randomBytes } from 'node:crypto';
import { withPostgresClient } from '@finova/db-kit/postgres';
import { type EntriesNode, entriesCoordinatorStatements, entriesNodeStatements } from '@finova/transactions-db';
import { ACCOUNT_ID, ACCOUNTS } from '../ledger/prepare-ledger.ts';

/** How many accounts of each server the load is drawn from: about as many as there are, whatever the hashes are. */
export const ACCOUNTS_PER_SERVER = 450;

/** Spreads the entries of this month over the ledger's server and another one. */
export async function spreadLedger(databaseUrl: string, nodeUrl: string): Promise<void> {
  const { hostname, port, pathname } = new URL(nodeUrl);
  const month = new Date().toISOString().slice(0, 10);
  const nodes: readonly EntriesNode[] = [
    {
      name: 'entries_node_1',
      host: hostname,
      port: Number(port),
      database: pathname.slice(1),
      writerPassword: randomBytes(16).toString('hex'),
      readerPassword: randomBytes(16).toString('hex'),
    },
  ];
  await withPostgresClient({ url: nodeUrl, applicationName: 'finova bench' }, (client) =>
    client.query(entriesNodeStatements(nodes, 0, [month])),
  );
  await withPostgresClient({ url: databaseUrl, applicationName: 'finova bench' }, (client) =>
    client.query(entriesCoordinatorStatements(nodes, [month])),
  );
}

/**
 * Lists in `bench_here` and `bench_there` which accounts have their entries on the ledger's server, and which would have them
 * on the other one: the same ones whether the ledger is spread or not.
 */
export async function listPlaces(databaseUrl: string): Promise<void> {
  await withPostgresClient({ url: databaseUrl, applicationName: 'finova bench' }, (client) =>
    client.query(`
      CREATE TABLE bench_hash (id uuid) PARTITION BY HASH (id);
      ${['here', 'there']
        .map(
          (place, remainder) => `
            CREATE TABLE bench_${place} (k integer PRIMARY KEY, id uuid NOT NULL);
            INSERT INTO bench_${place} SELECT row_number() OVER (ORDER BY id), id FROM (
              SELECT ${ACCOUNT_ID('n')} AS id FROM generate_series(1, ${ACCOUNTS}) AS n) AS accounts
            WHERE satisfies_hash_partition('bench_hash'::regclass, 2, ${remainder}, id) ORDER BY id LIMIT ${ACCOUNTS_PER_SERVER};`,
        )
        .join('')}
      ANALYZE`),
  );
}
