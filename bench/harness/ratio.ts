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
 */
export function atMost(value: number, limit: number): Ratio {
  return {
    value: value < 100 ? Number(value.toPrecision(3)) : Math.round(value),
    target: `≤ ${printed(limit)}`,
    holds: value <= limit,
  };
}

/** A result that should reach a limit. It is judged as measured and rounded only for printing. */
export function atLeast(value: number, limit: number): Ratio {
  return {
    value: value < 100 ? Number(value.toPrecision(3)) : Math.round(value),
    target: `≥ ${printed(limit)}`,
    holds: value >= limit,
  };
}

/** `1.0`, `0.85`, `200` */
function printed(limit: number): string {
  return Number.isInteger(limit) && limit < 10 ? limit.toFixed(1) : String(limit);
}

/** What a benchmark prints on standard output with `--json`, and nothing else. */
export function ratiosToJson(ratios: Ratios): string {
  return JSON.stringify({ ratios }, undefined, 2);
}
