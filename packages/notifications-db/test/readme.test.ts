import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newId } from '@finova/db-kit';
import { readDomain } from '@finova/db-kit/migrations';
import { withMongoClient } from '@finova/db-kit/mongodb';
import { createMongoTestDatabase, testMongoUrl } from '@finova/db-kit/testing';
import { describe, expect, it } from 'vitest';
import { notify } from './readme-example.ts';

const folder = join(import.meta.dirname, '..');

describe('the example of the README', () => {
  it('is the code that runs here', async () => {
    const example = await readFile(join(import.meta.dirname, 'readme-example.ts'), 'utf8');
    expect(await readFile(join(folder, 'README.md'), 'utf8')).toContain(`\`\`\`ts\n${example}\`\`\``);
  });

  it('does what it says', async () => {
    const database = await createMongoTestDatabase(testMongoUrl(), await readDomain(folder));
    try {
      await withMongoClient({ url: database.url, applicationName: 'finova tests' }, async (client) => {
        expect(await notify(client.db(database.databaseName), newId(), newId())).toEqual({ mailed: 1, unread: 1 });
      });
    } finally {
      await database.drop();
    }
  });
});
