import type { Collection, CreateIndexesOptions, Db, Document, IndexSpecification } from 'mongodb';
import type { z } from 'zod';
import { type MongoJsonSchema, mongoJsonSchema } from './json-schema.ts';

/** An index of a collection; its name is part of the definition, because error messages and drift reports use it. */
export interface IndexDefinition {
  readonly key: IndexSpecification & Readonly<Record<string, 1 | -1>>;
  readonly name: string;
  readonly options?: Pick<
    CreateIndexesOptions,
    'unique' | 'partialFilterExpression' | 'expireAfterSeconds' | 'collation'
  >;
}

/** One collection: its documents, its indexes and how it would be sharded, in one place. */
export interface CollectionDefinition<Schema extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  /** What it holds, for the generated catalogue. */
  readonly description: string;
  readonly schema: Schema;
  readonly indexes: readonly IndexDefinition[];
  /** Applied where the server is sharded. */
  readonly shardKey?: Readonly<Record<string, 1 | 'hashed'>>;
  /** The strict validator that the server enforces, generated from `schema`. */
  readonly validator: { readonly $jsonSchema: MongoJsonSchema };
}

/**
 * Defines a collection; the zod schema gives the TypeScript type, the check at the edge and the server's validator.
 *
 * @throws {UnsupportedSchemaError} when the schema says what `$jsonSchema` cannot.
 */
export function defineCollection<Schema extends z.ZodObject>(
  definition: Omit<CollectionDefinition<Schema>, 'validator'>,
): CollectionDefinition<Schema> {
  return { ...definition, validator: { $jsonSchema: mongoJsonSchema(definition.schema) } };
}

/** The documents of a defined collection. */
export type DocumentOf<Definition> =
  Definition extends CollectionDefinition<infer Schema> ? z.infer<Schema> & Document : never;

/** The driver's collection, typed by its definition; 64-bit integers arrive as `bigint`. */
export function typedCollection<Definition extends CollectionDefinition>(
  db: Db,
  definition: Definition,
): Collection<DocumentOf<Definition>> {
  return db.collection<DocumentOf<Definition>>(definition.name, { useBigInt64: true, ignoreUndefined: true });
}
