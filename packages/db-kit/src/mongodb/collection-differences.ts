import { isDeepStrictEqual } from 'node:util';
import type { Db, Document } from 'mongodb';
import { canonicalIndex, canonicalOptions } from './canonical.ts';
import type { CollectionDefinition, IndexDefinition } from './collection.ts';
import { isShardKeyIndex, readShardKeys } from './shard-keys.ts';
import type { ViewDefinition } from './view.ts';

/** Every index has it, and nobody defines it. */
const ID_INDEX = '_id_';

/** What there is when nothing is said. */
const USUAL = { validationLevel: 'strict', validationAction: 'error' } as const;

/**
 * Compares a collection or view in a database with its definition: options, validator, indexes and theirs, pipeline, and
 * where the server is sharded the shard key.
 *
 * @returns one line for each difference; none when they agree.
 * @example
 * await collectionDifferences(db, notifications) // ['index notifications.dispatch is missing']
 */
export async function collectionDifferences(
  db: Db,
  definition: CollectionDefinition | ViewDefinition,
): Promise<readonly string[]> {
  const { name } = definition;
  const isView = 'viewOn' in definition;
  const kind = isView ? 'view' : 'collection';
  const [live] = await db.listCollections({ name }, { useBigInt64: true }).toArray();
  if (live === undefined) {
    return [`${kind} ${name} is missing`];
  }
  if ((live.type === 'view') !== isView) {
    return [`${name} is a ${live.type}: expected a ${kind}`];
  }
  const options = (live as { readonly options?: Document }).options ?? {};
  if (isView) {
    const { viewOn, pipeline, collation } = definition;
    return optionDifferences(name, options, { viewOn, pipeline, collation });
  }
  const { validator, options: more, indexes, shardKey } = definition;
  const shardKeys = await readShardKeys(db);
  const isDefined = (index: Document) => indexes.some((candidate) => candidate.name === index['name']);
  const own = (await db.collection(name).indexes()).filter(
    (index) => isDefined(index) || !isShardKeyIndex(index, shardKeys && shardKey),
  );
  return [
    ...optionDifferences(name, { ...USUAL, ...options }, { ...USUAL, ...more, validator }),
    ...indexDifferences(name, own, indexes),
    ...shardKeyDifferences(definition, shardKeys),
  ];
}

function optionDifferences(name: string, live: Document, defined: Document): readonly string[] {
  const [found, wanted] = [live, defined].map((options) => canonicalOptions(withoutUndefined(options)));
  const options = new Set([...Object.keys(found ?? {}), ...Object.keys(wanted ?? {})]);
  return [...options].sort().flatMap((option) => {
    const [is, shouldBe] = [found?.[option], wanted?.[option]];
    // As text: canonical where order means nothing, as it is where it means something.
    if (JSON.stringify(is) === JSON.stringify(shouldBe)) {
      return [];
    }
    // Others can be as long as a validator.
    return [is, shouldBe].every((value) => value === undefined || typeof value !== 'object')
      ? [`${option} of ${name} is ${String(is)}: expected ${String(shouldBe)}`]
      : [`${option} of ${name} differs from its definition`];
  });
}

function indexDifferences(
  collection: string,
  live: readonly Document[],
  defined: readonly IndexDefinition[],
): readonly string[] {
  const differences: string[] = [];
  const expected = new Map(
    defined.map(({ name, key, options }) => [name, comparable({ name, key, ...withoutUndefined(options ?? {}) })]),
  );
  for (const index of live) {
    const name = index['name'] as string;
    const wanted = expected.get(name);
    expected.delete(name);
    if (wanted === undefined) {
      if (name !== ID_INDEX) {
        differences.push(`index ${collection}.${name} is not in the definition`);
      }
    } else if (!isDeepStrictEqual(comparable(index), wanted)) {
      differences.push(`index ${collection}.${name} differs from its definition`);
    }
  }
  return [...differences, ...[...expected.keys()].map((name) => `index ${collection}.${name} is missing`)];
}

/** The order of an index's keys means something, that of its options does not. */
function comparable(index: Document) {
  const { key, ...options } = canonicalIndex(index);
  return { ...options, key: Object.entries(key as Document) };
}

function shardKeyDifferences(
  { name, shardKey }: CollectionDefinition,
  live: ReadonlyMap<string, Document> | undefined,
): readonly string[] {
  const text = (key: Document | undefined) => (key === undefined ? 'none' : JSON.stringify(key));
  const found = live?.get(name);
  return live === undefined || text(found) === text(shardKey)
    ? []
    : [`shard key of ${name} is ${text(found)}: expected ${text(shardKey)}`];
}

function withoutUndefined(options: Document): Document {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
