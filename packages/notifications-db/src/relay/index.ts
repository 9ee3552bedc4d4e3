import { createMongoClient } from '@finova/db-kit/mongodb';
import { createPostgresDatabase } from '@finova/db-kit/postgres';
import type { DomainRelay } from '@finova/db-kit/relaying';
import { LedgerRelay } from './ledger-relay.ts';
import type { LedgerDatabase } from './read-movements.ts';
import { runLedgerRelay } from './run-ledger-relay.ts';

const APPLICATION_NAME = 'finova relay';

/**
 * While a batch is written to MongoDB, its transaction waits. As long as this, and no longer, a relay whose host is gone
 * keeps the others waiting.
 */
const IDLE_IN_TRANSACTION_MS = 60_000;

/** A relay waits for another one's batch in a statement, so that this is longer. */
const STATEMENT_TIMEOUT_MS = 90_000;

/** From the ledger to the inbox. */
export const relay: DomainRelay = {
  async run({ databaseOf, ...pace }) {
    const [transactions, preferences, notifications] = [
      databaseOf('transactions-db'),
      databaseOf('preferences-db'),
      databaseOf('notifications-db'),
    ];
    const ledger = createPostgresDatabase<LedgerDatabase>({
      url: transactions.url,
      applicationName: APPLICATION_NAME,
      maxConnections: 2,
      idleInTransactionTimeoutMs: IDLE_IN_TRANSACTION_MS,
      statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    });
    const clientOf = ({ url }: { readonly url: string }) =>
      createMongoClient({ url, applicationName: APPLICATION_NAME });
    const [preferencesClient, notificationsClient] = [clientOf(preferences), clientOf(notifications)];
    try {
      const databases = {
        ledger,
        preferences: preferencesClient.db(preferences.namespace),
        notifications: notificationsClient.db(notifications.namespace),
      };
      return await runLedgerRelay(new LedgerRelay(databases), pace);
    } finally {
      await Promise.all([ledger.destroy(), preferencesClient.close(), notificationsClient.close()]);
    }
  },
};
