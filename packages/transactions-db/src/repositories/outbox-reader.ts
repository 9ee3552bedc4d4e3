import { isPostgresError, SqlState } from '@finova/db-kit';
import { withTransaction } from '@finova/db-kit/postgres';
import { type Kysely, sql, type Transaction } from 'kysely';
import { z } from 'zod';
import { OutboxPassedError, UnknownConsumerError, UnknownMessageError } from '../errors.ts';
import { isLedgerRefusal } from '../ledger-errors.ts';
import type { OutboxTable, TransactionsDatabase } from '../schema/index.ts';
import { findHeldBackMessages, type HeldBackMessages } from './held-back-messages.ts';

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
const REASON_LENGTH_MAX = 500;

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
    const { rows } = await sql<MessageRow>`
      SELECT writer::text AS writer, position, topic, key, payload, created_at
      FROM transactions.read_outbox(${this.#consumer}, ${batchSize.parse(limit)})`.execute(this.#db);
    return rows.map(toMessage);
  }

  /**
   * Keeps that the consumer is done with everything up to and including this place.
   *
   * @throws {OutboxPassedError} when it is past that already: another reader works for the same consumer.
   * @throws {UnknownConsumerError} when the consumer has never read.
   * @throws {UnknownMessageError} for a place so late that nobody can have read a message there.
   */
  async advance({ writer, position }: OutboxPlace): Promise<void> {
    try {
      await sql`SELECT transactions.advance_outbox(${this.#consumer}, ${writer}::xid8, ${position})`.execute(this.#db);
    } catch (thrown) {
      if (isPostgresError(thrown, [SqlState.checkViolation], ['outbox_consumers_only_forward'])) {
        throw new OutboxPassedError(this.#consumer, thrown);
      }
      if (isLedgerRefusal(thrown, 'unknownMessage')) {
        throw new UnknownMessageError({ writer, position }, thrown);
      }
      throw isLedgerRefusal(thrown, 'unknownConsumer') ? new UnknownConsumerError(this.#consumer, thrown) : thrown;
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
   * Keeps a message that the consumer cannot handle, so that those behind it need not wait. In the transaction that
   * {@link handle} gives, it is set aside if and only if the place is kept; again, it counts the attempt.
   *
   * @param reason - why, without personal data; cut after 500 characters.
   * @throws {UnknownMessageError} when the outbox has no such message.
   */
  async setAside(place: OutboxPlace, reason: string): Promise<void> {
    const { writer, position } = place;
    // What PostgreSQL has no text for must not keep a message from being set aside.
    const text = reason.replaceAll('\0', '\ufffd');
    const kept = [...(text === '' ? 'No reason given' : text)].slice(0, REASON_LENGTH_MAX).join('');
    await sql`SELECT transactions.set_message_aside(${this.#consumer}, ${writer}::xid8, ${position}, ${kept})`
      .execute(this.#db)
      .catch((thrown: unknown) => {
        throw isLedgerRefusal(thrown, 'unknownMessage') ? new UnknownMessageError(place, thrown) : thrown;
      });
  }

  /**
   * Gives `use` messages that were set aside, the longest untried first, and forgets those that it has handled. Several
   * callers at once get different ones. When `use` throws, all of them stay as they were.
   *
   * @param use - returns those that it handled; the others it sets aside again, with the transaction.
   * @returns how many were tried.
   */
  async handleSetAside(
    use: (
      messages: readonly OutboxMessage[],
      transaction: Transaction<TransactionsDatabase>,
    ) => Promise<readonly OutboxPlace[]>,
    limit = 1_000,
  ): Promise<number> {
    return withTransaction(this.#db, async (transaction) => {
      const { rows } = await sql<MessageRow>`
        SELECT writer::text AS writer, position, topic, key, payload, created_at
        FROM transactions.read_set_aside(${this.#consumer}, ${batchSize.parse(limit)})`.execute(transaction);
      const handled = rows.length === 0 ? [] : await use(rows.map(toMessage), transaction);
      for (const { writer, position } of handled) {
        await sql`SELECT transactions.settle_set_aside(${this.#consumer}, ${writer}::xid8, ${position})`.execute(
          transaction,
        );
      }
      return rows.length;
    });
  }

  /** How many messages are set aside for the consumer. */
  async countSetAside(): Promise<number> {
    const { count } = await this.#db
      .selectFrom('transactions.outbox_set_aside')
      .select(({ fn }) => fn.countAll<bigint>().as('count'))
      .where('consumer', '=', this.#consumer)
      .executeTakeFirstOrThrow();
    return Number(count);
  }

  /**
   * The messages that wait for a transaction that is still open, anywhere on the server, and whose it is. For as long as a
   * posting takes there are always some; when they stay, a session has forgotten its transaction.
   *
   * @returns undefined when there are none.
   */
  findHeldBack(): Promise<HeldBackMessages | undefined> {
    return findHeldBackMessages(this.#db);
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

type MessageRow = Omit<OutboxMessage, 'createdAt'> & { readonly created_at: Date };

function toMessage({ created_at, ...message }: MessageRow): OutboxMessage {
  return { ...message, createdAt: created_at };
}
