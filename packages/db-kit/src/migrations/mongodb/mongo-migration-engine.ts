import type { MongoClient } from 'mongodb';
import { withMongoClient } from '../../mongodb/connect.ts';
import { describeMongo, mongoAddress } from '../../mongodb/describe-server.ts';
import { ReplicaSetRequiredError } from '../errors/index.ts';
import type { EngineOptions, MigrationEngine, MigrationReader } from '../migration-engine.ts';
import { MongoBookkeeping } from './bookkeeping.ts';
import { MigrationLease } from './migration-lease.ts';
import { MongoMigrationWriter } from './mongo-migration-writer.ts';

/** Journal, history and lease in collections of the domain's own database. */
export const mongoMigrationEngine: MigrationEngine = {
  withReader(options, use) {
    return withMongoClient(connectionOptions(options), (client) => use(mongoReader(client, options)));
  },

  withWriter(options, use) {
    // Every command of a step is looked at before it goes out.
    return withMongoClient({ ...connectionOptions(options), monitorCommands: true }, async (client) => {
      if (!(await describeMongo(client)).hasTransactions) {
        throw new ReplicaSetRequiredError(mongoAddress(client));
      }
      const bookkeeping = new MongoBookkeeping(client.db(options.domain.namespace));
      await bookkeeping.ensure();
      return MigrationLease.with(client, options, (lease) =>
        use(new MongoMigrationWriter(client, bookkeeping, lease, mongoReader(client, options), options)),
      );
    });
  },
};

function connectionOptions({ url, identity }: EngineOptions) {
  return { url, applicationName: `finova-db ${identity.host}:${identity.pid} ${identity.actor}` };
}

function mongoReader(client: MongoClient, { domain }: EngineOptions): MigrationReader {
  const bookkeeping = new MongoBookkeeping(client.db(domain.namespace));
  return {
    describeServer: async () =>
      `${(await describeMongo(client)).product} at ${mongoAddress(client)}/${domain.namespace}`,
    readJournal: () => bookkeeping.readJournal(),
    readHistory: () => bookkeeping.readHistory(),
    readRepeatables: async () => [],
    pendingRepeatables: async () => [],
  };
}
