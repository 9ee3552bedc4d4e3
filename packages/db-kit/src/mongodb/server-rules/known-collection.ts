import type { Document } from 'mongodb';

/** An index as `createIndexes` takes it. */
export interface IndexCommand extends Document {
  readonly name?: string;
  readonly key: Readonly<Record<string, unknown>>;
}

/** What the rules know of a collection: what commands before made of it. Unknown things are left out. */
export interface KnownCollection {
  readonly name: string;
  readonly viewOn?: string | undefined;
  readonly options: Document;
  readonly validator?: Document | undefined;
  readonly indexes: readonly IndexCommand[];
  readonly shardKey?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * The first array on the way to a field, by the collection's validator: `consents` for `consents.purpose`.
 *
 * @returns `undefined` when there is none, or when the validator does not say.
 */
export function arrayPath(validator: Document | undefined, field: string): string | undefined {
  let current = validator?.['$jsonSchema'] as Document | undefined;
  const walked: string[] = [];
  for (const part of field.split('.')) {
    current = (current?.['properties'] as Record<string, Document> | undefined)?.[part];
    walked.push(part);
    if ([current?.['bsonType'], current?.['type']].flat().includes('array')) {
      return walked.join('.');
    }
  }
  return undefined;
}
