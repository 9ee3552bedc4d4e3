import type { Arbitrary } from 'fast-check';
import fc from 'fast-check';
import { Binary } from 'mongodb';

type Path = readonly (string | number)[];

/** One value of every BSON type and of every border that definitions know. */
const FOREIGN_VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -0,
  1,
  -1,
  0.5,
  2 ** 31 - 1,
  2 ** 31,
  0n,
  -1n,
  2n ** 63n - 1n,
  '',
  ' ',
  'text',
  '😀'.repeat(40),
  'x'.repeat(6_000),
  new Date(0),
  new Binary(Buffer.from('bytes')),
  {},
  [],
  [null],
];

/**
 * Documents a step away from valid ones: a member left out, one added, or a value replaced by a near or a foreign
 * one. Most are invalid; the border cases are not.
 */
export function mutated(documents: Arbitrary<object>): Arbitrary<object> {
  return documents.map(asWritten).chain((document) => {
    const paths = pathsOf(document);
    return fc.constantFrom(...paths).chain((path) => fc.constantFrom(...changesAt(document, path)));
  });
}

function pathsOf(value: unknown, path: Path = []): readonly Path[] {
  const members = Array.isArray(value) ? [...value.entries()] : isPlain(value) ? Object.entries(value) : [];
  return [path, ...members.flatMap(([key, member]) => pathsOf(member, [...path, key]))];
}

function changesAt(document: object, path: Path): readonly [object, ...object[]] {
  const value = path.reduce<unknown>((current, key) => (current as Record<string | number, unknown>)[key], document);
  const changes: object[] = [];
  if (isPlain(value)) {
    changes.push(withValue(document, path, { ...value, unforeseen: 1 }));
  }
  if (path.length > 0) {
    changes.push(withoutValue(document, path));
    changes.push(...[...neighbours(value), ...FOREIGN_VALUES].map((other) => withValue(document, path, other)));
  }
  return [document, ...changes];
}

/** Values that a careless check takes for the same. */
function neighbours(value: unknown): readonly unknown[] {
  switch (typeof value) {
    case 'string':
      return [`${value}\n`, ` ${value}`, value.toUpperCase(), [...value].slice(1).join(''), `${value}${value}`];
    case 'number':
      return [BigInt(value), value + 0.5, value + 1, -value, String(value)];
    case 'bigint':
      return [Number(value), -value, value + 1n, String(value)];
    case 'boolean':
      return [!value, Number(value)];
    default:
      return Array.isArray(value) ? [[...value, ...value], value.slice(1), { ...value }] : [];
  }
}

function withValue(document: object, path: Path, value: unknown): object {
  const [key, ...rest] = path;
  if (key === undefined) {
    return value as object;
  }
  const copy = (Array.isArray(document) ? [...document] : { ...document }) as Record<string | number, unknown>;
  copy[key] = rest.length === 0 ? value : withValue(copy[key] as object, rest, value);
  return copy;
}

function withoutValue(document: object, path: Path): object {
  const [key, ...rest] = path;
  if (Array.isArray(document) && rest.length === 0) {
    return document.filter((_, index) => index !== key);
  }
  const copy = (Array.isArray(document) ? [...document] : { ...document }) as Record<string | number, unknown>;
  if (key !== undefined && rest.length === 0) {
    delete copy[key];
  } else if (key !== undefined) {
    copy[key] = withoutValue(copy[key] as object, rest);
  }
  return copy;
}

/** A copy of a generated document as code writes it: fast-check makes objects without a prototype. */
export function asWritten<Value>(value: Value): Value {
  if (Array.isArray(value)) {
    return value.map(asWritten) as Value;
  }
  if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === null) {
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, asWritten(member)])) as Value;
  }
  return isPlain(value) ? asWritten(Object.assign(Object.create(null), value)) : value;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
