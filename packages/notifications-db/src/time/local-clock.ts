const HOUR_MS = 3_600_000;

/** No zone's clocks were ever changed twice within it, so that looking this far at a time misses no change. */
const STEP_MS = 3 * HOUR_MS;

/**
 * What the clocks of a time zone show, as milliseconds since 1970 of a clock that never changes: `% 86_400_000` is the
 * time of day.
 *
 * The zones are those of the runtime, which are also the ones that settings are checked against.
 *
 * @throws {RangeError} for a zone that the runtime does not know.
 */
export function localMs(timeZone: string, at: number): number {
  const fields: Record<string, number> = {};
  for (const { type, value } of formatterOf(timeZone).formatToParts(at)) {
    fields[type] = Number(value);
  }
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = fields;
  const secondsOnly = Date.UTC(year, month - 1, day, hour, minute, second);
  return secondsOnly + (((at % 1_000) + 1_000) % 1_000);
}

/**
 * The first moment from `from` on at which the clocks of a zone show what is waited for, over every change of theirs.
 *
 * @param remaining - given what the clocks show: how many milliseconds it takes until they show what is waited for if
 *   nobody changes them, 0 when they show it.
 */
export function firstMomentWhen(timeZone: string, from: number, remaining: (local: number) => number): number {
  let at = from;
  for (;;) {
    const waitMs = remaining(localMs(timeZone, at));
    if (waitMs === 0) {
      return at;
    }
    at = firstClockChange(timeZone, at, at + waitMs) ?? at + waitMs;
  }
}

/** When the clocks are first changed after `from` and up to `until`; `undefined` when they are not. */
function firstClockChange(timeZone: string, from: number, until: number): number | undefined {
  const offset = localMs(timeZone, from) - from;
  const isChanged = (at: number) => localMs(timeZone, at) - at !== offset;
  for (let before = from; before < until; before += STEP_MS) {
    const after = Math.min(before + STEP_MS, until);
    if (isChanged(after)) {
      return bisect(before, after, isChanged);
    }
  }
  return undefined;
}

/** The first whole number after `before` for which `holds`, where it holds for `after` and everything between. */
function bisect(before: number, after: number, holds: (value: number) => boolean): number {
  let [low, high] = [before, after];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    [low, high] = holds(middle) ? [low, middle] : [middle, high];
  }
  return high;
}

const formatters = new Map<string, Intl.DateTimeFormat>();

/** Kept, because making one takes a hundred times as long as using it. */
function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const kept = formatters.get(timeZone);
  if (kept !== undefined) {
    return kept;
  }
  const formatter = new Intl.DateTimeFormat('en-u-ca-iso8601-nu-latn', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formatters.set(timeZone, formatter);
  return formatter;
}
