import { BSON, type Document } from 'mongodb';

/** Manual, "Collation": what is left out means; servers list some of it. */
const COLLATION_DEFAULTS: Readonly<Record<string, unknown>> = {
  caseLevel: false,
  caseFirst: 'off',
  strength: 3,
  numericOrdering: false,
  alternate: 'non-ignorable',
  maxVariable: 'punct',
  normalization: false,
  backwards: false,
};

/**
 * Options of a collection or view as `listCollections` lists them, in one form whatever the server: keys sorted where
 * their order means nothing, no versions of the server's, BSON types told apart.
 */
export function canonicalOptions({ pipeline, clusteredIndex, ...options }: Document): Document {
  const { v: _, ...clustered } = (clusteredIndex ?? {}) as Document;
  return {
    ...canonicalSettings(options),
    ...(clusteredIndex === undefined ? {} : { clusteredIndex: canonicalSettings(clustered) }),
    // The order of its keys means something: that of `$sort`, for one.
    ...(pipeline === undefined ? {} : { pipeline: toJson(pipeline, { keepsOrder: true }) }),
  };
}

/** An index as `listIndexes` lists it, in one form whatever the server, without the versions that it gives. */
export function canonicalIndex(index: Document): Document {
  const { v: _, ns: __, textIndexVersion: ___, '2dsphereIndexVersion': ____, name, key, ...options } = index;
  return {
    name: name as string,
    key: Object.fromEntries(Object.entries(key as Document).map(([field, order]) => [field, plainNumber(order)])),
    ...canonicalSettings(options),
  };
}

/** What servers give back as one number or another, such as `expireAfterSeconds`, as one. */
function canonicalSettings({ collation, ...settings }: Document): Document {
  const known = collation === undefined ? settings : { ...settings, collation: canonicalCollation(collation) };
  return toJson(Object.fromEntries(Object.entries(known).map(([key, value]) => [key, plainNumber(value)]))) as Document;
}

/** Without what it would be anyway: MongoDB lists all of it, others what was given. */
function canonicalCollation({ version: _, ...rules }: Document): Document {
  return Object.fromEntries(
    Object.entries(rules)
      .map(([rule, value]) => [rule, plainNumber(value)] as const)
      .filter(([rule, value]) => COLLATION_DEFAULTS[rule] !== value),
  );
}

function plainNumber(value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}

/** Sorts keys, and turns what JSON does not have into Extended JSON. */
function toJson(value: unknown, options = { keepsOrder: false }): unknown {
  if (Array.isArray(value)) {
    return value.map((item) => toJson(item, options));
  }
  if (typeof value === 'bigint') {
    return { $numberLong: value.toString() };
  }
  if (value === null || typeof value !== 'object') {
    return value;
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) {
    return (BSON.EJSON.serialize({ value }) as { readonly value: unknown }).value;
  }
  const members = Object.entries(value);
  if (!options.keepsOrder) {
    members.sort(([left], [right]) => compareText(left, right));
  }
  return Object.fromEntries(members.map(([key, item]) => [key, toJson(item, options)]));
}

/** By code units: the same everywhere, unlike the order of any language. */
export function compareText(left: string, right: string): number {
  return left === right ? 0 : left < right ? -1 : 1;
}
