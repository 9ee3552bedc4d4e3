import { join } from 'node:path';
import { withPostgresClient } from '@finova/db-kit/postgres';
import { createPostgresTestDatabase } from '@finova/db-kit/testing';
import { startThrowAwayServer } from '@finova/local-databases';
import { type EntriesNode, entriesCoordinatorStatements, entriesNodeStatements } from '../src/index.ts';
import { type LedgerTestDatabase, openLedgerTestDatabase } from './ledger-test-database.ts';

const WORKSPACE = join(import.meta.dirname, '..', '..', '..');

type Client = Parameters<Parameters<typeof withPostgresClient>[1]>[0];

/** A ledger whose entries are on two servers, both of them this test's own: they may be crashed. */
export interface SpreadLedger {
  readonly ledger: LedgerTestDatabase;
  readonly nodes: readonly EntriesNode[];
  onCoordinator<T>(use: (client: Client) => Promise<T>): Promise<T>;
  onNode<T>(use: (client: Client) => Promise<T>): Promise<T>;
  /** Opens an account without money whose entries are on the coordinator, or on the node. */
  openOn(where: 'coordinator' | 'node'): Promise<string>;
  close(): Promise<void>;
}

/** @param months - a day of each month whose entries are spread. */
export async function openSpreadLedger(months: readonly [string, ...string[]]): Promise<SpreadLedger> {
  const [first, second] = await Promise.all([
    startThrowAwayServer(WORKSPACE, 'postgres'),
    startThrowAwayServer(WORKSPACE, 'postgres'),
  ]);
  const [ledger, nodeDatabase] = await Promise.all([
    openLedgerTestDatabase(first.url),
    createPostgresTestDatabase(second.url),
  ]);
  const on =
    (url: string) =>
    <T>(use: (client: Client) => Promise<T>) =>
      withPostgresClient({ url, applicationName: 'finova tests' }, use);
  const { hostname, port, pathname } = new URL(nodeDatabase.url);
  const nodes: readonly EntriesNode[] = [
    {
      name: 'entries_node_1',
      host: hostname,
      port: Number(port),
      database: pathname.slice(1),
      writerPassword: 'write entries',
      readerPassword: "read entries' text",
    },
  ];
  const [onCoordinator, onNode] = [on(ledger.url), on(nodeDatabase.url)];
  await onNode((client) => client.query(entriesNodeStatements(nodes, 0, months)));
  await onCoordinator((client) => client.query(entriesCoordinatorStatements(nodes, months)));
  return {
    ledger,
    nodes,
    onCoordinator,
    onNode,
    async openOn(where) {
      for (;;) {
        const id = await ledger.openAccount();
        const { rows } = await onCoordinator((client) =>
          client.query<{ here: boolean }>(`SELECT satisfies_hash_partition($1::regclass, 2, 0, $2::uuid) AS here`, [
            `transactions.entries_${months[0].slice(0, 7).replace('-', '_')}`,
            id,
          ]),
        );
        if (rows[0]?.here === (where === 'coordinator')) {
          return id;
        }
      }
    },
    async close() {
      await ledger.close();
      await Promise.all([first.stop(), second.stop()]);
    },
  };
}
