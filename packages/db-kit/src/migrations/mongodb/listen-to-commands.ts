import type { CommandStartedEvent, Document, MongoClient } from 'mongodb';
import { BOOKKEEPING_COLLECTIONS } from './bookkeeping.ts';

/** What the driver adds to a command for sessions, transactions and the state of the cluster. */
const ADDED_BY_DRIVER = [
  '$db',
  '$clusterTime',
  '$readPreference',
  'lsid',
  'txnNumber',
  'autocommit',
  'startTransaction',
  'readConcern',
  'writeConcern',
  'maxTimeMS',
];

/** Renaming a collection, for one, is asked of this database, with full names. */
const ADMIN = 'admin';

/** Commands of transactions and connections, and questions to the server, which say nothing of what a migration does. */
const HOUSEKEEPING = ['commitTransaction', 'abortTransaction', 'endSessions', 'hello', 'buildInfo', 'ping'];

/**
 * Hears of each command that is sent to a database or to `admin`, without those to the migrator's own collections. The client must
 * have been opened with `monitorCommands`. A command at which `onCommand` throws is not sent, and fails with what was thrown:
 * the driver tells its listeners before it writes.
 *
 * @returns stops listening.
 */
export function listenToCommands(
  client: MongoClient,
  databaseName: string,
  onCommand: (command: Document, database?: 'admin') => void,
): () => void {
  const own: readonly unknown[] = BOOKKEEPING_COLLECTIONS;
  const listener = ({ databaseName: to, commandName, command }: CommandStartedEvent) => {
    if (to !== databaseName && to !== ADMIN) {
      return;
    }
    if (!HOUSEKEEPING.includes(commandName) && !own.includes(command[commandName])) {
      const sent = Object.fromEntries(Object.entries(command).filter(([key]) => !ADDED_BY_DRIVER.includes(key)));
      onCommand(sent, to === databaseName ? undefined : ADMIN);
    }
  };
  client.on('commandStarted', listener);
  return () => client.off('commandStarted', listener);
}
