import { isDeepStrictEqual } from 'node:util';
import { arrayPath, type IndexCommand, type KnownCollection } from './known-collection.ts';
import { checkPartialFilter } from './partial-filter-rules.ts';
import { LIMITS_PAGE, type RuleFinding } from './server-rule-problem.ts';

const MAX_INDEXES = 64;
const MAX_FIELDS = 32;
const MAX_EXPIRY_SECONDS = 2 ** 31 - 1;
const KINDS = ['2d', '2dsphere', 'hashed', 'text'];

/** Manual, "createIndexes"; anything else is refused. */
const KNOWN_OPTIONS = new Set([
  ...['key', 'name', 'ns', 'v', 'background', 'unique', 'sparse', 'partialFilterExpression', 'expireAfterSeconds'],
  ...['hidden', 'prepareUnique', 'storageEngine', 'collation', 'wildcardProjection', 'clustered'],
  ...['weights', 'default_language', 'language_override', 'textIndexVersion', '2dsphereIndexVersion'],
  ...['bits', 'min', 'max'],
]);

/** Manual, "createIndexes": what the index on `_id` does not take. */
const NOT_ON_ID = ['unique', 'sparse', 'partialFilterExpression', 'expireAfterSeconds', 'hidden'];

/** Everything that MongoDB refuses about one index of a collection, now, with its first documents or when sharded. */
export function checkIndex(index: IndexCommand, collection: KnownCollection): readonly RuleFinding[] {
  return [
    ...checkKey(index),
    ...checkOptions(index, collection),
    ...checkPartialFilter(index['partialFilterExpression']),
    ...checkExpiry(index, collection),
    ...checkKinds(index, collection),
    ...checkArrays(index, collection),
    ...checkUniqueness(index, collection),
  ];
}

/** What MongoDB refuses about an index beside those that there are. */
export function checkBeside(index: IndexCommand, others: readonly IndexCommand[]): readonly RuleFinding[] {
  const findings: RuleFinding[] = [];
  // One on _id is there without being made.
  if (others.length + 2 > MAX_INDEXES) {
    findings.push({
      rule: 'mongodb/index-count',
      problem: `is one more than the ${MAX_INDEXES} indexes, that on _id included, that a collection can have`,
      manualPage: LIMITS_PAGE,
    });
  }
  if (isText(index) && others.some(isText)) {
    findings.push({
      rule: 'mongodb/text-index',
      problem: 'is a second text index: expected at most one per collection',
      manualPage: 'Text Indexes on Self-Managed Deployments',
    });
  }
  const twin = others.find((other) => other.name !== index.name && isDeepStrictEqual(identity(other), identity(index)));
  const namesake = others.find((other) => other.name === index.name && !isDeepStrictEqual({ ...other }, { ...index }));
  if (twin !== undefined || namesake !== undefined) {
    findings.push({
      rule: 'mongodb/index-conflict',
      problem:
        twin === undefined
          ? 'has the name of an index that is another'
          : `is what index ${twin.name} is already under another name`,
      manualPage: 'createIndexes (database command)',
    });
  }
  return findings;
}

function checkKey({ key, name }: IndexCommand): RuleFinding[] {
  const manualPage = 'createIndexes (database command)';
  const fields = Object.entries(key);
  const findings: RuleFinding[] = [];
  if (fields.length === 0 || fields.length > MAX_FIELDS) {
    findings.push({
      rule: 'mongodb/index-fields',
      problem: `has ${fields.length} fields: expected 1 to ${MAX_FIELDS}`,
      manualPage: LIMITS_PAGE,
    });
  }
  for (const [field, order] of fields) {
    const isOrder = Number(order) !== 0 && ['number', 'bigint'].includes(typeof order);
    if (!isOrder && !KINDS.includes(String(order)) && !isBsonNumber(order)) {
      findings.push({
        rule: 'mongodb/index-key',
        problem: `has ${String(order)} for ${field}: expected 1, -1 or one of ${KINDS.join(', ')}`,
        manualPage,
      });
    }
    const parts = field.split('.');
    if (parts.some((part) => part === '' || (part.startsWith('$') && part !== '$**'))) {
      findings.push({
        rule: 'mongodb/index-key',
        problem: `has the field name ${field}: expected no empty part and none that begins with $`,
        manualPage,
      });
    }
  }
  if (name === '' || name === '*') {
    findings.push({ rule: 'mongodb/index-name', problem: `is named '${name}'`, manualPage });
  }
  return findings;
}

function checkOptions(index: IndexCommand, { options, viewOn }: KnownCollection): RuleFinding[] {
  const findings: RuleFinding[] = [];
  const refuse = (problem: string, manualPage = 'createIndexes (database command)') =>
    findings.push({ rule: 'mongodb/index-option', problem, manualPage });
  for (const option of Object.keys(index).filter((name) => !KNOWN_OPTIONS.has(name))) {
    refuse(`has the option ${option}, which MongoDB does not know`);
  }
  if (viewOn !== undefined) {
    refuse('is on a view: expected a collection', 'Views');
  }
  if (isDeepStrictEqual(Object.keys(index.key), ['_id']) && index.key['_id'] === 1) {
    for (const option of NOT_ON_ID.filter((name) => index[name] !== undefined)) {
      refuse(
        `has ${option}, which the index on _id does not take`,
        option === 'expireAfterSeconds' ? 'TTL Indexes' : undefined,
      );
    }
  }
  if (index['sparse'] === true && index['partialFilterExpression'] !== undefined) {
    refuse('is sparse and partial: expected one of them', 'Partial Indexes');
  }
  if (index['wildcardProjection'] !== undefined && !('$**' in index.key)) {
    refuse('has a wildcardProjection without the field $**', 'Wildcard Indexes');
  }
  const isBinaryOnly = Object.values(index.key).some((kind) => kind === 'text' || kind === '2d');
  const collation = index['collation'] ?? options['collation'];
  if (isBinaryOnly && collation !== undefined && collation.locale !== 'simple') {
    refuse(
      "compares text by a collation: expected collation { locale: 'simple' } for text and 2d indexes",
      'Collation',
    );
  }
  return findings;
}

function checkExpiry(index: IndexCommand, { options }: KnownCollection): RuleFinding[] {
  const seconds = index['expireAfterSeconds'];
  if (seconds === undefined) {
    return [];
  }
  const refuse = (problem: string): RuleFinding => ({ rule: 'mongodb/ttl-index', problem, manualPage: 'TTL Indexes' });
  const fields = Object.entries(index.key);
  const isInRange = Number.isFinite(Number(seconds)) && Number(seconds) >= 0 && Number(seconds) <= MAX_EXPIRY_SECONDS;
  return [
    ...(fields.length === 1 ? [] : [refuse(`expires documents by ${fields.length} fields: expected one`)]),
    ...(isInRange ? [] : [refuse(`expires after ${seconds} seconds: expected 0 to ${MAX_EXPIRY_SECONDS}`)]),
    ...(fields.some(([field, order]) => typeof order === 'string' || field.includes('$**'))
      ? [refuse('expires documents by a text, hashed, geospatial or wildcard key: expected 1 or -1')]
      : []),
    ...(options['capped'] === true ? [refuse('expires documents of a capped collection')] : []),
  ];
}

function checkKinds(index: IndexCommand, { validator }: KnownCollection): RuleFinding[] {
  const findings: RuleFinding[] = [];
  const hashed = Object.entries(index.key).filter(([, order]) => order === 'hashed');
  const refuse = (problem: string) =>
    findings.push({ rule: 'mongodb/hashed-index', problem, manualPage: 'Hashed Indexes' });
  if (hashed.length > 1) {
    refuse(`has ${hashed.length} hashed fields: expected at most one`);
  }
  if (hashed.length > 0 && index['unique'] === true) {
    refuse('is hashed and unique: expected a unique index beside it');
  }
  for (const [field] of hashed) {
    if (arrayPath(validator, field) !== undefined) {
      refuse(`hashes ${field}, which is in an array`);
    }
  }
  const wildcards = Object.keys(index.key).filter((field) => field.split('.').includes('$**'));
  if (wildcards.length > 1 || (wildcards.length > 0 && (index['unique'] === true || hashed.length > 0))) {
    findings.push({
      rule: 'mongodb/wildcard-index',
      problem: 'has a wildcard and is unique or hashed, or has two: expected one wildcard, neither unique nor hashed',
      manualPage: 'Wildcard Index Restrictions',
    });
  }
  return findings;
}

function checkArrays(index: IndexCommand, { validator }: KnownCollection): RuleFinding[] {
  const arrays = new Set(Object.keys(index.key).flatMap((field) => arrayPath(validator, field) ?? []));
  return arrays.size <= 1
    ? []
    : [
        {
          rule: 'mongodb/two-arrays',
          problem: `has keys in ${arrays.size} arrays (${[...arrays].join(', ')}): expected at most one`,
          manualPage: 'Multikey Indexes',
        },
      ];
}

/** A shard enforces uniqueness among its own documents only, so the shard key has to come first. */
export function checkUniqueness(index: IndexCommand, { shardKey = {} }: KnownCollection): RuleFinding[] {
  const wanted = Object.keys(shardKey);
  const fields = Object.keys(index.key);
  const isUnique = index['unique'] === true || index['prepareUnique'] === true;
  return !isUnique || wanted.every((field, position) => fields[position] === field)
    ? []
    : [
        {
          rule: 'mongodb/unique-in-shards',
          problem: `is unique without starting with the shard key (${wanted.join(', ')})`,
          manualPage: 'Unique Indexes',
        },
      ];
}

function isText(index: IndexCommand): boolean {
  return Object.values(index.key).includes('text');
}

/** Indexes that agree in these cannot stand beside each other. */
function identity({ key, collation, partialFilterExpression, sparse = false, unique = false }: IndexCommand) {
  return [Object.entries(key), collation, partialFilterExpression, sparse, unique];
}

function isBsonNumber(value: unknown): boolean {
  return value !== null && typeof value === 'object' && '_bsontype' in value && Number(value) !== 0;
}
