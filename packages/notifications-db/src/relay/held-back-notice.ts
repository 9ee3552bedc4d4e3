import type { RelayEvent } from '@finova/db-kit/relaying';
import type { HeldBackMessages, TransactionHolder } from '@finova/transactions-db';

const TOLD_EVERY_MS = 60_000;

/** Tells of messages that somebody's open transaction keeps waiting for too long, once a minute. */
export class HeldBackNotice {
  readonly #toleratedMs: number;
  readonly #onEvent: (event: RelayEvent) => void;
  #tellAtMs = 0;

  constructor(toleratedMs: number, onEvent: (event: RelayEvent) => void) {
    this.#toleratedMs = toleratedMs;
    this.#onEvent = onEvent;
  }

  /** @returns whether they have waited for too long; tells of it then, unless it was told within a minute. */
  tellIfDue({ messages, oldestAgeMs, holder }: HeldBackMessages): boolean {
    if (oldestAgeMs < this.#toleratedMs) {
      return false;
    }
    if (performance.now() >= this.#tellAtMs) {
      this.#onEvent({ type: 'held-back', messages, oldestAgeMs, holder: describeHolder(holder) });
      this.#tellAtMs = performance.now() + TOLD_EVERY_MS;
    }
    return true;
  }
}

function describeHolder(holder: TransactionHolder | undefined): string {
  if (holder === undefined) {
    return 'somebody who has ended it by now';
  }
  if ('preparedTransaction' in holder) {
    return `the prepared transaction ${JSON.stringify(holder.preparedTransaction)}`;
  }
  const { pid, user, database, applicationName } = holder;
  const name = applicationName === '' ? '' : ` (${applicationName})`;
  return `session ${pid}${name} of ${user} in ${database}`;
}
