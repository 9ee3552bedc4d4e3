/** How a failed delivery is tried again. */
export interface RetryPolicy {
  /** Deliveries begun before a notification is given up. */
  readonly maxAttempts: number;
  /** The wait after the first failure; it doubles with each further one. */
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
}

/** Eight deliveries over about an hour. */
export const DEFAULT_RETRY_POLICY: RetryPolicy = { maxAttempts: 8, firstDelayMs: 30_000, maxDelayMs: 3_600_000 };

/**
 * How long to wait after a failed delivery: between half and all of `firstDelayMs × 2^(attempts - 1)`, so that
 * notifications which failed together do not come back together.
 *
 * @param attempts - deliveries begun so far, at least 1.
 * @param random - from 0 to 1.
 */
export function retryDelayMs(policy: RetryPolicy, attempts: number, random: number): number {
  const fullMs = Math.min(policy.maxDelayMs, policy.firstDelayMs * 2 ** (attempts - 1));
  return Math.round(fullMs * (0.5 + random / 2));
}
