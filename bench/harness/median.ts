/**
 * The middle of the values; the mean of the two in the middle where their number is even.
 *
 * @throws {RangeError} without values.
 */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined) {
    throw new RangeError('The median of no values is not defined');
  }
  return (lower + upper) / 2;
}
