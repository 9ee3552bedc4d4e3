import type { Db, Document } from 'mongodb';

/** What is sent to a `mongos` to shard a collection. */
export function shardCommand(db: Db, collection: string, key: Document): Document {
  return {
    shardCollection: `${db.databaseName}.${collection}`,
    key,
    // Only says that the shard key compares text byte by byte: needed where the collection does otherwise, harmless elsewhere.
    collation: { locale: 'simple' },
  };
}

/** Shards a collection through a `mongos`; one that is sharded so already stays as it is. */
export async function shardCollection(db: Db, collection: string, key: Document): Promise<void> {
  const fields = Object.keys(key);
  const indexes = await db.collection(collection).indexes();
  const isServed = indexes.some(
    (index) =>
      index['partialFilterExpression'] === undefined &&
      index['sparse'] !== true &&
      Object.entries(index.key)
        .slice(0, fields.length)
        .every(([field, order], position) => field === fields[position] && order === key[field]),
  );
  if (!isServed) {
    // The server makes it where there are no documents, and refuses to shard where there are.
    await db.collection(collection).createIndex(key, { collation: { locale: 'simple' } });
  }
  await db.client.db('admin').command(shardCommand(db, collection, key));
}
