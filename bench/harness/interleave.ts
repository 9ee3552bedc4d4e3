/**
 * Calls `measure` once per round and side, the sides in turn, so that what changes on the machine meanwhile touches
 * all of them alike. Each round begins with another side: none always runs first.
 *
 * @param rounds - how often each side is measured.
 */
export async function interleave<Side>(
  sides: readonly Side[],
  rounds: number,
  measure: (side: Side, round: number) => Promise<void>,
): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const first = round % Math.max(sides.length, 1);
    for (const side of [...sides.slice(first), ...sides.slice(0, first)]) {
      await measure(side, round);
    }
  }
}
