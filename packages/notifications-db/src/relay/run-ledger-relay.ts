import { setTimeout as sleep } from 'node:timers/promises';
import type { RelayEvent, RelayPace, RelayReport } from '@finova/db-kit/relaying';
import { HeldBackNotice } from './held-back-notice.ts';
import type { LedgerRelay, RelayedBatch } from './ledger-relay.ts';

/** What was set aside is tried again as often as this, beside at the start. */
const RETRY_SET_ASIDE_MS = 60_000;
const LONGEST_PAUSE_MS = 30_000;
const SHORTEST_PAUSE_MS = 100;
/** A posting is over long before. */
const HELD_BACK_TOLERATED_MS = 10_000;
/** Of the growing pauses; higher powers of two only leave the range of a double. */
const LARGEST_POWER = 16;

/**
 * Relays until the signal says to stop, which it does between two batches; with `once` until nothing is left, or only
 * what waits for a transaction that somebody left open.
 *
 * A batch that fails comes again after a pause that grows, half as large each time: what is too slow as a whole gets done
 * in parts. Each failure is told, each message that is set aside once, and whose transaction messages wait for, so that
 * nothing stands still unseen.
 *
 * @param heldBackToleratedMs - for how long messages may wait for an open transaction before it is told, and before it ends
 * with `once`. Default 10 seconds.
 * @throws with `once`: what the first batch failed with.
 */
export async function runLedgerRelay(
  relay: LedgerRelay,
  pace: RelayPace & { readonly onEvent: (event: RelayEvent) => void },
  { heldBackToleratedMs = HELD_BACK_TOLERATED_MS }: { readonly heldBackToleratedMs?: number } = {},
): Promise<RelayReport> {
  const { once, batchSize, pollIntervalMs, signal, onEvent } = pace;
  const done = { messages: 0, added: 0, existing: 0, erased: 0 };
  let heldBack = 0;
  /** What was held back while a batch was read may be there by the time that it is looked for: read once more then. */
  let isNothingHeldBack = false;
  const heldBackNotice = new HeldBackNotice(heldBackToleratedMs, onEvent);
  let size = batchSize;
  let failures = 0;
  let retryAtMs = 0;

  const told = new Set<string>();

  const count = ({ added, existing, erased, setAside }: RelayedBatch) => {
    done.added += added;
    done.existing += existing;
    done.erased += erased;
    for (const { message, reason } of setAside) {
      const { writer, position, topic, key } = message;
      const place = `${writer}/${position}`;
      if (!told.has(place)) {
        told.add(place);
        onEvent({ type: 'set-aside', topic, key, reason });
      }
    }
  };
  const work = async (): Promise<number> => {
    if (performance.now() >= retryAtMs) {
      const retried = await relay.retrySetAside(size);
      count(retried);
      // Those that stay set aside were handled before.
      done.messages += retried.messages - retried.setAside.length;
      retryAtMs = performance.now() + RETRY_SET_ASIDE_MS;
    }
    const batch = await relay.relayBatch(size);
    count(batch);
    done.messages += batch.messages;
    if (batch.messages > 0) {
      onEvent({ type: 'relayed', messages: batch.messages, added: batch.added });
    }
    return batch.messages;
  };

  while (signal?.aborted !== true) {
    try {
      const messages = await work();
      failures = 0;
      if (messages > 0) {
        size = Math.min(batchSize, size * 2);
        isNothingHeldBack = false;
        continue;
      }
      if (once && isNothingHeldBack) {
        break;
      }
      const held = await relay.findHeldBack();
      isNothingHeldBack = held === undefined;
      if (held !== undefined && heldBackNotice.tellIfDue(held) && once) {
        heldBack = held.messages;
        break;
      }
      if (!(once && isNothingHeldBack)) {
        await pause(pollIntervalMs, signal);
      }
    } catch (error) {
      if (once) {
        throw error;
      }
      failures += 1;
      size = Math.max(1, Math.floor(size / 2));
      const growing = Math.max(SHORTEST_PAUSE_MS, pollIntervalMs) * 2 ** Math.min(failures, LARGEST_POWER);
      const retryInMs = Math.round(Math.min(LONGEST_PAUSE_MS, growing) * (0.5 + Math.random() / 2));
      onEvent({ type: 'failed', error, retryInMs });
      await pause(retryInMs, signal);
    }
  }
  return { ...done, setAside: await relay.countSetAside(), heldBack };
}

/** Waits, but not for longer than until it is told to stop. */
async function pause(durationMs: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(durationMs, undefined, signal === undefined ? {} : { signal });
  } catch (thrown) {
    if (signal?.aborted !== true) {
      throw thrown;
    }
  }
}
