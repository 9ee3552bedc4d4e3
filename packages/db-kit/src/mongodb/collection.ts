import type {
  Collection,
  CreateCollectionOptions,
  CreateIndexesOptions,
  Db,
  Document,
  IndexSpecification,
} from 'mongodb';
import type { z } from 'zod';
import { checkCollection } from './check-definition.ts';
import { type MongoJsonSchema, mongoJsonSchema } from './json-schema.ts';

/** An index of a collection; its name is part of the definition, because error messages and drift reports use it. */
export interface IndexDefinition {
  readonly key: IndexSpecification & Readonly<Record<string, 1 | -1>>;
  readonly name: string;
  readonly options?: Pick<
    CreateIndexesOptions,
    'unique' | 'partialFilterExpression' | 'expireAfterSeconds' | 'collation' | 'sparse' | 'hidden'
  >;
}

/** One collection: its documents, its indexes and how it would be sharded, in one place. */
export interface CollectionDefinition<Schema extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  /** What it holds, for the generated catalogue. */
  readonly description: string;
  readonly schema: Schema;
  readonly indexes: readonly IndexDefinition[];
  /** What else it is created with. Validation is always strict, and refuses. */
  readonly options?: Pick<
    CreateCollectionOptions,
    'capped' | 'changeStreamPreAndPostImages' | 'clusteredIndex' | 'collation' | 'expireAfterSeconds' | 'max' | 'size'
  >;
  /** Applied where the server is sharded. */
  readonly shardKey?: Readonly<Record<string, 1 | 'hashed'>>;
  /** The strict validator that the server enforces, generated from `schema`. */
  readonly validator: { readonly $jsonSchema: MongoJsonSchema };
}

/**
 * Defines a collection; the zod schema gives the TypeScript type, the check at the edge and the server's validator.
 *
 * @throws {UnsupportedSchemaError} when the schema says what `$jsonSchema` cannot.
 * @throws {InvalidIndexError} when MongoDB would refuse an index, now or once the collection is sharded.
 * @throws {InvalidCollectionError} when it would refuse something else of it.
 */
export function defineCollection<Schema extends z.ZodObject>(
  definition: Omit<CollectionDefinition<Schema>, 'validator'>,
): CollectionDefinition<Schema> {
  const defined = { ...definition, validator: { $jsonSchema: mongoJsonSchema(definition.schema) } };
  checkCollection(defined);
  return defined;
}

/** The documents of a defined collection. */
export type DocumentOf<Definition> =
  Definition extends CollectionDefinition<infer Schema>
    ? // Not `& Document`: its index signature would take the driver's checks of $push and $unset away.
      z.infer<Schema> extends infer Result extends Document
      ? Result
      : never
    : never;

/** The driver's collection, typed by its definition; 64-bit integers arrive as `bigint`. */
export function typedCollection<Definition extends CollectionDefinition>(
  db: Db,
  definition: Definition,
): Collection<DocumentOf<Definition>> {
  return db.collection<DocumentOf<Definition>>(definition.name, { useBigInt64: true, ignoreUndefined: true });
}
