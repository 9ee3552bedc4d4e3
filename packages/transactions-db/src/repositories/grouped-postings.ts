import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { PostingQueueFullError } from '../errors.ts';
import {
  type BatchItemAnswer,
  type BatchItemInput,
  batchItem,
  type IdempotencyKey,
  idempotencyKey,
  type LedgerRepository,
} from './ledger-repository.ts';

/** One transfer, booked on the day on which it is posted. */
export type GroupedTransferInput = Omit<BatchItemInput, 'key'>;

export interface GroupedPostingsOptions {
  /** How many transfers go together at most; 1 to 10,000. Default 1,000. */
  readonly maxGroupSize?: number;
  /**
   * How many groups may be on their way at the same time, each on a connection of its own; of two, either may come first.
   * With 1, transfers of one scope are posted in the order of the calls. Default 2.
   */
  readonly maxGroups?: number;
  /** How many transfers may wait; one more is refused. Default 10,000. */
  readonly maxWaiting?: number;
}

const options = z.strictObject({
  maxGroupSize: z.int().min(1).max(10_000).default(1_000),
  maxGroups: z.int().min(1).max(100).default(2),
  maxWaiting: z.int().min(1).default(10_000),
});

/** One who waits for an answer. */
interface Waiting {
  readonly scope: string;
  readonly item: BatchItemInput & { readonly key: string };
  readonly resolve: (answer: BatchItemAnswer) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Posts the transfers of many callers together, each a transaction of its own: what comes while a group is on its way
 * to the database goes with the next one, as a database groups its commits. Nobody waits for a group to fill: one
 * who comes alone is sent at once. Many callers get several times as much done as by {@link LedgerRepository.post}, most of
 * all where their transfers share an account.
 *
 * Every transfer has a key, by which it happens once: after an unknown outcome it is posted again, with the same key, and
 * answered with the transaction that it became, whether it comes here or to {@link LedgerRepository.postTransfer}. A key that
 * was used here is not known to {@link LedgerRepository.post}, nor the other way around: each refuses what the other one
 * posted.
 *
 * @example
 * const postings = new GroupedPostings(new LedgerRepository(db));
 * const { transactionId, refusal } = await postings.post(
 *   { scope: 'cards', key: 'clearing-17' },
 *   { debitAccountId, creditAccountId, currency: 'EUR', amountMinor: 250n },
 * );
 */
export class GroupedPostings {
  readonly #ledger: LedgerRepository;
  readonly #options: z.output<typeof options>;
  #waiting: Waiting[] = [];
  #groups = 0;
  #isScheduled = false;

  /** @param ledger - of a database, not of a caller's transaction: what is posted here is committed when it is answered. */
  constructor(ledger: LedgerRepository, given: GroupedPostingsOptions = {}) {
    this.#ledger = ledger;
    this.#options = options.parse(given);
  }

  /**
   * Posts a transfer together with what others post now.
   *
   * @returns the transaction that it became, or why it was refused; then nothing of it was moved.
   * @throws {ZodError} for a malformed transfer, before it is sent.
   * @throws {PostingQueueFullError} when too many wait already, and nothing was moved.
   * @throws what {@link LedgerRepository.postBatch} throws, to everybody of a group; where the connection broke, whether it
   * was moved is unknown until it is posted again.
   */
  async post(idempotency: IdempotencyKey, transfer: GroupedTransferInput): Promise<BatchItemAnswer> {
    const { scope, key } = idempotencyKey.parse(idempotency);
    const item = { ...batchItem.parse(transfer), key };
    if (this.#waiting.length >= this.#options.maxWaiting) {
      throw new PostingQueueFullError(this.#options.maxWaiting);
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ scope, item, resolve, reject });
      this.#sendSoon();
    });
  }

  /** At the end of this turn of the event loop: whoever else posts in it goes with them. */
  #sendSoon(): void {
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      setImmediate(() => {
        this.#isScheduled = false;
        this.#send();
      });
    }
  }

  #send(): void {
    while (this.#waiting.length > 0 && this.#groups < this.#options.maxGroups) {
      this.#groups += 1;
      void this.#postGroup(this.#takeGroup()).finally(() => {
        this.#groups -= 1;
        this.#sendSoon();
      });
    }
  }

  /**
   * Takes the next group: transfers of one scope, in their order. A key that comes a second time ends the group, because it
   * is to be answered with what the first one became.
   */
  #takeGroup(): Waiting[] {
    const scope = this.#waiting[0]?.scope;
    const group = new Map<string, Waiting>();
    const left: Waiting[] = [];
    let isOpen = true;
    for (const waiting of this.#waiting) {
      const isOfScope = waiting.scope === scope;
      isOpen &&= !isOfScope || (group.size < this.#options.maxGroupSize && !group.has(waiting.item.key));
      if (isOfScope && isOpen) {
        group.set(waiting.item.key, waiting);
      } else {
        left.push(waiting);
      }
    }
    this.#waiting = left;
    return [...group.values()];
  }

  async #postGroup(group: readonly Waiting[]): Promise<void> {
    try {
      const scope = group[0]?.scope ?? '';
      // The group has a name for its own retries; what a caller may send again is each transfer, by its key.
      const answers = await this.#ledger.postBatch(
        { scope, key: `group:${randomUUID()}` },
        { transfers: group.map(({ item }) => item) },
      );
      for (const [index, { resolve }] of group.entries()) {
        resolve(answers[index] as BatchItemAnswer);
      }
    } catch (thrown) {
      for (const { reject } of group) {
        reject(thrown);
      }
    }
  }
}
