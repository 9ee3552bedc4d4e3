import type { RetryPolicy } from '../../src/retry-policy.ts';
import type { NotificationStatus } from '../../src/schema/notifications.ts';

/** One notification as the model knows it; times in milliseconds. */
export interface ModelNotification {
  readonly userId: string;
  readonly eventId: string;
  status: NotificationStatus;
  attempts: number;
  nextAttemptAt?: number | undefined;
  leaseOwner?: string | undefined;
  expiresAt?: number | undefined;
}

/** What a worker holds, or thinks that it holds. */
export interface ModelLease {
  readonly key: string;
  readonly owner: string;
  readonly attempts: number;
}

/** The queue of one channel, in plain TypeScript: what the repository has to come to. */
export class QueueModel {
  readonly notifications = new Map<string, ModelNotification>();
  readonly erased = new Set<string>();
  now: number;
  readonly #retry: RetryPolicy;
  readonly #retentionMs: number;

  constructor(now: number, retry: RetryPolicy, retentionMs: number) {
    this.now = now;
    this.#retry = retry;
    this.#retentionMs = retentionMs;
  }

  static keyOf(userId: string, eventId: string): string {
    return `${userId} ${eventId}`;
  }

  enqueue(userId: string, eventId: string, delayMs: number): 'added' | 'existing' | 'erased' {
    const key = QueueModel.keyOf(userId, eventId);
    if (this.erased.has(userId)) {
      return 'erased';
    }
    if (this.notifications.has(key)) {
      return 'existing';
    }
    const nextAttemptAt = this.now + delayMs;
    this.notifications.set(key, { userId, eventId, status: 'queued', attempts: 0, nextAttemptAt });
    return 'added';
  }

  /** Gives up what was begun too often, as each lease does first. */
  giveUpAbandoned(): void {
    for (const one of this.#due().filter(({ attempts }) => attempts >= this.#retry.maxAttempts)) {
      this.#finish(one, 'dead');
    }
  }

  /** When those that can be leased are due, the longest due first. */
  dueTimes(): readonly number[] {
    return this.#due()
      .map(({ nextAttemptAt }) => nextAttemptAt ?? 0)
      .toSorted((left, right) => left - right);
  }

  /** Leases one that is due; which of several due at one moment is the server's choice. */
  lease(key: string, owner: string, leaseMs: number): ModelLease {
    const one = this.#get(key);
    one.status = 'leased';
    one.attempts += 1;
    one.leaseOwner = owner;
    one.nextAttemptAt = this.now + leaseMs;
    return { key, owner, attempts: one.attempts };
  }

  holds({ key, owner, attempts }: ModelLease): boolean {
    const one = this.notifications.get(key);
    return one?.status === 'leased' && one.leaseOwner === owner && one.attempts === attempts;
  }

  sent({ key }: ModelLease): void {
    this.#finish(this.#get(key), 'sent');
  }

  failed({ key }: ModelLease, permanent: boolean): void {
    const one = this.#get(key);
    if (permanent || one.attempts >= this.#retry.maxAttempts) {
      this.#finish(one, 'dead');
      return;
    }
    one.status = 'failed';
    one.leaseOwner = undefined;
    const { firstDelayMs, maxDelayMs } = this.#retry;
    one.nextAttemptAt = this.now + Math.min(maxDelayMs, firstDelayMs * 2 ** (one.attempts - 1));
  }

  cancel(key: string): boolean {
    const one = this.notifications.get(key);
    if (one?.status !== 'queued' && one?.status !== 'failed') {
      return false;
    }
    this.#finish(one, 'cancelled');
    return true;
  }

  erase(userId: string): void {
    this.erased.add(userId);
    for (const [key, one] of this.notifications) {
      if (one.userId === userId) {
        this.notifications.delete(key);
      }
    }
  }

  /** What the server's expiry deletes. */
  expire(): number {
    const expired = [...this.notifications].filter(
      ([, { expiresAt }]) => expiresAt !== undefined && expiresAt <= this.now,
    );
    for (const [key] of expired) {
      this.notifications.delete(key);
    }
    return expired.length;
  }

  #due(): readonly ModelNotification[] {
    return [...this.notifications.values()].filter(
      ({ nextAttemptAt }) => nextAttemptAt !== undefined && nextAttemptAt <= this.now,
    );
  }

  #finish(one: ModelNotification, status: 'sent' | 'dead' | 'cancelled'): void {
    one.status = status;
    one.leaseOwner = undefined;
    one.nextAttemptAt = undefined;
    one.expiresAt = this.now + this.#retentionMs;
  }

  #get(key: string): ModelNotification {
    const one = this.notifications.get(key);
    if (one === undefined) {
      throw new Error(`The model does not know ${key}`);
    }
    return one;
  }
}
