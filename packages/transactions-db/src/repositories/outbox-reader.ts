import { isPostgresError, SqlState } from '@finova/db-kit';
import { withTransaction } from '@finova/db-kit/postgres';
import { type Kysely, sql, type Transaction } from 'kysely';
import { z } from 'zod';
import { OutboxPassedError } from '../errors.ts';
import type { OutboxTable, TransactionsDatabase } from '../schema/index.ts';

/** Where a message stands in the order in which all are read. */
export interface OutboxPlace {
  /** The transaction that wrote it (`xid8`), as decimal digits. */
  readonly writer: string;
  readonly position: bigint;
}

/** A message about a committed transaction. */
export interface OutboxMessage extends OutboxPlace {
  /** `transaction.posted` */
  readonly topic: string;
  /** The transaction that it tells about. */
  readonly key: string;
  readonly payload: OutboxTable['payload'];
  readonly createdAt: Date;
}

const consumerName = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'expected lower-case letters, digits and hyphens');
const batchSize = z.int().min(1).max(10_000);

/**
 * Reads the outbox for one consumer, from where it stopped, and never past a transaction that is still open: no message
 * is lost, however late its transaction commits. A message may come twice, when the consumer ends between handling it and
 * keeping its place; `writer` and `position` tell it by.
 *
 * @example
 * const reader = new OutboxReader(db, 'notifications');
 * while ((await reader.handle(async (messages) => inbox.add(messages))) > 0);
 */
export class OutboxReader {
  readonly #db: Kysely<TransactionsDatabase>;
  readonly #consumer: string;

  /**
   * @param db - a database, or a transaction whose boundaries are the caller's.
   * @param consumer - who reads: up to 63 lower-case letters, digits and hyphens. New ones begin with the oldest message.
   */
  constructor(db: Kysely<TransactionsDatabase>, consumer: string) {
    this.#db = db;
    this.#consumer = consumerName.parse(consumer);
  }

  /**
   * The messages after the consumer's place, in order. Inside a transaction, nobody else reads for the consumer until it
   * ends.
   *
   * @param limit - how many at most: 1 to 10,000.
   */
  async read(limit = 1_000): Promise<OutboxMessage[]> {
    const { rows } = await sql<{ created_at: Date } & Omit<OutboxMessage, 'createdAt'>>`
      SELECT writer::text AS writer, position, topic, key, payload, created_at
      FROM transactions.read_outbox(${this.#consumer}, ${batchSize.parse(limit)})`.execute(this.#db);
    return rows.map(({ created_at, ...message }) => ({ ...message, createdAt: created_at }));
  }

  /**
   * Keeps that the consumer is done with everything up to and including this place.
   *
   * @throws {OutboxPassedError} when it is past that already: another reader works for the same consumer.
   */
  async advance({ writer, position }: OutboxPlace): Promise<void> {
    try {
      await sql`SELECT transactions.advance_outbox(${this.#consumer}, ${writer}::xid8, ${position})`.execute(this.#db);
    } catch (thrown) {
      throw isPostgresError(thrown, [SqlState.checkViolation], ['outbox_consumers_only_forward'])
        ? new OutboxPassedError(this.#consumer, thrown)
        : thrown;
    }
  }

  /**
   * Reads a batch, gives it to `use`, and keeps the consumer's place when that returns; one at a time for a consumer,
   * whoever calls. When `use` throws, the place stays and the batch comes again.
   *
   * @param use - gets the messages, and the transaction that keeps the place: what it writes with that happens exactly
   * once. It must end within the pool's limit for idle transactions (10 seconds, unless set).
   * @returns how many messages were handled; 0 when there are none.
   */
  async handle(
    use: (messages: readonly OutboxMessage[], transaction: Transaction<TransactionsDatabase>) => Promise<void>,
    limit = 1_000,
  ): Promise<number> {
    return withTransaction(this.#db, async (transaction) => {
      const reader = new OutboxReader(transaction, this.#consumer);
      const messages = await reader.read(limit);
      const last = messages.at(-1);
      if (last !== undefined) {
        await use(messages, transaction);
        await reader.advance(last);
      }
      return messages.length;
    });
  }

  /**
   * Removes messages that every consumer is done with.
   *
   * @param limit - how many at most: 1 to 10,000.
   * @returns how many were removed.
   */
  async prune(limit = 10_000): Promise<number> {
    const { rows } = await sql<{ pruned: number }>`
      SELECT transactions.prune_outbox(${batchSize.parse(limit)}) AS pruned`.execute(this.#db);
    return rows[0]?.pruned ?? 0;
  }
}
