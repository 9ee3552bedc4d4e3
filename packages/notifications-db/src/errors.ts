import { FinovaError } from '@finova/db-kit';
import type { Category, Channel } from './schema/vocabulary.ts';

/** Settings or a notification that cannot be stored; nothing was written. */
export class InvalidNotificationInputError extends FinovaError {
  /** What is wrong and where, without the values. */
  readonly problems: readonly string[];

  constructor(what: string, problems: readonly string[]) {
    super({ message: `The ${what} cannot be stored: ${problems.join(', ')}`, next: 'correct the named fields' });
    this.problems = problems;
  }
}

/** Settings that would mute a notice which the bank owes its customers; nothing was written. */
export class RequiredNoticeError extends FinovaError {
  readonly category: Category;
  readonly channel: Channel;

  constructor(category: Category, channel: Channel) {
    super({
      message: `Notices about ${category} cannot be muted on ${channel}: the bank is required to send them`,
      next: `leave ${channel} enabled from severity info and immediate for ${category}, or leave it out`,
    });
    this.category = category;
    this.channel = channel;
  }
}

/** Something was to be stored for a customer who has been erased; nothing was written. */
export class RecipientErasedError extends FinovaError {
  readonly userId: string;

  constructor(userId: string, cause?: unknown) {
    super({
      message: `Nothing is stored for customer ${userId} any more: they were erased`,
      next: 'drop it; what happens after an erasure is told to nobody',
      cause,
    });
    this.userId = userId;
  }
}

/** A message of the ledger that this version cannot make notifications of; it is set aside. */
export class UnreadableMessageError extends FinovaError {
  readonly topic: string;
  readonly key: string;

  constructor({ topic, key }: { readonly topic: string; readonly key: string }, why: string) {
    super({
      message: `Message ${topic} ${key} of the ledger cannot be read: ${why}`,
      next: 'look at it in transactions.outbox_set_aside; a version that can read it takes it from there',
    });
    this.topic = topic;
    this.key = key;
  }
}

/** The outcome of a delivery came after its lease had passed to somebody else, or was settled already. */
export class LeaseLostError extends FinovaError {
  readonly notificationId: string;
  readonly leaseOwner: string;

  constructor(notificationId: string, leaseOwner: string) {
    super({
      message: `Worker ${leaseOwner} no longer holds notification ${notificationId}`,
      next: 'drop this outcome; lease for longer if deliveries take longer than their lease',
    });
    this.notificationId = notificationId;
    this.leaseOwner = leaseOwner;
  }
}
