import type { Client } from 'pg';
import type { PostgresMigration } from '../migration.ts';
import type { RunnableMigration } from '../migration-engine.ts';
import { CURRENT_TRANSACTION_ID } from './transaction-settings.ts';

/** One attempt to run a migration. */
export interface MigrationAttempt {
  readonly migration: RunnableMigration;
  readonly definition: PostgresMigration;
  readonly startedAt: Date;
}

/** An attempt whose commit was refused. */
export interface RefusedCommit {
  readonly attempt: MigrationAttempt;
  readonly thrown: unknown;
}

/** A setting of the session, which a transaction that is rolled back takes back with everything else. */
const COMMITTED = 'finova_db.committed';

/**
 * The commit of one migration, on its way while the next begins: its statements are sent without waiting for the
 * answer, so that the server never waits for us. Needs a connection with `pipeline`.
 *
 * What is sent after a commit that is refused must not run. The statement that opens the next transaction therefore
 * looks, in the server, whether the commit before it took place, and fails the transaction where it did not.
 */
export class PipelinedCommit {
  readonly #client: Client;
  #sent: { readonly mark: string; readonly refused: Promise<RefusedCommit | undefined> } | undefined;

  constructor(client: Client) {
    this.#client = client;
  }

  /**
   * Sends what ends a transaction, the commit after it.
   *
   * @param mark - names this commit; another one on the same connection needs another.
   */
  send(statements: readonly string[], mark: string, attempt: MigrationAttempt, onCommitted: () => void): void {
    const answered = this.#client.query([...statements, `SET ${COMMITTED} = '${mark}'`, 'COMMIT'].join('; '));
    const refused = answered.then(
      () => {
        onCommitted();
        return undefined;
      },
      (thrown: unknown) => ({ attempt, thrown }),
    );
    this.#sent = { mark, refused };
  }

  /** What gives the next transaction its number, as `id`, and fails it where the commit before it was refused. */
  nextTransactionId(): string {
    return this.#sent === undefined
      ? CURRENT_TRANSACTION_ID
      : `SELECT pg_current_xact_id()::text AS id,
          1 / (current_setting('${COMMITTED}', true) IS NOT DISTINCT FROM '${this.#sent.mark}')::integer AS follows`;
  }

  /** Waits for the commit that is on its way; `undefined` where there is none or it took place. */
  async refused(): Promise<RefusedCommit | undefined> {
    const sent = this.#sent;
    const refused = await sent?.refused;
    if (this.#sent === sent) {
      this.#sent = undefined;
    }
    return refused;
  }
}
