import type { Document } from 'mongodb';
import type { RuleFinding } from './server-rule-problem.ts';

const PAGE = '$jsonSchema (query predicate operator)';

/** Manual, "$jsonSchema", "Available Keywords": how each is checked. */
const KEYWORDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  additionalItems: isSchemaOrBoolean,
  additionalProperties: isSchemaOrBoolean,
  allOf: isListOfSchemas,
  anyOf: isListOfSchemas,
  bsonType: (value) => isOneOrMore(value, BSON_TYPES),
  dependencies: isDocument,
  description: isText,
  enum: (value) => Array.isArray(value) && value.length > 0,
  exclusiveMaximum: isBoolean,
  exclusiveMinimum: isBoolean,
  items: (value) => isDocument(value) || isListOfSchemas(value),
  maxItems: isCount,
  maxLength: isCount,
  maxProperties: isCount,
  maximum: isNumber,
  minItems: isCount,
  minLength: isCount,
  minProperties: isCount,
  minimum: isNumber,
  multipleOf: (value) => isNumber(value) && Number(value) > 0,
  not: isDocument,
  oneOf: isListOfSchemas,
  pattern: isText,
  patternProperties: isDocument,
  properties: isDocument,
  required: (value) => Array.isArray(value) && value.length > 0 && value.every(isText) && areDistinct(value),
  title: isText,
  type: (value) => isOneOrMore(value, JSON_TYPES),
  uniqueItems: isBoolean,
  // Client-side field level encryption.
  encrypt: isDocument,
  encryptMetadata: isDocument,
};

/** Manual, "BSON Types", column "Alias"; `number` is every numeric type. */
const BSON_TYPES = new Set([
  ...['double', 'string', 'object', 'array', 'binData', 'undefined', 'objectId', 'bool', 'date', 'null', 'regex'],
  ...['dbPointer', 'javascript', 'symbol', 'javascriptWithScope', 'int', 'timestamp', 'long', 'decimal'],
  ...['minKey', 'maxKey', 'number'],
]);

/** Manual, "$jsonSchema", "Omissions": `integer` is not among them. */
const JSON_TYPES = new Set(['object', 'array', 'number', 'boolean', 'string', 'null']);

/** What MongoDB does not take in a `$jsonSchema`, with the way to it. */
export function checkJsonSchema(schema: unknown, path = '$jsonSchema'): readonly RuleFinding[] {
  const refuse = (problem: string): RuleFinding => ({ rule: 'mongodb/json-schema', problem, manualPage: PAGE });
  if (!isDocument(schema)) {
    return [refuse(`has ${typeof schema} at ${path}: expected a schema, which is an object`)];
  }
  const findings: RuleFinding[] = [];
  for (const [keyword, value] of Object.entries(schema)) {
    const isTaken = Object.hasOwn(KEYWORDS, keyword) ? KEYWORDS[keyword] : undefined;
    if (isTaken === undefined) {
      findings.push(refuse(`has the keyword ${keyword} at ${path}, which MongoDB does not know`));
    } else if (!isTaken(value)) {
      findings.push(refuse(`has a ${keyword} at ${path} that MongoDB does not take`));
    }
  }
  if (schema['type'] !== undefined && schema['bsonType'] !== undefined) {
    findings.push(refuse(`has type and bsonType at ${path}: expected one of them`));
  }
  for (const [exclusive, limit] of [
    ['exclusiveMinimum', 'minimum'],
    ['exclusiveMaximum', 'maximum'],
  ] as const) {
    if (schema[exclusive] !== undefined && schema[limit] === undefined) {
      findings.push(refuse(`has ${exclusive} without ${limit} at ${path}`));
    }
  }
  return [...findings, ...subschemas(schema, path).flatMap(([where, below]) => checkJsonSchema(below, where))];
}

function subschemas(schema: Document, path: string): (readonly [string, unknown])[] {
  const found: (readonly [string, unknown])[] = [];
  for (const keyword of ['properties', 'patternProperties']) {
    for (const [name, below] of Object.entries(asDocument(schema[keyword]))) {
      found.push([`${path}.${keyword}.${name}`, below]);
    }
  }
  for (const [name, below] of Object.entries(asDocument(schema['dependencies']))) {
    if (!Array.isArray(below)) {
      found.push([`${path}.dependencies.${name}`, below]);
    }
  }
  for (const keyword of ['allOf', 'anyOf', 'oneOf', 'items']) {
    for (const [index, below] of (Array.isArray(schema[keyword]) ? (schema[keyword] as unknown[]) : []).entries()) {
      found.push([`${path}.${keyword}.${index}`, below]);
    }
  }
  for (const keyword of ['not', 'items', 'additionalProperties', 'additionalItems']) {
    if (isDocument(schema[keyword])) {
      found.push([`${path}.${keyword}`, schema[keyword]]);
    }
  }
  return found;
}

function asDocument(value: unknown): Document {
  return isDocument(value) ? value : {};
}

function isDocument(value: unknown): value is Document {
  return (
    value !== null && typeof value === 'object' && !Array.isArray(value) && !('_bsontype' in value) && !isLeaf(value)
  );
}

function isLeaf(value: object): boolean {
  return value instanceof Date || value instanceof RegExp || value instanceof Uint8Array;
}

function isSchemaOrBoolean(value: unknown): boolean {
  return isBoolean(value) || isDocument(value);
}

function isListOfSchemas(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(isDocument);
}

function isOneOrMore(value: unknown, known: ReadonlySet<string>): boolean {
  const all = Array.isArray(value) ? value : [value];
  return all.length > 0 && areDistinct(all) && all.every((type) => typeof type === 'string' && known.has(type));
}

function areDistinct(values: readonly unknown[]): boolean {
  return new Set(values).size === values.length;
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isBoolean(value: unknown): boolean {
  return typeof value === 'boolean';
}

function isNumber(value: unknown): boolean {
  return (
    typeof value === 'number' ||
    typeof value === 'bigint' ||
    (value !== null && typeof value === 'object' && '_bsontype' in value && !Number.isNaN(Number(value)))
  );
}

function isCount(value: unknown): boolean {
  return isNumber(value) && Number.isSafeInteger(Number(value)) && Number(value) >= 0;
}
