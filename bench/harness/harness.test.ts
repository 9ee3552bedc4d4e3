import { describe, expect, it } from 'vitest';
import { interleave } from './interleave.ts';
import { median } from './median.ts';
import { atMost } from './ratio.ts';

describe('median', () => {
  it('is the middle value, or the mean of the two in the middle', () => {
    expect(median([30, 10, 20])).toBe(20);
    expect(median([40, 10, 20, 30])).toBe(25);
  });

  it('does not exist without values', () => {
    expect(() => median([])).toThrow(RangeError);
  });
});

describe('atMost', () => {
  it('judges the value as measured, not as it is printed', () => {
    expect(atMost(1.0004, 1)).toEqual({ value: 1, target: '≤ 1.0', holds: false });
    expect(atMost(1, 1)).toEqual({ value: 1, target: '≤ 1.0', holds: true });
    expect(atMost(1234.5, 200)).toEqual({ value: 1235, target: '≤ 200', holds: false });
  });
});

describe('interleave', () => {
  it('measures each side once per round, beginning with another side each time', async () => {
    const calls: string[] = [];
    await interleave(['ours', 'theirs'], 3, async (side, round) => void calls.push(`${round} ${side}`));
    expect(calls).toEqual(['0 ours', '0 theirs', '1 theirs', '1 ours', '2 ours', '2 theirs']);
  });
});
