import { z } from 'zod';
import { FinovaError } from '../errors/index.ts';

/** A zod type that MongoDB's `$jsonSchema` cannot express. */
export class UnsupportedSchemaError extends FinovaError {
  readonly keyword: string;

  constructor(keyword: string) {
    super({
      message: `A collection's zod definition uses ${keyword}, which MongoDB's $jsonSchema does not know`,
      next: 'express it with the types of bson and with strict objects, or check it in the repository',
    });
    this.keyword = keyword;
  }
}

/** A `$jsonSchema` document as MongoDB takes it. */
export type MongoJsonSchema = { readonly [keyword: string]: unknown };

type JsonSchema = { [keyword: string]: unknown };

/** JSON Schema types by what MongoDB calls them. `number` is missing on purpose: a definition says int or long. */
const BSON_TYPES: Readonly<Record<string, string>> = {
  string: 'string',
  boolean: 'bool',
  object: 'object',
  array: 'array',
  null: 'null',
};

/** Keywords that MongoDB 7 takes and that mean the same there (manual, "$jsonSchema", "Available Keywords"). */
const PASSED_ON = new Set([
  'required',
  'enum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
  'description',
  'bsonType',
  'minimum',
  'maximum',
]);

/** Keywords that only tell humans or zod something. */
const DROPPED = new Set(['$schema', 'format', 'default', 'title', 'id']);

/**
 * Turns a zod definition into the strict `$jsonSchema` validator of its collection: BSON types exact, unknown fields
 * refused.
 *
 * @throws {UnsupportedSchemaError} for what MongoDB cannot check.
 * @example
 * mongoJsonSchema(z.strictObject({ _id: bson.uuid(), amountMinor: bson.long({ min: 0n }) }))
 */
export function mongoJsonSchema(schema: z.ZodType): MongoJsonSchema {
  const json = z.toJSONSchema(schema, { target: 'draft-7', unrepresentable: 'any', io: 'input', cycles: 'throw' });
  return convert(json as JsonSchema);
}

function convert(schema: JsonSchema): JsonSchema {
  const result: JsonSchema = {};
  const isBsonTyped = schema['bsonType'] !== undefined;
  if (!isBsonTyped && (schema['minLength'] !== undefined || schema['maxLength'] !== undefined)) {
    throw new UnsupportedSchemaError('the length of z.string(), counted in UTF-16 units (bson.text counts characters)');
  }
  for (const [keyword, value] of Object.entries(schema)) {
    if (value === undefined || DROPPED.has(keyword)) {
      continue;
    }
    if (keyword === 'type') {
      if (!isBsonTyped) {
        result['bsonType'] = bsonType(value);
      }
    } else if ((keyword === 'minimum' || keyword === 'maximum') && schema['bsonType'] === 'long') {
      result[keyword] = BigInt(value as string);
    } else if (keyword === 'const') {
      result['enum'] = [value];
    } else if (keyword === 'pattern') {
      result['pattern'] = anchorAtVeryEnd(String(value));
    } else if (keyword === 'properties') {
      result['properties'] = mapValues(value as Record<string, JsonSchema>, convert);
    } else if (keyword === 'patternProperties') {
      result['patternProperties'] = Object.fromEntries(
        Object.entries(value as Record<string, JsonSchema>).map(([pattern, property]) => [
          anchorAtVeryEnd(pattern),
          convert(property),
        ]),
      );
    } else if (keyword === 'propertyNames') {
      refuseNamedKeys(value as JsonSchema);
    } else if (keyword === 'items' || keyword === 'not') {
      result[keyword] = convert(value as JsonSchema);
    } else if (keyword === 'additionalProperties') {
      result['additionalProperties'] = typeof value === 'boolean' ? value : convert(value as JsonSchema);
    } else if (keyword === 'anyOf' || keyword === 'oneOf' || keyword === 'allOf') {
      result[keyword] = (value as JsonSchema[]).map(convert);
    } else if (PASSED_ON.has(keyword)) {
      result[keyword] = value;
    } else {
      throw new UnsupportedSchemaError(keyword);
    }
  }
  return result;
}

/**
 * In PCRE, which MongoDB matches with, `$` also stands before a line feed at the end of the text; in JavaScript it
 * does not. Both agree about `$(?!\n)`.
 */
function anchorAtVeryEnd(pattern: string): string {
  return pattern.replaceAll(/\\.|\[(?:\\.|[^\]\\])*\]|\$(?!\(\?!\\n\))/g, (part) => (part === '$' ? '$(?!\\n)' : part));
}

/** MongoDB has no `propertyNames`; only "any text" may be left out without a loss. */
function refuseNamedKeys(names: JsonSchema): void {
  if (Object.keys(names).some((keyword) => keyword !== 'type')) {
    throw new UnsupportedSchemaError(
      'a z.record() with constrained keys (bson.textMap says it with patternProperties)',
    );
  }
}

function bsonType(type: unknown): string {
  const found = typeof type === 'string' ? BSON_TYPES[type] : undefined;
  if (found === undefined) {
    throw new UnsupportedSchemaError(`type ${String(type)}`);
  }
  return found;
}

function mapValues<Value, Result>(
  values: Record<string, Value>,
  map: (value: Value) => Result,
): Record<string, Result> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, map(value)]));
}
