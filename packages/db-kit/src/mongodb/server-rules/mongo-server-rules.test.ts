import type { Document } from 'mongodb';
import { Long } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { MongoServerRules } from './mongo-server-rules.ts';

const DATABASE = 'finova_letters';

const create = (validator?: object, more: object = {}): Document => ({
  create: 'letters',
  ...(validator === undefined ? {} : { validator }),
  ...more,
});
const schema = (jsonSchema: object) => create({ $jsonSchema: jsonSchema });
const index = (key: Document, more: object = {}): Document => ({
  createIndexes: 'letters',
  indexes: [{ name: 'one', key, ...more }],
});
const partial = (partialFilterExpression: object) => index({ a: 1 }, { partialFilterExpression });
const shard = (key: object, more: object = {}): Document => ({ shardCollection: `${DATABASE}.letters`, key, ...more });
const view = (...pipeline: object[]): Document => ({ create: 'seen', viewOn: 'letters', pipeline });
const arrays = schema({
  properties: {
    a: { bsonType: 'array', items: { bsonType: 'object', properties: { c: { bsonType: 'int' } } } },
    b: { bsonType: ['array', 'null'] },
  },
});
const nested = (levels: number): object => (levels === 1 ? { end: 1 } : { in: nested(levels - 1) });
const fields = (count: number, order: unknown = 1) =>
  Object.fromEntries(Array.from({ length: count }, (_, position) => [`f${position}`, order]));

/** What MongoDB refuses, by which rule, and a neighbour that is like it and that it takes. */
const CASES: readonly [what: string, rule: string, bad: readonly Document[], good: readonly Document[]][] = [
  ['$ne in a partial filter', 'partial-filter', [partial({ a: { $ne: 1 } })], [partial({ a: { $gt: 1 } })]],
  ['$nin in a partial filter', 'partial-filter', [partial({ a: { $nin: [1] } })], [partial({ a: { $in: [1] } })]],
  [
    '$not below $and',
    'partial-filter',
    [partial({ $and: [{ a: { $not: { $gt: 1 } } }] })],
    [partial({ $and: [{ a: { $gt: 1 } }] })],
  ],
  ['$nor in a partial filter', 'partial-filter', [partial({ $nor: [{ a: 1 }] })], [partial({ $or: [{ a: 1 }] })]],
  [
    '$exists: false in a partial filter',
    'partial-filter',
    [partial({ a: { $exists: false } })],
    [partial({ a: { $exists: true } })],
  ],
  ['a regular expression in a partial filter', 'partial-filter', [partial({ a: /x/ })], [partial({ a: 'x' })]],
  [
    'an expression in a partial filter',
    'partial-filter',
    [partial({ $expr: { $gt: ['$a', 1] } })],
    [partial({ a: null })],
  ],
  [
    'an expiry by two fields',
    'ttl-index',
    [index({ a: 1, b: 1 }, { expireAfterSeconds: 5 })],
    [index({ a: 1 }, { expireAfterSeconds: 5 })],
  ],
  ['an expiry by _id', 'index-option', [index({ _id: 1 }, { expireAfterSeconds: 5 })], [index({ _id: 1, a: 1 })]],
  [
    'a negative expiry',
    'ttl-index',
    [index({ a: 1 }, { expireAfterSeconds: -1 })],
    [index({ a: -1 }, { expireAfterSeconds: 0 })],
  ],
  [
    'an expiry past 31 bits',
    'ttl-index',
    [index({ a: 1 }, { expireAfterSeconds: 2 ** 31 })],
    [index({ a: 1 }, { expireAfterSeconds: 2 ** 31 - 1 })],
  ],
  [
    'an expiry of capped documents',
    'ttl-index',
    [create(undefined, { capped: true, size: 4096 }), index({ a: 1 }, { expireAfterSeconds: 5 })],
    [create(undefined, { capped: true, size: 4096 }), index({ a: 1 })],
  ],
  ['a unique index on _id', 'index-option', [index({ _id: 1 }, { unique: true })], [index({ _id: 1 })]],
  [
    'two arrays in one index',
    'two-arrays',
    [arrays, index({ 'a.c': 1, b: 1 })],
    [arrays, index({ 'a.c': 1, 'a.d': 1 })],
  ],
  [
    'a validator that makes two arrays of an index',
    'two-arrays',
    [create(), index({ a: 1, b: 1 }), { collMod: 'letters', validator: arrays['validator'] }],
    [create(), index({ a: 1, d: 1 }), { collMod: 'letters', validator: arrays['validator'] }],
  ],
  ['a hashed unique index', 'hashed-index', [index({ a: 'hashed' }, { unique: true })], [index({ a: 'hashed' })]],
  ['two hashed fields', 'hashed-index', [index({ a: 'hashed', b: 'hashed' })], [index({ a: 'hashed', b: 1 })]],
  ['a hashed array', 'hashed-index', [arrays, index({ 'a.c': 'hashed' })], [arrays, index({ c: 'hashed' })]],
  [
    'two text indexes',
    'text-index',
    [index({ a: 'text' }), { createIndexes: 'letters', indexes: [{ name: 'two', key: { b: 'text' } }] }],
    [index({ a: 'text', b: 'text' })],
  ],
  [
    'a text index with a collation',
    'index-option',
    [create(undefined, { collation: { locale: 'de' } }), index({ a: 'text' })],
    [create(undefined, { collation: { locale: 'de' } }), index({ a: 'text' }, { collation: { locale: 'simple' } })],
  ],
  ['a unique wildcard index', 'wildcard-index', [index({ '$**': 1 }, { unique: true })], [index({ '$**': 1 })]],
  ['a wildcard that expires', 'ttl-index', [index({ 'a.$**': 1 }, { expireAfterSeconds: 1 })], [index({ 'a.$**': 1 })]],
  [
    'a wildcard projection without a wildcard',
    'index-option',
    [index({ a: 1 }, { wildcardProjection: { b: 1 } })],
    [index({ '$**': 1 }, { wildcardProjection: { b: 1 } })],
  ],
  ['33 fields', 'index-fields', [index(fields(33))], [index(fields(32))]],
  ['no field', 'index-fields', [index({})], [index({ a: Long.fromNumber(1) })]],
  ['an unknown kind of key', 'index-key', [index({ a: 'ascending' })], [index({ a: '2dsphere' })]],
  ['a key of 0', 'index-key', [index({ a: 0 })], [index({ a: -1 })]],
  ['a field that begins with $', 'index-key', [index({ 'a.$b': 1 })], [index({ 'a.b': 1 })]],
  ['the name *', 'index-name', [index({ a: 1 }, { name: '*' })], [index({ a: 1 }, { name: 'all' })]],
  ['an unknown option', 'index-option', [index({ a: 1 }, { clusteredBy: true })], [index({ a: 1 }, { hidden: true })]],
  [
    'a sparse and partial index',
    'index-option',
    [index({ a: 1 }, { sparse: true, partialFilterExpression: { a: 1 } })],
    [index({ a: 1 }, { sparse: true })],
  ],
  [
    'a 65th index',
    'index-count',
    [{ createIndexes: 'letters', indexes: Object.keys(fields(64)).map((name) => ({ name, key: { [name]: 1 } })) }],
    [{ createIndexes: 'letters', indexes: Object.keys(fields(63)).map((name) => ({ name, key: { [name]: 1 } })) }],
  ],
  [
    'one index under two names',
    'index-conflict',
    [index({ a: 1 }), { createIndexes: 'letters', indexes: [{ name: 'two', key: { a: 1 } }] }],
    [index({ a: 1 }), { createIndexes: 'letters', indexes: [{ name: 'two', key: { a: -1 } }] }],
  ],
  ['two indexes of one name', 'index-conflict', [index({ a: 1 }), index({ b: 1 })], [index({ a: 1 }), index({ a: 1 })]],
  [
    'a dropped index on _id',
    'index-key',
    [{ dropIndexes: 'letters', index: '_id_' }],
    [{ dropIndexes: 'letters', index: '*' }],
  ],
  ['$ref', 'json-schema', [schema({ $ref: '#/a' })], [schema({ title: 'A' })]],
  ['$schema', 'json-schema', [schema({ $schema: 'draft-4' })], [schema({ description: 'A' })]],
  [
    'default',
    'json-schema',
    [schema({ properties: { a: { default: 1 } } })],
    [schema({ properties: { default: {} } })],
  ],
  ['definitions', 'json-schema', [schema({ definitions: {} })], [schema({ dependencies: { a: ['b'] } })]],
  ['format', 'json-schema', [schema({ items: [{ format: 'email' }] })], [schema({ items: [{ pattern: '@' }] })]],
  ['id', 'json-schema', [schema({ id: 'x' })], [schema({ properties: { id: { bsonType: 'int' } } })]],
  ['const', 'json-schema', [schema({ anyOf: [{ const: 1 }] })], [schema({ anyOf: [{ enum: [1] }] })]],
  [
    'an unknown bsonType',
    'json-schema',
    [schema({ properties: { a: { bsonType: 'bigint' } } })],
    [schema({ properties: { a: { bsonType: ['long', 'null'] } } })],
  ],
  ['type integer', 'json-schema', [schema({ type: 'integer' })], [schema({ type: 'number' })]],
  [
    'type beside bsonType',
    'json-schema',
    [schema({ type: 'object', bsonType: 'object' })],
    [schema({ type: 'object' })],
  ],
  ['an empty required', 'json-schema', [schema({ required: [] })], [schema({ required: ['a'] })]],
  [
    'a limit without the limit',
    'json-schema',
    [schema({ exclusiveMinimum: true })],
    [schema({ minimum: 0n, exclusiveMinimum: true })],
  ],
  ['a boolean as a schema', 'json-schema', [schema({ not: true })], [schema({ additionalProperties: true })]],
  [
    'an unknown keyword in a query around the schema',
    'json-schema',
    [create({ $and: [{ a: 1 }, { $jsonSchema: { examples: [] } }] })],
    [create({ $and: [{ a: 1 }, { $jsonSchema: { required: ['a'] } }] })],
  ],
  ['$where in a validator', 'validation', [create({ $where: 'true' })], [create({ $expr: { $gt: ['$a', '$b'] } })]],
  [
    'an unknown validation action',
    'validation',
    [create({}, { validationAction: 'ignore' })],
    [create({}, { validationAction: 'warn' })],
  ],
  [
    'an unknown keyword in a changed validator',
    'json-schema',
    [{ collMod: 'letters', validator: { $jsonSchema: { $ref: 'x' } } }],
    [{ collMod: 'letters', validator: {} }],
  ],
  ['101 levels of validator', 'nesting', [create({ a: nested(100) })], [create({ a: nested(99) })]],
  [
    '101 levels of document',
    'nesting',
    [{ insert: 'letters', documents: [nested(101)] }],
    [{ insert: 'letters', documents: [nested(100)] }],
  ],
  [
    '101 levels of update',
    'nesting',
    [{ update: 'letters', updates: [{ q: {}, u: { $set: nested(101) } }] }],
    [{ update: 'letters', updates: [{ q: {}, u: { $set: nested(100) } }] }],
  ],
  ['a view with $out', 'view', [view({ $out: 'x' })], [view({ $match: { a: 1 } })]],
  [
    'a view with $merge below $unionWith',
    'view',
    [view({ $unionWith: { coll: 'x', pipeline: [{ $merge: 'y' }] } })],
    [view({ $unionWith: { coll: 'x', pipeline: [{ $mergeObjects: 'y' }] } })],
  ],
  ['a view with a validator', 'view', [{ ...view(), validator: {} }], [{ ...view(), collation: { locale: 'de' } }]],
  [
    'an index on a view',
    'index-option',
    [view(), { createIndexes: 'seen', indexes: [{ name: 'one', key: { a: 1 } }] }],
    [view(), index({ a: 1 })],
  ],
  [
    'a view changed by its pipeline alone',
    'view',
    [view(), { collMod: 'seen', pipeline: [] }],
    [view(), { collMod: 'seen', viewOn: 'letters', pipeline: [] }],
  ],
  [
    'capped without a size',
    'capped-collection',
    [create(undefined, { capped: true })],
    [create(undefined, { capped: true, size: 1 })],
  ],
  ['a size without capped', 'capped-collection', [create(undefined, { max: 1 })], [create()]],
  [
    'clustered by something else',
    'clustered-collection',
    [create(undefined, { clusteredIndex: { key: { a: 1 }, unique: true } })],
    [create(undefined, { clusteredIndex: { key: { _id: 1 }, unique: true }, expireAfterSeconds: 5 })],
  ],
  [
    'an unknown option of a collection',
    'collection-option',
    [create(undefined, { autoIndexId: false })],
    [create(undefined, { changeStreamPreAndPostImages: { enabled: true } })],
  ],
  ['a long name', 'namespace', [{ create: 'x'.repeat(221) }], [{ create: 'x'.repeat(220) }]],
  ['a name with a dollar', 'namespace', [{ create: 'a$b' }], [{ create: 'a.b' }]],
  ['a name of the system', 'namespace', [{ create: 'system.a' }], [{ create: 'systems' }]],
  ['a renamed view', 'view', [view(), { renameCollection: `${DATABASE}.seen`, to: `${DATABASE}.b` }], [view()]],
  [
    'a unique index that does not begin with the shard key',
    'unique-in-shards',
    [create(), shard({ u: 'hashed' }), index({ a: 1, u: 1 }, { unique: true })],
    [create(), shard({ u: 'hashed' }), index({ u: 1, a: 1 }, { unique: true })],
  ],
  [
    'a shard key after such an index, on a collection renamed since',
    'unique-in-shards',
    [
      { create: 'drafts' },
      { createIndexes: 'drafts', indexes: [{ name: 'a', key: { a: 1 }, unique: true }] },
      { renameCollection: `${DATABASE}.drafts`, to: `${DATABASE}.letters` },
      shard({ u: 'hashed' }),
    ],
    [create(), index({ a: 1 }, { unique: true }), { dropIndexes: 'letters', index: 'one' }, shard({ u: 'hashed' })],
  ],
  [
    'a shard key of two hashed fields',
    'shard-key',
    [shard({ a: 'hashed', b: 'hashed' })],
    [shard({ a: 'hashed', b: 1 })],
  ],
  ['a descending shard key', 'shard-key', [shard({ a: -1 })], [shard({ a: 1 })]],
  ['a shard key in an array', 'shard-key', [arrays, shard({ 'a.c': 1 })], [arrays, shard({ c: 1 })]],
  [
    'a sharded capped collection',
    'shard-key',
    [create(undefined, { capped: true, size: 1 }), shard({ a: 1 })],
    [create(), shard({ a: 1 })],
  ],
  [
    'sharding with a collation',
    'shard-key',
    [create(undefined, { collation: { locale: 'de' } }), shard({ a: 1 })],
    [create(undefined, { collation: { locale: 'de' } }), shard({ a: 1 }, { collation: { locale: 'simple' } })],
  ],
];

const problemsOf = (commands: readonly Document[]) => {
  const rules = new MongoServerRules(DATABASE);
  return commands.flatMap((command) => rules.check(command));
};

describe('what MongoDB refuses', () => {
  it.each(CASES)('%s, by mongodb/%s', (_, rule, bad) => {
    const problems = problemsOf(bad);
    expect(problems.map((problem) => problem.rule)).toContain(`mongodb/${rule}`);
    for (const { subject, problem, manualPage } of problems) {
      expect([subject, problem, manualPage].every((text) => text.length > 4)).toBe(true);
    }
  });

  it.each(CASES)('is not the neighbour of %s', (_what, _rule, _bad, good) => {
    expect(problemsOf(good)).toEqual([]);
  });

  it('is found in keys as the driver sends them', () => {
    const sent = (...keys: string[]) => index(new Map(keys.map((key) => [key, 1])), { expireAfterSeconds: 1 });
    expect(problemsOf([sent('a', 'b')]).map(({ rule }) => rule)).toEqual(['mongodb/ttl-index']);
    expect(problemsOf([sent('a')])).toEqual([]);
  });

  it('is said of a collection as it is by then: a dropped one is forgotten', () => {
    expect(problemsOf([arrays, { drop: 'letters' }, create(), index({ 'a.c': 1, b: 1 })])).toEqual([]);
  });
});
