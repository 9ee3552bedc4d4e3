import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readDomain } from '../migrations/domain-manifest.ts';
import { dumpDomain, dumpFileName } from '../migrations/dump-domain.ts';
import { createMongoTestDatabase } from './mongo-test-database.ts';
import { createPostgresTestDatabase } from './postgres-test-database.ts';
import { testMongoUrl, testPostgresUrl } from './test-servers.ts';

/**
 * That the committed `schema.sql` or `collections.json` of a domain is what its migrations make, as a test.
 *
 * @param folder - the domain package: `…/packages/accounts-db`.
 * @param sharedWith - folders of PostgreSQL domains of the same database that this one stands on, in their order.
 * @example
 * describeSchemaDump(join(import.meta.dirname, '..'));
 */
export function describeSchemaDump(folder: string, sharedWith: readonly string[] = []): void {
  describe('schema dump', () => {
    it('is what the migrations make (npm run db -- dump)', async () => {
      const domain = await readDomain(folder);
      const database = await openMigrated(folder, sharedWith);
      onTestFinished(() => database.drop());
      const committed = await readFile(join(folder, dumpFileName(domain.engine)), 'utf8').catch(() => '');
      expect(committed).toBe(await dumpDomain(database.domain, database.url));
    });
  });
}

async function openMigrated(folder: string, sharedWith: readonly string[]) {
  const domain = await readDomain(folder);
  if (domain.engine === 'mongodb') {
    return createMongoTestDatabase(testMongoUrl(), domain);
  }
  const below = await Promise.all(sharedWith.map(readDomain));
  return { domain, ...(await createPostgresTestDatabase(testPostgresUrl(), [...below, domain])) };
}
