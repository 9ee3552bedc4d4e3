import { errorMessage, isMongoError, MongoErrorCode } from '@finova/db-kit';
import { PreferencesRepository } from '@finova/preferences-db';
import { type HeldBackMessages, type OutboxMessage, OutboxReader } from '@finova/transactions-db';
import type { Kysely } from 'kysely';
import type { Db } from 'mongodb';
import { InvalidNotificationInputError } from '../errors.ts';
import { checkNotifications, type NewNotification } from '../input.ts';
import { NotificationRepository } from '../repositories/notification-repository.ts';
import { NotificationSettingsRepository } from '../repositories/notification-settings-repository.ts';
import type { AccountMovement } from './account-movement.ts';
import { MOVEMENT_CATEGORY, planNotifications } from './plan-notifications.ts';
import { type LedgerDatabase, readMovements } from './read-movements.ts';

/** The databases between which a relay carries messages. */
export interface RelayDatabases {
  /** Where transactions-db and accounts-db are. */
  readonly ledger: Kysely<LedgerDatabase>;
  readonly preferences: Db;
  readonly notifications: Db;
}

export interface LedgerRelayOptions {
  /** The name under which the outbox keeps how far it got. Default `notifications`. */
  readonly consumer?: string;
  readonly clock?: () => Date;
}

/** What became of a batch of messages. */
export interface RelayedBatch {
  readonly messages: number;
  /** Notifications that this batch stored. */
  readonly added: number;
  /** Notifications that were there already: the batch came again. */
  readonly existing: number;
  /** Notifications of erased customers, which are not stored. */
  readonly erased: number;
  /** Messages that could not be handled. */
  readonly setAside: readonly { readonly message: OutboxMessage; readonly reason: string }[];
}

type Outcomes = Pick<RelayedBatch, 'added' | 'existing' | 'erased' | 'setAside'>;

/**
 * Carries what the ledger did into the inbox: reads transactions-db's outbox and enqueues what the holders of the
 * accounts are owed, exactly once in effect.
 *
 * Notifications are written before the outbox keeps the place, so that a crash between the two brings the batch again;
 * their event ids follow from the message, so that what is there already is recognised. Several relays may run: the
 * outbox lets one at a time handle a batch, and the others wait for it.
 *
 * @example
 * const relay = new LedgerRelay({ ledger, preferences, notifications });
 * while ((await relay.relayBatch()).messages > 0);
 */
export class LedgerRelay {
  readonly #databases: RelayDatabases;
  readonly #consumer: string;
  readonly #outbox: OutboxReader;
  readonly #queue: NotificationRepository;
  readonly #settings: NotificationSettingsRepository;
  readonly #preferences: PreferencesRepository;

  constructor(databases: RelayDatabases, { consumer = 'notifications', clock }: LedgerRelayOptions = {}) {
    const clocked = clock === undefined ? {} : { clock };
    this.#databases = databases;
    this.#consumer = consumer;
    this.#outbox = new OutboxReader(databases.ledger, consumer);
    this.#queue = new NotificationRepository(databases.notifications, clocked);
    this.#settings = new NotificationSettingsRepository(databases.notifications, clocked);
    this.#preferences = new PreferencesRepository(databases.preferences, clocked);
  }

  /**
   * Handles the next messages of the outbox. One that cannot be handled is set aside, in the transaction that keeps the
   * place. When it throws, the place stays, and the batch comes again. Meanwhile a transaction of the ledger waits: the
   * pool's limit for idle transactions must be longer than a batch takes to be written.
   *
   * @param limit - how many at most: 1 to 10,000.
   * @returns what became of them; of none when nothing is to be relayed now.
   */
  async relayBatch(limit = 100): Promise<RelayedBatch> {
    let outcomes = NOTHING;
    const messages = await this.#outbox.handle(async (batch, transaction) => {
      outcomes = await this.#handle(batch);
      await this.#setAside(new OutboxReader(transaction, this.#consumer), outcomes);
    }, limit);
    return { messages, ...outcomes };
  }

  /**
   * Tries again what was set aside, the longest untried first: this version, or what the database holds by now, may be
   * able to handle it.
   *
   * @param limit - how many at most: 1 to 10,000.
   */
  async retrySetAside(limit = 100): Promise<RelayedBatch> {
    let outcomes = NOTHING;
    const messages = await this.#outbox.handleSetAside(async (batch, transaction) => {
      outcomes = await this.#handle(batch);
      await this.#setAside(new OutboxReader(transaction, this.#consumer), outcomes);
      const failed = new Set(outcomes.setAside.map(({ message }) => message));
      return batch.filter((message) => !failed.has(message));
    }, limit);
    return { messages, ...outcomes };
  }

  /** How many messages are set aside. */
  countSetAside(): Promise<number> {
    return this.#outbox.countSetAside();
  }

  /** Messages that cannot be relayed yet because an older transaction is still open, and whose that is. */
  findHeldBack(): Promise<HeldBackMessages | undefined> {
    return this.#outbox.findHeldBack();
  }

  async #setAside(outbox: OutboxReader, { setAside }: Outcomes): Promise<void> {
    for (const { message, reason } of setAside) {
      await outbox.setAside(message, reason);
    }
  }

  async #handle(messages: readonly OutboxMessage[]): Promise<Outcomes> {
    try {
      return await this.#enqueue(messages);
    } catch (thrown) {
      // The server refuses a document that we took for valid. Only that is a fault of a message, and only alone does it
      // show of which; anything else, such as a server that is away, is no reason to pass it over.
      if (!isMongoError(thrown, [MongoErrorCode.documentValidationFailure])) {
        throw thrown;
      }
      const [message, ...others] = messages;
      if (message === undefined || others.length === 0) {
        return { ...NOTHING, setAside: messages.map((one) => ({ message: one, reason: errorMessage(thrown) })) };
      }
      let outcomes = NOTHING;
      for (const one of messages) {
        outcomes = sum(outcomes, await this.#handle([one]));
      }
      return outcomes;
    }
  }

  async #enqueue(messages: readonly OutboxMessage[]): Promise<Outcomes> {
    const read = await readMovements(this.#databases.ledger, messages);
    const recipients = await this.#findRecipients(read.flatMap((one) => ('movements' in one ? one.movements : [])));
    const setAside: { readonly message: OutboxMessage; readonly reason: string }[] = [];
    const wanted: NewNotification[] = [];
    for (const one of read) {
      if ('error' in one) {
        setAside.push({ message: one.message, reason: one.error.message });
        continue;
      }
      try {
        wanted.push(...checkNotifications(one.movements.flatMap((movement) => recipients(movement))));
      } catch (thrown) {
        if (!(thrown instanceof InvalidNotificationInputError)) {
          throw thrown;
        }
        setAside.push({ message: one.message, reason: thrown.message });
      }
    }
    const outcomes = await this.#queue.enqueueMany(wanted);
    const count = (outcome: (typeof outcomes)[number]['outcome']) =>
      outcomes.filter((one) => one.outcome === outcome).length;
    return { added: count('added'), existing: count('existing'), erased: count('erased'), setAside };
  }

  /** Reads what all holders want to hear, and returns what each movement owes to its own. */
  async #findRecipients(
    movements: readonly AccountMovement[],
  ): Promise<(movement: AccountMovement) => readonly NewNotification[]> {
    const targets = movements.flatMap(({ accountId, holderIds }) =>
      holderIds.map((userId) => ({ userId, accountId, category: MOVEMENT_CATEGORY })),
    );
    const [effective, preferences] = await Promise.all([
      this.#settings.effectiveMany(targets),
      this.#preferences.getManyOrDefault([...new Set(targets.map(({ userId }) => userId))]),
    ]);
    const settings = new Map(targets.map((target, index) => [keyOf(target), effective[index]]));
    return (movement) =>
      movement.holderIds.flatMap((userId) => {
        const said = settings.get(keyOf({ userId, accountId: movement.accountId }));
        const preferred = preferences.get(userId);
        return said === undefined || preferred === undefined
          ? []
          : planNotifications(movement, { userId, settings: said, preferences: preferred });
      });
  }
}

const NOTHING: Outcomes = { added: 0, existing: 0, erased: 0, setAside: [] };

function sum(left: Outcomes, right: Outcomes): Outcomes {
  return {
    added: left.added + right.added,
    existing: left.existing + right.existing,
    erased: left.erased + right.erased,
    setAside: [...left.setAside, ...right.setAside],
  };
}

function keyOf({ userId, accountId }: { readonly userId: string; readonly accountId: string }): string {
  return `${userId}/${accountId}`;
}
