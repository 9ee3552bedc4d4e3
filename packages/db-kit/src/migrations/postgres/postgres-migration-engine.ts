import type { Client } from 'pg';
import { DatabaseUnreachableError, errorMessage } from '../../errors/index.ts';
import { withPostgresClient } from '../../postgres/connect.ts';
import { describePostgres } from '../../postgres/describe-server.ts';
import { PoolerRefusedError } from '../errors/index.ts';
import type { EngineOptions, MigrationEngine, MigrationReader } from '../migration-engine.ts';
import { explainRefusal } from './act-as-owner.ts';
import { PostgresBookkeeping } from './bookkeeping.ts';
import { withMigrationLock } from './migration-lock.ts';
import { PostgresMigrationWriter } from './postgres-migration-writer.ts';
import { PostgresRepeatables } from './postgres-repeatables.ts';
import { refusePooler } from './refuse-pooler.ts';

/** Journal, history and lock on PostgreSQL; one direct connection for all three and the migrations themselves. */
export const postgresMigrationEngine: MigrationEngine = {
  withReader(options, use) {
    return withPostgresClient(connectionOptions(options), (client) => use(postgresReader(client, options)));
  },

  withWriter(options, use) {
    const migrating = withPostgresClient({ ...connectionOptions(options), pipeline: true }, async (client) => {
      await refusePooler(client, options.domain.name);
      const bookkeeping = new PostgresBookkeeping(client, options.domain.namespace);
      return withMigrationLock(client, bookkeeping, options, async () => {
        await openBookkeeping(client, bookkeeping, options);
        const settings = `${await watchConnection(client)}; ${COMMIT_IN_ORDER}`;
        await client.query(COMMIT_IN_ORDER);
        const writer = new PostgresMigrationWriter(client, bookkeeping, options, settings);
        const result = await use(writer).catch(async (thrown: unknown) => {
          // Where the connection is gone there is nothing to wait for, and how `use` ended is the news.
          await writer.flush().catch(() => {});
          throw thrown;
        });
        await writer.flush();
        return result;
      });
    });
    return migrating.catch((thrown: unknown) => {
      throw isRefusedByPooler(thrown) ? new PoolerRefusedError(options.domain.name, thrown) : thrown;
    });
  },
};

/** @throws {OwnerRefusedError} when who migrates is no member of the domain's roles. */
async function openBookkeeping(
  client: Client,
  bookkeeping: PostgresBookkeeping,
  options: EngineOptions,
): Promise<void> {
  try {
    await bookkeeping.ensure();
    await bookkeeping.recordRunner(options.identity);
  } catch (thrown) {
    throw await explainRefusal(client, options.domain, thrown);
  }
}

/** PgBouncer in its own configuration does not even take the connection: it does not know our startup parameters. */
function isRefusedByPooler(thrown: unknown): boolean {
  return thrown instanceof DatabaseUnreachableError && /unsupported startup parameter/.test(errorMessage(thrown.cause));
}

/**
 * A commit does not wait for the disk: a server that crashes loses the newest migrations whole, journal row and all,
 * never one of the two and never an older one before a newer. Waited for once, when the run ends.
 */
const COMMIT_IN_ORDER = 'SET synchronous_commit = off';

/**
 * Makes the server notice within a second, in the middle of a statement, that its runner is gone: the lock of a
 * killed runner would otherwise live as long as the statement it was running.
 *
 * @returns the statement that does so, or nothing where the server's platform cannot (Windows).
 */
async function watchConnection(client: Client): Promise<string> {
  const statement = `SET client_connection_check_interval = '1s'`;
  return client.query(statement).then(
    () => statement,
    () => '',
  );
}

function connectionOptions({ url, identity }: EngineOptions) {
  return { url, applicationName: `finova-db ${identity.host}:${identity.pid} ${identity.actor}` };
}

function postgresReader(client: Client, options: EngineOptions): MigrationReader {
  const bookkeeping = new PostgresBookkeeping(client, options.domain.namespace);
  const repeatables = new PostgresRepeatables(client, bookkeeping.schema, options.domain.namespace);
  return {
    describeServer: () => describePostgres(client),
    readJournal: () => bookkeeping.readJournal(),
    readHistory: () => bookkeeping.readHistory(),
    readRepeatables: () => repeatables.current(),
    pendingRepeatables: async (wanted) => (await repeatables.changes(wanted)).map(({ name }) => name),
  };
}
