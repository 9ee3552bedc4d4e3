import type { Client } from 'pg';
import { withPostgresClient } from '../../postgres/connect.ts';
import { describePostgres } from '../../postgres/describe-server.ts';
import type { EngineOptions, MigrationEngine, MigrationReader } from '../migration-engine.ts';
import { PostgresBookkeeping } from './bookkeeping.ts';
import { withMigrationLock } from './migration-lock.ts';
import { PostgresMigrationWriter } from './postgres-migration-writer.ts';

/** Journal, history and lock on PostgreSQL; one direct connection for all three and the migrations themselves. */
export const postgresMigrationEngine: MigrationEngine = {
  withReader(options, use) {
    return withPostgresClient(connectionOptions(options), (client) => use(postgresReader(client, options)));
  },

  withWriter(options, use) {
    return withPostgresClient(connectionOptions(options), (client) => {
      const bookkeeping = new PostgresBookkeeping(client, options.domain.namespace);
      return withMigrationLock(client, bookkeeping, options, async () => {
        await bookkeeping.ensure();
        await bookkeeping.recordRunner(options.identity);
        return use(new PostgresMigrationWriter(client, bookkeeping, options));
      });
    });
  },
};

function connectionOptions({ url, identity }: EngineOptions) {
  return { url, applicationName: `finova-db ${identity.host}:${identity.pid} ${identity.actor}` };
}

function postgresReader(client: Client, options: EngineOptions): MigrationReader {
  const bookkeeping = new PostgresBookkeeping(client, options.domain.namespace);
  return {
    describeServer: () => describePostgres(client),
    readJournal: () => bookkeeping.readJournal(),
    readHistory: () => bookkeeping.readHistory(),
  };
}
