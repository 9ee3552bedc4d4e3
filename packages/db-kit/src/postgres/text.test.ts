import { createPostgresTestDatabase, type PostgresTestDatabase, testPostgresUrl } from '@finova/db-kit/testing';
import fc from 'fast-check';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postgresText } from './text.ts';

describe('text for PostgreSQL', () => {
  let database: PostgresTestDatabase;
  let client: Client;

  beforeAll(async () => {
    database = await createPostgresTestDatabase(testPostgresUrl());
    client = new Client({ connectionString: database.url });
    await client.connect();
    await client.query('CREATE TABLE texts (value text CHECK (char_length(value) BETWEEN 1 AND 8))');
  });
  afterAll(async () => {
    await client?.end();
    await database?.drop();
  });

  /** What the server gives back; undefined when it refuses. */
  const stored = async (value: string): Promise<string | undefined> => {
    const { rows } = await client
      .query<{ value: string }>('INSERT INTO texts VALUES ($1) RETURNING value', [value])
      .catch(() => ({ rows: [] }));
    return rows[0]?.value;
  };

  it('is what the server stores and gives back the same, and nothing else', async () => {
    const unit = fc.oneof(fc.string({ unit: 'binary', maxLength: 1 }), fc.constantFrom('a', '😀', '\0', '\ud83d', 'é'));
    await fc.assert(
      fc.asyncProperty(fc.array(unit, { maxLength: 10 }), async (units) => {
        const value = units.join('');
        expect(postgresText(8).safeParse(value).success).toBe((await stored(value)) === value);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['', 'Too small'],
    ['123456789', 'expected at most 8 characters'],
    ['a\0b', 'expected no NUL character'],
    ['a\ud83d', 'expected whole characters'],
  ])('says of %j what is wrong', (value, message) => {
    expect(() => postgresText(8).parse(value)).toThrow(message);
  });

  it('counts characters, not their halves', () => {
    expect(postgresText(8).parse('😀😀😀😀😀😀😀😀')).toHaveLength(16);
    expect(postgresText(8).safeParse('😀😀😀😀😀😀😀😀😀').success).toBe(false);
  });
});
