import type { Db, Document } from 'mongodb';
import { describeMongo } from './describe-server.ts';

/**
 * How the collections of a database are sharded, by their name; only a `mongos` knows.
 *
 * @returns `undefined` when the server is none.
 */
export async function readShardKeys(db: Db): Promise<ReadonlyMap<string, Document> | undefined> {
  if (!(await describeMongo(db.client)).isSharded) {
    return undefined;
  }
  const prefix = `${db.databaseName}.`;
  const found = await db.client
    .db('config')
    .collection<{ _id: string; key: Document; unsplittable?: boolean }>('collections', { useBigInt64: false })
    .find({ _id: { $gte: prefix, $lt: `${db.databaseName}/` } })
    .toArray();
  // Those of a sharded cluster that are not sharded are listed too, since MongoDB 8.0.
  const sharded = found.filter(({ unsplittable }) => unsplittable !== true);
  return new Map(sharded.map(({ _id, key }) => [_id.slice(prefix.length), key]));
}

/** Whether an index is the one that `shardCollection` made because the shard key needs it. */
export function isShardKeyIndex(
  { key, unique, partialFilterExpression }: Document,
  shardKey: Document | undefined,
): boolean {
  return (
    shardKey !== undefined &&
    unique === undefined &&
    partialFilterExpression === undefined &&
    JSON.stringify(key) === JSON.stringify(shardKey)
  );
}
