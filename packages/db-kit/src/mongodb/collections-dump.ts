import { BSON, type CreateCollectionOptions, type Db, type Document, type IndexDescription } from 'mongodb';
import { BOOKKEEPING_COLLECTIONS } from '../migrations/mongodb/bookkeeping.ts';
import { canonicalIndex, canonicalOptions, compareText } from './canonical.ts';

/** A collection or view of a dump. */
interface DumpedCollection {
  readonly name: string;
  /** As `createCollection` takes them; those of a view say what it is a view of. */
  readonly options: Document;
  /** All but the one on `_id`, which every collection has; a view has none. */
  readonly indexes?: readonly Document[];
}

interface CollectionsDump {
  readonly collections: readonly DumpedCollection[];
  readonly views: readonly DumpedCollection[];
}

const MAX_LIST_LENGTH = 100;

/**
 * Writes the collections and views of a MongoDB database with their options, validators and indexes as JSON, sorted:
 * the same text for the same structure, whatever the server adds. What migrations keep for themselves, and how
 * collections are sharded, is not in it.
 *
 * @returns what JSON does not have is written as in MongoDB's Extended JSON: `{ "$numberLong": "1" }`.
 */
export async function dumpMongoCollections(db: Db): Promise<string> {
  const bookkeeping: readonly string[] = BOOKKEEPING_COLLECTIONS;
  const collections: DumpedCollection[] = [];
  const views: DumpedCollection[] = [];
  const found = await db.listCollections({}, { useBigInt64: true }).toArray();
  for (const { name, type, options = {} } of found as { name: string; type?: string; options?: Document }[]) {
    if (bookkeeping.includes(name) || name.startsWith('system.')) {
      continue;
    }
    if (type === 'view') {
      views.push({ name, options: canonicalOptions(options) });
    } else {
      const indexes = await db.collection(name, { useBigInt64: true }).indexes();
      collections.push({ name, options: canonicalOptions(options), indexes: dumpIndexes(indexes) });
    }
  }
  const dump: CollectionsDump = { collections: collections.sort(byName), views: views.sort(byName) };
  return `${withShortLists(JSON.stringify(dump, null, 2))}\n`;
}

/**
 * Makes what {@link dumpMongoCollections} wrote.
 *
 * @param text - a whole dump.
 * @throws {MongoServerError} what the server refuses, such as a collection that is there already.
 */
export async function createCollectionsFromDump(db: Db, text: string): Promise<void> {
  const { collections, views } = BSON.EJSON.parse(text, { useBigInt64: true }) as CollectionsDump;
  for (const { name, options, indexes = [] } of [...collections, ...views]) {
    await db.createCollection(name, options as CreateCollectionOptions);
    if (indexes.length > 0) {
      await db.collection(name).createIndexes(indexes as IndexDescription[]);
    }
  }
}

/** Puts lists of numbers and short texts on one line. */
function withShortLists(json: string): string {
  return json.replaceAll(/\[\n\s+([^[\]{}]*)\n\s+\]/g, (list, items: string) => {
    const line = `[${items.replaceAll(/\n\s+/g, ' ')}]`;
    return line.length <= MAX_LIST_LENGTH ? line : list;
  });
}

function dumpIndexes(indexes: readonly Document[]): readonly Document[] {
  return indexes
    .map(canonicalIndex)
    .filter(({ key }) => JSON.stringify(key) !== '{"_id":1}')
    .sort(byName);
}

function byName(left: Document, right: Document): number {
  return compareText(left['name'], right['name']);
}
