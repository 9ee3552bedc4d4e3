import type { CollationOptions, Collection, Db, Document } from 'mongodb';
import type { z } from 'zod';
import { checkView } from './check-definition.ts';

/** A view: a collection's documents, or another view's, as a pipeline shows them. */
export interface ViewDefinition<Schema extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  /** What it shows, for the generated catalogue. */
  readonly description: string;
  /** The collection or view that it reads. */
  readonly viewOn: string;
  readonly pipeline: readonly Document[];
  /** What it compares text by; its collection's rules do not reach through a view. */
  readonly collation?: CollationOptions;
  /** The documents that come out, for their type. */
  readonly schema: Schema;
}

/**
 * Defines a view, beside the collections that it reads.
 *
 * @throws {InvalidCollectionError} when MongoDB would refuse it, as one with `$out`.
 */
export function defineView<Schema extends z.ZodObject>(definition: ViewDefinition<Schema>): ViewDefinition<Schema> {
  checkView(definition);
  return definition;
}

/** The documents of a view. */
export type ViewDocumentOf<Definition> =
  Definition extends ViewDefinition<infer Schema>
    ? z.infer<Schema> extends infer Result extends Document
      ? Result
      : never
    : never;

/** The driver's collection over a view, typed by its definition; reading is all that it can. */
export function typedView<Definition extends ViewDefinition>(
  db: Db,
  definition: Definition,
): Pick<Collection<ViewDocumentOf<Definition>>, 'aggregate' | 'countDocuments' | 'distinct' | 'find' | 'findOne'> {
  return db.collection<ViewDocumentOf<Definition>>(definition.name, { useBigInt64: true });
}
