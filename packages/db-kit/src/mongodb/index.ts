export { bson } from './bson-types.ts';
export { createMongoClient } from './client.ts';
export {
  type CollectionDefinition,
  type DocumentOf,
  defineCollection,
  type IndexDefinition,
  typedCollection,
} from './collection.ts';
export { collectionDifferences } from './collection-differences.ts';
export { createCollectionsFromDump, dumpMongoCollections } from './collections-dump.ts';
export { type MongoConnectionOptions, withMongoClient } from './connect.ts';
export { describeMongo, mongoAddress } from './describe-server.ts';
export { InvalidIndexError } from './index-rules.ts';
export { type MongoJsonSchema, mongoJsonSchema, UnsupportedSchemaError } from './json-schema.ts';
export { describeMongoStructure } from './structure.ts';
