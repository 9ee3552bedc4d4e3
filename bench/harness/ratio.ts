/** The most significant digits that a number can have need. */
const MOST_DIGITS = 17;

/** One result that has a target, in the form that every benchmark prints with `--json`. */
export interface Ratio {
  readonly value: number;
  /** `≤ 1.0` */
  readonly target: string;
  readonly holds: boolean;
}

/** Ratios by name: `applied against umzug`. */
export type Ratios = Readonly<Record<string, Ratio>>;

/**
 * A result that should not pass a limit. It is judged as measured and rounded only for printing.
 *
 * @example
 * atMost(0.8312, 1) // { value: 0.831, target: '≤ 1.0', holds: true }
 * atMost(1.0004, 1) // { value: 1.0004, target: '≤ 1.0', holds: false }
 */
export function atMost(value: number, limit: number): Ratio {
  return judged(value, `≤ ${printed(limit)}`, (figure) => figure <= limit);
}

/** A result that should reach a limit. It is judged as measured and rounded only for printing. */
export function atLeast(value: number, limit: number): Ratio {
  return judged(value, `≥ ${printed(limit)}`, (figure) => figure >= limit);
}

/** Three digits where they say the same as the value measured, else as many more as that takes. */
function judged(value: number, target: string, reaches: (figure: number) => boolean): Ratio {
  const holds = reaches(value);
  for (let digits = 3; digits < MOST_DIGITS; digits += 1) {
    const rounded = Number(value.toPrecision(digits));
    const cutsIntegers = Math.abs(value) >= 10 ** digits;
    if (!cutsIntegers && reaches(rounded) === holds) {
      return { value: rounded, target, holds };
    }
  }
  return { value, target, holds };
}

/** `1.0`, `0.85`, `200` */
function printed(limit: number): string {
  return Number.isInteger(limit) && limit < 10 ? limit.toFixed(1) : String(limit);
}

/** What a benchmark prints on standard output with `--json`, and nothing else. */
export function ratiosToJson(ratios: Ratios): string {
  return JSON.stringify({ ratios }, undefined, 2);
}
