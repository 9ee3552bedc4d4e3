import { randomUUID } from 'node:crypto';
import { Binary, type Db, Double, Long, type MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { isMongoError, MongoErrorCode } from '../errors/index.ts';
import { testMongoUrl } from '../testing/index.ts';
import { bson } from './bson-types.ts';
import { createMongoClient } from './client.ts';
import { mongoJsonSchema, UnsupportedSchemaError } from './json-schema.ts';

describe('mongoJsonSchema', () => {
  it('refuses unknown fields at every level', () => {
    const schema = z.strictObject({ inner: z.strictObject({ list: z.array(z.strictObject({})) }) });
    expect(mongoJsonSchema(schema)).toEqual({
      bsonType: 'object',
      required: ['inner'],
      additionalProperties: false,
      properties: {
        inner: {
          bsonType: 'object',
          required: ['list'],
          additionalProperties: false,
          properties: {
            list: { bsonType: 'array', items: { bsonType: 'object', properties: {}, additionalProperties: false } },
          },
        },
      },
    });
  });

  it('gives each type exactly one BSON type, with its limits', () => {
    const schema = z.strictObject({
      long: bson.long({ min: 0n, max: 2n ** 62n }),
      int: bson.int({ min: 1, max: 9 }),
      date: bson.date(),
      binary: bson.binary(),
      flag: z.boolean(),
      choice: z.enum(['a', 'b']),
      constant: z.literal('only'),
      text: bson.text({ minLength: 1, maxLength: 5 }),
      nothing: bson.int().nullable(),
    });
    expect(mongoJsonSchema(schema)['properties']).toEqual({
      long: { bsonType: 'long', minimum: 0n, maximum: 2n ** 62n },
      int: { bsonType: 'int', minimum: 1, maximum: 9 },
      date: { bsonType: 'date' },
      binary: { bsonType: 'binData' },
      flag: { bsonType: 'bool' },
      choice: { bsonType: 'string', enum: ['a', 'b'] },
      constant: { bsonType: 'string', enum: ['only'] },
      text: { bsonType: 'string', minLength: 1, maxLength: 5 },
      nothing: { anyOf: [expect.objectContaining({ bsonType: 'int' }), { bsonType: 'null' }] },
    });
  });

  it('leaves optional members out of required', () => {
    expect(mongoJsonSchema(z.strictObject({ a: z.boolean(), b: z.boolean().optional() }))['required']).toEqual(['a']);
  });

  it('ends patterns at the very end of the text, but not inside classes or after escapes', () => {
    const patternOf = (pattern: RegExp) => mongoJsonSchema(z.string().regex(pattern))['pattern'];
    expect(patternOf(/^a$/)).toBe('^a$(?!\\n)');
    expect(patternOf(/^a$|^b$/)).toBe('^a$(?!\\n)|^b$(?!\\n)');
    expect(patternOf(/^[$]\$$/)).toBe('^[$]\\$$(?!\\n)');
  });

  it.each([
    ['a number that is neither int nor long', z.number(), 'type number'],
    ['a length counted in UTF-16 units', z.string().max(5), 'bson.text'],
    ['a map with constrained keys', z.record(z.string().regex(/^a/), z.boolean()), 'bson.textMap'],
    ['a tuple', z.tuple([z.boolean(), z.boolean()]), 'MongoDB'],
  ])('refuses %s', (_, type, message) => {
    const converting = () => mongoJsonSchema(z.strictObject({ type }));
    expect(converting).toThrow(UnsupportedSchemaError);
    expect(converting).toThrow(message);
  });
});

describe('the server, by the generated validator', () => {
  const schema = z.strictObject({
    long: bson.long({ min: 0n }).optional(),
    int: bson.int({ min: 0 }).optional(),
    date: bson.date().optional(),
    binary: bson.binary().optional(),
    text: bson.text({ minLength: 2, maxLength: 3 }).optional(),
    code: bson.text({ maxLength: 3, pattern: /^[A-Z]+$/ }).optional(),
    map: bson.textMap({ maxEntries: 2, maxLength: 3 }).optional(),
    uuid: bson.uuid().optional(),
  });
  let client: MongoClient;
  let db: Db;

  beforeAll(async () => {
    client = createMongoClient({ url: testMongoUrl(), applicationName: 'finova tests' });
    db = client.db(`finova_test_${randomUUID().replaceAll('-', '')}`);
    const withId = schema.extend({ _id: z.string() });
    await db.createCollection('things', { validator: { $jsonSchema: mongoJsonSchema(withId) } });
  });
  afterAll(async () => {
    await db.dropDatabase();
    await client.close();
  });

  const isTaken = async (document: object) => {
    try {
      await db.collection<{ _id: string }>('things').insertOne({ _id: randomUUID(), ...document });
      return true;
    } catch (thrown) {
      if (isMongoError(thrown, [MongoErrorCode.documentValidationFailure])) {
        return false;
      }
      throw thrown;
    }
  };

  it.each<[string, object]>([
    ['a long as bigint', { long: 1n }],
    ['a small long', { long: Long.fromNumber(1) }],
    ['the largest long', { long: 2n ** 63n - 1n }],
    ['an int', { int: 5 }],
    ['a date', { date: new Date() }],
    ['bytes', { binary: new Binary(Buffer.from('x')) }],
    ['three characters of four UTF-16 units', { text: '😀ab' }],
    ['a small map', { map: { a: 'x', b_2: 'yyy' } }],
    ['a UUID', { uuid: randomUUID() }],
  ])('takes %s', async (_, document) => {
    expect(await isTaken(document)).toBe(true);
  });

  it.each<[string, object]>([
    ['a long sent as an int', { long: 1 }],
    ['a double in place of a long', { long: new Double(1) }],
    ['a long below its minimum', { long: -1n }],
    ['a fraction in place of an int', { int: 1.5 }],
    ['a double in place of an int', { int: new Double(1) }],
    ['a negative zero, which is a double', { int: -0 }],
    ['an integer past 32 bits, which is a double', { int: 2 ** 31 }],
    ['a date as text', { date: '2026-03-04' }],
    ['text that is too short in characters', { text: '😀' }],
    ['text that is too long', { text: 'abcd' }],
    ['a line feed after a match', { code: 'EU\n' }],
    ['a map key with a dollar', { map: { $a: 'x' } }],
    ['too many map entries', { map: { a: 'x', b: 'x', c: 'x' } }],
    ['a map value that is too long', { map: { a: 'xxxx' } }],
    ['an upper-case UUID', { uuid: randomUUID().toUpperCase() }],
    ['an unknown field', { other: true }],
  ])('refuses %s, like zod', async (_, document) => {
    expect(await isTaken(document)).toBe(false);
    expect(schema.safeParse(document).success).toBe(false);
  });

  it('leaves it to zod to refuse half a character, in whose place the driver sends another one', async () => {
    const half = { text: `ab${'😀'.slice(0, 1)}` };
    expect(await isTaken(half)).toBe(true);
    expect(await db.collection('things').countDocuments({ text: 'ab\ufffd' })).toBe(1);
    expect(schema.safeParse(half).success).toBe(false);
  });
});
