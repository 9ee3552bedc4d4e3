export {
  type BackfillCheckpoint,
  type BackfillPosition,
  BackfillStuckError,
  backfillDocuments,
  type DocumentBackfill,
} from './backfill-documents.ts';
export { bson } from './bson-types.ts';
export { InvalidCollectionError, InvalidIndexError } from './check-definition.ts';
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
export { DocumentVersions, UnknownSchemaVersionError } from './document-versions.ts';
export { type MongoJsonSchema, mongoJsonSchema, UnsupportedSchemaError } from './json-schema.ts';
export { type ProbedFeature, type ProbedServer, probeMongoServer } from './probe-server.ts';
export { MongoServerRules, type ServerRuleProblem } from './server-rules/index.ts';
export { describeMongoStructure } from './structure.ts';
export { defineView, typedView, type ViewDefinition, type ViewDocumentOf } from './view.ts';
