import { join } from 'node:path';
import { readDomain } from '@finova/db-kit/migrations';
import type { RelayDatabase } from '@finova/db-kit/relaying';
// Each by itself: attacks and benchmarks run without the test runner, which the index of these needs.
import { createMongoTestDatabase } from '../../../db-kit/src/testing/mongo-test-database.ts';
import { createPostgresTestDatabase } from '../../../db-kit/src/testing/postgres-test-database.ts';
import { createTestEncryption } from '../../../db-kit/src/testing/test-encryption.ts';
import { RelayWorld } from './relay-world.ts';

const PACKAGES = join(import.meta.dirname, '..', '..', '..');

/** A world on databases of its own. */
export interface OpenRelayWorld {
  readonly world: RelayWorld;
  /** By the name of the domain, for relays in other processes. */
  readonly databases: Readonly<Record<string, RelayDatabase>>;
  close(): Promise<void>;
}

/** Makes migrated databases on these servers, and a world in them. */
export async function openRelayWorld(servers: {
  readonly postgres: string;
  readonly mongodb: string;
}): Promise<OpenRelayWorld> {
  const domain = (name: string) => readDomain(join(PACKAGES, name));
  const [accounts, transactions] = [await domain('accounts-db'), await domain('transactions-db')];
  const ledger = await createPostgresTestDatabase(servers.postgres, [accounts, transactions]);
  const preferences = await createMongoTestDatabase(servers.mongodb, await domain('preferences-db'));
  const notifications = await createMongoTestDatabase(servers.mongodb, await domain('notifications-db'));
  const world = await RelayWorld.open({
    ledgerUrl: ledger.url,
    mongoUrl: servers.mongodb,
    preferencesName: preferences.databaseName,
    notificationsName: notifications.databaseName,
    encryption: await createTestEncryption(),
  });
  return {
    world,
    databases: {
      'accounts-db': { url: ledger.url, namespace: accounts.namespace },
      'transactions-db': { url: ledger.url, namespace: transactions.namespace },
      'preferences-db': { url: servers.mongodb, namespace: preferences.databaseName },
      'notifications-db': { url: servers.mongodb, namespace: notifications.databaseName },
    },
    async close() {
      await world.close();
      await Promise.all([ledger.drop(), preferences.drop(), notifications.drop()]);
    },
  };
}
