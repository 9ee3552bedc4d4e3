import { FinovaError } from '../errors/index.ts';
import type { CollectionDefinition, IndexDefinition } from './collection.ts';
import type { MongoJsonSchema } from './json-schema.ts';

/** An index that MongoDB would refuse, now or when its collection is sharded. */
export class InvalidIndexError extends FinovaError {
  readonly collection: string;
  readonly index: string;

  constructor(collection: string, index: string, problem: string, manualPage: string) {
    super({
      message: `Index ${index} of collection ${collection} ${problem}`,
      next: `see "${manualPage}" in MongoDB's manual`,
    });
    this.collection = collection;
    this.index = index;
  }
}

/** Manual, "Partial Indexes"; `$in` and `$or` since MongoDB 6.0. `$exists` only with `true`. */
const PARTIAL_FILTER_OPERATORS = new Set([
  '$and',
  '$eq',
  '$exists',
  '$gt',
  '$gte',
  '$in',
  '$lt',
  '$lte',
  '$or',
  '$type',
]);

/**
 * Refuses indexes that MongoDB refuses but a server that only speaks its protocol may accept, so that what passes on
 * one passes on the other.
 *
 * @throws {InvalidIndexError}
 */
export function checkIndexes({
  name,
  indexes,
  shardKey = {},
  validator,
}: Pick<CollectionDefinition, 'name' | 'indexes' | 'shardKey' | 'validator'>): void {
  for (const index of indexes) {
    const refuse = (problem: string, manualPage: string) => {
      throw new InvalidIndexError(name, index.name, problem, manualPage);
    };
    const operator = unsupportedOperator(index.options?.partialFilterExpression);
    if (operator !== undefined) {
      refuse(
        `has ${operator} in its partial filter: expected ${[...PARTIAL_FILTER_OPERATORS].join(', ')}`,
        'Partial Indexes',
      );
    }
    const fields = Object.keys(index.key);
    if (index.options?.expireAfterSeconds !== undefined && fields.length !== 1) {
      refuse(`expires documents by ${fields.length} fields: expected one`, 'TTL Indexes');
    }
    const arrays = new Set(fields.flatMap((field) => arrayPath(validator.$jsonSchema, field) ?? []));
    if (arrays.size > 1) {
      refuse(`has keys in ${arrays.size} arrays (${[...arrays].join(', ')}): expected at most one`, 'Multikey Indexes');
    }
    if (index.options?.unique === true && !startsWith(index, Object.keys(shardKey))) {
      refuse(
        `is unique without starting with the shard key (${Object.keys(shardKey).join(', ')})`,
        'Sharded Collection and Unique Indexes',
      );
    }
  }
}

function startsWith(index: IndexDefinition, shardKey: readonly string[]): boolean {
  const fields = Object.keys(index.key);
  return shardKey.every((field, position) => fields[position] === field);
}

function unsupportedOperator(filter: unknown): string | undefined {
  if (Array.isArray(filter)) {
    return filter.map(unsupportedOperator).find((found) => found !== undefined);
  }
  if (filter === null || typeof filter !== 'object' || Object.getPrototypeOf(filter) !== Object.prototype) {
    return undefined;
  }
  for (const [key, value] of Object.entries(filter)) {
    if (key === '$exists' && value !== true) {
      return '$exists: false';
    }
    if (key.startsWith('$') && !PARTIAL_FILTER_OPERATORS.has(key)) {
      return key;
    }
    const found = unsupportedOperator(value);
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}

/** The first array on the way to a field: `consents` for `consents.purpose`. */
function arrayPath(schema: MongoJsonSchema, field: string): string | undefined {
  let current: MongoJsonSchema | undefined = schema;
  const walked: string[] = [];
  for (const part of field.split('.')) {
    current = (current?.['properties'] as Record<string, MongoJsonSchema> | undefined)?.[part];
    walked.push(part);
    if (current?.['bsonType'] === 'array') {
      return walked.join('.');
    }
  }
  return undefined;
}
