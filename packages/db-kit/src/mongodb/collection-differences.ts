import { isDeepStrictEqual } from 'node:util';
import type { Db, Document } from 'mongodb';
import type { CollectionDefinition, IndexDefinition } from './collection.ts';

/** Every index has it, and nobody defines it. */
const ID_INDEX = '_id_';

/**
 * Compares a collection in a database with its definition: validator, indexes and their options.
 *
 * @returns one line for each difference; none when they agree.
 * @example
 * await collectionDifferences(db, notifications) // ['index notifications.dispatch is missing']
 */
export async function collectionDifferences(db: Db, definition: CollectionDefinition): Promise<readonly string[]> {
  const { name } = definition;
  const [live] = await db.listCollections({ name }, { useBigInt64: true }).toArray();
  if (live === undefined) {
    return [`collection ${name} is missing`];
  }
  const options = (live as { readonly options?: Document }).options ?? {};
  const differences: string[] = [];
  if (!isDeepStrictEqual(options['validator'], definition.validator)) {
    differences.push(`validator of ${name} differs from its definition`);
  }
  for (const [option, usual] of [
    ['validationLevel', 'strict'],
    ['validationAction', 'error'],
  ] as const) {
    const found = (options[option] as string | undefined) ?? usual;
    if (found !== usual) {
      differences.push(`${option} of ${name} is ${found}: expected ${usual}`);
    }
  }
  return [...differences, ...indexDifferences(name, await db.collection(name).indexes(), definition.indexes)];
}

function indexDifferences(
  collection: string,
  live: readonly Document[],
  defined: readonly IndexDefinition[],
): readonly string[] {
  const differences: string[] = [];
  const expected = new Map(defined.map((index) => [index.name, canonicalIndex({ key: index.key, ...index.options })]));
  for (const { v: _, ns: __, name, ...index } of live) {
    const wanted = expected.get(name as string);
    expected.delete(name as string);
    if (wanted === undefined) {
      if (name !== ID_INDEX) {
        differences.push(`index ${collection}.${name} is not in the definition`);
      }
    } else if (!isDeepStrictEqual(canonicalIndex(index), wanted)) {
      differences.push(`index ${collection}.${name} differs from its definition`);
    }
  }
  return [...differences, ...[...expected.keys()].map((name) => `index ${collection}.${name} is missing`)];
}

/** The order of an index's keys means something, that of its options does not. */
function canonicalIndex({ key, ...options }: Document) {
  return { ...options, key: Object.entries(key as Document) };
}
