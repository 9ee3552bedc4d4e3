import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Arbitrary } from 'fast-check';
import fc from 'fast-check';
import { type Db, type Document, MongoBulkWriteError, type WithoutId } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isMongoError, MongoErrorCode } from '../errors/index.ts';
import { createMongoClient } from '../mongodb/client.ts';
import type { CollectionDefinition } from '../mongodb/collection.ts';
import { asWritten, mutated } from './document-mutations.ts';
import { testMongoUrl } from './test-servers.ts';

/**
 * Tests that zod and the server give the same verdict about documents of a collection, valid ones and ones a step
 * away from valid.
 *
 * `FINOVA_PROPERTY_SEED` repeats a run; a failure prints its seed.
 *
 * @param documents - valid documents, `_id` included.
 * @param count - how many of each kind.
 */
export function describeValidatorAgreement(
  definition: CollectionDefinition,
  documents: Arbitrary<object>,
  count = 2_600,
): void {
  const seed = Number(process.env['FINOVA_PROPERTY_SEED'] ?? Date.now() % 2 ** 31);
  const client = () => createMongoClient({ url: testMongoUrl(), applicationName: 'finova tests' });

  describe(`zod and the server about ${definition.name} (FINOVA_PROPERTY_SEED=${seed})`, () => {
    const databaseName = `finova_test_${randomUUID().replaceAll('-', '')}`;
    let connection: ReturnType<typeof client>;
    let db: Db;

    beforeAll(() => {
      connection = client();
      db = connection.db(databaseName);
    });
    afterAll(async () => {
      await db.dropDatabase();
      await connection.close();
    });

    it('both take every valid document', async () => {
      const valid = fc.sample(documents.map(asWritten), { seed, numRuns: count });
      expect(valid.filter((document) => !definition.schema.safeParse(document).success)).toEqual([]);
      expect(await acceptedByServer(db, definition, valid)).toEqual(valid.map(() => true));
    });

    it('both say the same about documents a step away', async () => {
      const candidates = fc.sample(mutated(documents), { seed, numRuns: count });
      const accepted = await acceptedByServer(db, definition, candidates);
      const disagreements = candidates
        .map((document, index) => ({
          document,
          zod: takenAsItIs(definition, document),
          server: accepted[index],
        }))
        .filter(({ zod, server }) => zod !== server);
      expect(disagreements).toEqual([]);
      // Otherwise the test above would have nothing to tell apart.
      expect(accepted.filter((verdict) => !verdict).length).toBeGreaterThan(count / 4);
    });
  });
}

/**
 * Zod's verdict. It takes a date for an object whose members are all optional, and gives `{}` back: that is another
 * document, so it does not count as taken.
 */
function takenAsItIs(definition: CollectionDefinition, document: object): boolean {
  const { success, data } = definition.schema.safeParse(document);
  return success && isDeepStrictEqual(data, document);
}

/** The server's verdict on each document, by a collection that has the validator and no indexes. */
async function acceptedByServer(
  db: Db,
  definition: CollectionDefinition,
  documents: readonly object[],
): Promise<readonly boolean[]> {
  const name = `agreement_${randomUUID()}`;
  await db.createCollection(name, {
    validator: definition.validator,
    validationLevel: 'strict',
    validationAction: 'error',
  });
  // Copies: the driver adds an _id to what has none, and a mutation may have left it out on purpose.
  const copies = documents.map((document) => ({ ...document }) as WithoutId<Document>);
  const refused = new Set<number>();
  try {
    await db.collection(name).insertMany(copies, { ordered: false });
  } catch (thrown) {
    if (!(thrown instanceof MongoBulkWriteError)) {
      throw thrown;
    }
    for (const error of Array.isArray(thrown.writeErrors) ? thrown.writeErrors : [thrown.writeErrors]) {
      if (error.code === MongoErrorCode.duplicateKey || isMongoError(error.err, [MongoErrorCode.duplicateKey])) {
        throw thrown;
      }
      refused.add(error.index);
    }
  }
  return documents.map((_, index) => !refused.has(index));
}
