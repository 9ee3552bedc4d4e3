import { describe, expect, it } from 'vitest';
import { retryDelayMs } from './retry-policy.ts';

describe('retryDelayMs', () => {
  const policy = { maxAttempts: 8, firstDelayMs: 1_000, maxDelayMs: 10_000 };

  it('doubles with each attempt up to the maximum', () => {
    expect([1, 2, 3, 4, 5, 60].map((attempts) => retryDelayMs(policy, attempts, 1))).toEqual([
      1_000, 2_000, 4_000, 8_000, 10_000, 10_000,
    ]);
  });

  it('spreads retries over the second half of the wait', () => {
    expect(retryDelayMs(policy, 1, 0)).toBe(500);
    expect(retryDelayMs(policy, 1, 0.5)).toBe(750);
  });
});
