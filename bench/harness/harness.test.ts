import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interleave } from './interleave.ts';
import { median } from './median.ts';
import { atLeast, atMost } from './ratio.ts';

describe('median', () => {
  it('is the middle value, or the mean of the two in the middle', () => {
    expect(median([30, 10, 20])).toBe(20);
    expect(median([40, 10, 20, 30])).toBe(25);
  });

  it('does not exist without values', () => {
    expect(() => median([])).toThrow(RangeError);
  });
});

describe('atMost and atLeast', () => {
  it('print three digits, and no integer cut', () => {
    expect(atMost(0.8312, 1)).toEqual({ value: 0.831, target: '≤ 1.0', holds: true });
    expect(atMost(1234.5, 200)).toEqual({ value: 1235, target: '≤ 200', holds: false });
    expect(atLeast(26_012.4, 25_000)).toEqual({ value: 26_012, target: '≥ 25000', holds: true });
  });

  it('judge the value as measured, and print as many digits as say the same', () => {
    expect(atMost(1, 1)).toEqual({ value: 1, target: '≤ 1.0', holds: true });
    expect(atMost(0.9996, 1)).toEqual({ value: 1, target: '≤ 1.0', holds: true });
    expect(atMost(1.0004, 1)).toEqual({ value: 1.0004, target: '≤ 1.0', holds: false });
    expect(atLeast(0.69999, 0.7)).toEqual({ value: 0.69999, target: '≥ 0.7', holds: false });
    expect(atMost(200.3, 200)).toEqual({ value: 200.3, target: '≤ 200', holds: false });
  });

  it('never print a value that says another thing than its verdict', () => {
    const limits = fc.constantFrom(0.2, 0.7, 1, 1.2, 3, 10, 200, 25_000);
    const nearOne = fc.double({ min: 0.99, max: 1.01, noNaN: true });
    fc.assert(
      fc.property(limits, nearOne, (limit, factor) => {
        const most = atMost(limit * factor, limit);
        const least = atLeast(limit * factor, limit);
        expect(most.value <= limit).toBe(most.holds);
        expect(least.value >= limit).toBe(least.holds);
      }),
    );
  });
});

describe('interleave', () => {
  it('measures each side once per round, beginning with another side each time', async () => {
    const calls: string[] = [];
    await interleave(['ours', 'theirs'], 3, async (side, round) => void calls.push(`${round} ${side}`));
    expect(calls).toEqual(['0 ours', '0 theirs', '1 theirs', '1 ours', '2 ours', '2 theirs']);
  });
});
