import type { Db, Document } from 'mongodb';
import { BOOKKEEPING_COLLECTIONS } from '../migrations/mongodb/bookkeeping.ts';
import { canonicalIndex, canonicalOptions, compareText } from './canonical.ts';
import { isShardKeyIndex, readShardKeys } from './shard-keys.ts';

/**
 * Describes everything in a MongoDB database as sorted lines: collections and views with their options and
 * validators, and indexes with theirs. Two databases with equal lines behave alike. How collections are sharded is not in
 * it: `collectionDifferences` asks for that.
 */
export async function describeMongoStructure(db: Db): Promise<readonly string[]> {
  const bookkeeping: readonly string[] = BOOKKEEPING_COLLECTIONS;
  const lines: string[] = [];
  const shardKeys = await readShardKeys(db);
  const found = await db.listCollections({}, { useBigInt64: true }).toArray();
  for (const { name, type = 'collection', options = {} } of found as (Document & { readonly name: string })[]) {
    if (bookkeeping.includes(name) || name.startsWith('system.')) {
      continue;
    }
    lines.push(`${type} ${name} ${JSON.stringify(canonicalOptions(options))}`);
    if (type === 'collection') {
      const indexes = await db.collection(name).indexes();
      // Made by the server and not by a migration.
      for (const index of indexes.filter((one) => !isShardKeyIndex(one, shardKeys?.get(name)))) {
        lines.push(`index ${name} ${JSON.stringify(sorted(canonicalIndex(index)))}`);
      }
    }
  }
  return lines.sort(compareText);
}

/** The order of an index's options means nothing. */
function sorted(index: Document): Document {
  return Object.fromEntries(Object.entries(index).sort(([left], [right]) => compareText(left, right)));
}
