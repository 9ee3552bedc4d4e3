/** One object that is not as its migrations made it. */
export interface DriftDifference {
  readonly kind: 'missing' | 'unexpected' | 'changed';
  /** `column accounts.customers.email_encrypted` */
  readonly object: string;
  /** What the migrations made; for a changed object only what differs. */
  readonly expected?: string;
  /** What the live database has. */
  readonly found?: string;
}

/** How a line of a structure names what it is about; what follows are facts about it. */
const NAMES: readonly RegExp[] = [
  /^(column \S+) /,
  /^(constraint \S+ \S+) /,
  /^(index) CREATE (?:UNIQUE )?INDEX (\S+) /,
  /^(function) CREATE OR REPLACE (?:FUNCTION|PROCEDURE) ([^(]+\([^)]*\))/,
  /^(trigger) CREATE (?:CONSTRAINT )?TRIGGER (\S+) [\s\S]*? ON (\S+) /,
  /^(policy \S+ on \S+) /,
  /^(default grants on \S+ by \S+):/,
  /^(index \S+) \{.*"name":"([^"]+)"/,
  /^((?:relation|schema|type|sequence|view|partitioning|collection) \S+)(?: |$)/,
];

/** What a line is about: two lines with one name are two states of one object. */
function objectOf(line: string): string {
  for (const pattern of NAMES) {
    const match = pattern.exec(line);
    if (match !== null) {
      return match.slice(1).filter(Boolean).join(' ');
    }
  }
  return line;
}

/**
 * Compares two structures object by object.
 *
 * @param expected - lines of what the migrations make.
 * @param found - lines of what is there.
 * @returns differences in the order of the objects' names; a changed object is one difference.
 */
export function structureDifferences(expected: readonly string[], found: readonly string[]): DriftDifference[] {
  const wanted = byObject(expected);
  const present = byObject(found);
  const differences: DriftDifference[] = [];
  for (const object of [...new Set([...wanted.keys(), ...present.keys()])].sort()) {
    const [before, now] = [wanted.get(object), present.get(object)];
    if (before !== undefined && now !== undefined && before !== now) {
      const [from, to] = differingParts(before, now);
      differences.push({ kind: 'changed', object, expected: from, found: to });
    } else if (before === undefined && now !== undefined) {
      differences.push({ kind: 'unexpected', object, found: now });
    } else if (before !== undefined && now === undefined) {
      differences.push({ kind: 'missing', object, expected: before });
    }
  }
  return differences;
}

function byObject(lines: readonly string[]): Map<string, string> {
  const objects = new Map<string, string>();
  for (const line of lines) {
    const object = objectOf(line);
    const known = objects.get(object);
    objects.set(object, known === undefined ? line : `${known}\n${line}`);
  }
  return objects;
}

/** The words from the first that differs to the last that does, with two before them for the reader. */
function differingParts(before: string, now: string): [string, string] {
  const [left, right] = [before.split(/(?<=\s)/), now.split(/(?<=\s)/)];
  const shorter = Math.min(left.length, right.length);
  let start = 0;
  while (start < shorter && left[start] === right[start]) {
    start += 1;
  }
  let end = 0;
  while (end < shorter - start && left.at(-1 - end) === right.at(-1 - end)) {
    end += 1;
  }
  const from = Math.max(0, start - 2);
  return [
    left
      .slice(from, left.length - end)
      .join('')
      .trim(),
    right
      .slice(from, right.length - end)
      .join('')
      .trim(),
  ];
}
