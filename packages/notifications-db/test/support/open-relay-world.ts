import { join } from 'node:path';
import { readDomain } from '@finova/db-kit/migrations';
import {
  createMongoTestDatabase,
  createPostgresTestDatabase,
  createTestEncryption,
  testMongoUrl,
  testPostgresUrl,
} from '@finova/db-kit/testing';
import { RelayWorld, type RelayWorldPlaces } from './relay-world.ts';

const PACKAGES = join(import.meta.dirname, '..', '..', '..');

/** A world of one test file, on databases of its own. */
export interface OpenRelayWorld {
  readonly world: RelayWorld;
  readonly places: RelayWorldPlaces;
  close(): Promise<void>;
}

export async function openRelayWorld(): Promise<OpenRelayWorld> {
  const [accounts, transactions, preferences, notifications] = await Promise.all(
    ['accounts-db', 'transactions-db', 'preferences-db', 'notifications-db'].map((name) =>
      readDomain(join(PACKAGES, name)),
    ),
  );
  if (
    accounts === undefined ||
    transactions === undefined ||
    preferences === undefined ||
    notifications === undefined
  ) {
    throw new Error('A domain of the workspace is missing');
  }
  const ledger = await createPostgresTestDatabase(testPostgresUrl(), [accounts, transactions]);
  const preferencesDatabase = await createMongoTestDatabase(testMongoUrl(), preferences);
  const notificationsDatabase = await createMongoTestDatabase(testMongoUrl(), notifications);
  const places = {
    ledgerUrl: ledger.url,
    mongoUrl: testMongoUrl(),
    preferencesName: preferencesDatabase.databaseName,
    notificationsName: notificationsDatabase.databaseName,
    encryption: await createTestEncryption(),
  };
  const world = await RelayWorld.open(places);
  return {
    world,
    places,
    async close() {
      await world.close();
      await Promise.all([ledger.drop(), preferencesDatabase.drop(), notificationsDatabase.drop()]);
    },
  };
}
