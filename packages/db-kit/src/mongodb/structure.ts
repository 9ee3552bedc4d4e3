import type { Db } from 'mongodb';
import { BOOKKEEPING_COLLECTIONS } from '../migrations/mongodb/bookkeeping.ts';

/**
 * Describes everything in a MongoDB database as sorted lines: collections and views with their options and
 * validators, and indexes with theirs. Two databases with equal lines behave alike.
 */
export async function describeMongoStructure(db: Db): Promise<readonly string[]> {
  const bookkeeping: readonly string[] = BOOKKEEPING_COLLECTIONS;
  const lines: string[] = [];
  for (const collection of await db.listCollections().toArray()) {
    if (bookkeeping.includes(collection.name) || collection.name.startsWith('system.')) {
      continue;
    }
    const { name, type = 'collection', options = {} } = collection as typeof collection & { options?: object };
    lines.push(`${type} ${name} ${canonicalJson(options)}`);
    if (type === 'collection') {
      for (const { ns: _, v: __, ...index } of await db.collection(name).indexes()) {
        lines.push(`index ${name} ${canonicalJson(index, ['key'])}`);
      }
    }
  }
  return lines.sort();
}

/** JSON with sorted keys, except below `ordered`, where the order of keys means something (index keys). */
function canonicalJson(value: unknown, ordered: readonly string[] = []): string {
  if (Array.isArray(value)) {
    return `[${value.map((item) => canonicalJson(item, ordered)).join(',')}]`;
  }
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) {
    return typeof value === 'bigint' ? String(value) : JSON.stringify(value);
  }
  const members = Object.entries(value)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(
      ([key, item]) =>
        `${JSON.stringify(key)}:${ordered.includes(key) ? JSON.stringify(item) : canonicalJson(item, ordered)}`,
    );
  return `{${members.join(',')}}`;
}
