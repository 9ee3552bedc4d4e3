import { join } from 'node:path';
import type { FieldEncryption } from '@finova/db-kit/encryption';
import { readDomain } from '@finova/db-kit/migrations';
import { createPostgresDatabase } from '@finova/db-kit/postgres';
import { createPostgresTestDatabase, createTestEncryption, testPostgresUrl } from '@finova/db-kit/testing';
import type { Kysely } from 'kysely';
import type { AccountsDatabase } from '../src/schema/index.ts';

/** A migrated database of one test file, with keys of its own. */
export interface AccountsTestDatabase {
  readonly url: string;
  readonly db: Kysely<AccountsDatabase>;
  readonly encryption: FieldEncryption;
  close(): Promise<void>;
}

/** Copies the migrated template for one test file, on the server of the test run unless another one is given. */
export async function openAccountsTestDatabase(serverUrl = testPostgresUrl()): Promise<AccountsTestDatabase> {
  const domain = await readDomain(join(import.meta.dirname, '..'));
  const database = await createPostgresTestDatabase(serverUrl, [domain]);
  const db = createPostgresDatabase<AccountsDatabase>({ url: database.url, applicationName: 'accounts-db tests' });
  return {
    url: database.url,
    db,
    encryption: await createTestEncryption(),
    close: async () => {
      await db.destroy();
      await database.drop();
    },
  };
}
