/** Where a domain's database is. */
export interface RelayDatabase {
  readonly url: string;
  /** PostgreSQL: the schema. MongoDB: the database. */
  readonly namespace: string;
}

/** How a relay works. */
export interface RelayPace {
  /**
   * Ends when there is nothing left to relay, instead of waiting for more; and with the first failure. Messages that wait
   * for an open transaction are waited for, but not for long: the report says how many were left.
   */
  readonly once: boolean;
  /** Messages handled together at most. */
  readonly batchSize: number;
  /** How long to wait when there is nothing to relay. */
  readonly pollIntervalMs: number;
  /** Ends it after the batch that is being handled. */
  readonly signal?: AbortSignal | undefined;
}

/** What a relay tells while it works. */
export type RelayEvent =
  /** A batch is done, and its place is kept. */
  | { readonly type: 'relayed'; readonly messages: number; readonly added: number }
  /** A batch failed and comes again after a pause. */
  | { readonly type: 'failed'; readonly error: unknown; readonly retryInMs: number }
  /** A message cannot be handled; it is kept apart, and those behind it go on. */
  | { readonly type: 'set-aside'; readonly topic: string; readonly key: string; readonly reason: string }
  /** Messages wait, longer than they should, for a transaction that somebody left open; told again while they do. */
  | { readonly type: 'held-back'; readonly messages: number; readonly oldestAgeMs: number; readonly holder: string };

/** What a domain's relay needs. */
export interface RelayContext extends RelayPace {
  /** The database of a domain by its name; the relay asks for those that it reads and writes. */
  readonly databaseOf: (domain: string) => RelayDatabase;
  readonly onEvent: (event: RelayEvent) => void;
}

/** What became of the messages that a relay handled. */
export interface RelayReport {
  /** Messages handled, those set aside now included. */
  readonly messages: number;
  /** What was enqueued because of them. */
  readonly added: number;
  /** What was there already: they had been handled before, up to a crash. */
  readonly existing: number;
  /** What is told to nobody, because its recipient was erased. */
  readonly erased: number;
  /** Messages that are kept apart now, since whenever. */
  readonly setAside: number;
  /** Messages that were left because they wait for a transaction that is still open; 10,000 stands for more, too. */
  readonly heldBack: number;
}

/**
 * Carries what happens in one domain over to another, exactly once in effect.
 *
 * A domain package that has one exports it as `relay` from its `./relay` entry.
 */
export interface DomainRelay {
  /** Relays until it is told to stop, or with `once` until there is nothing left. */
  run(context: RelayContext): Promise<RelayReport>;
}
