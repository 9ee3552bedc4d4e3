import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openAccountsTestDatabase } from './accounts-test-database.ts';
import { welcome } from './readme-example.ts';

describe('the example of the README', () => {
  it('is the code that runs here', async () => {
    const example = await readFile(join(import.meta.dirname, 'readme-example.ts'), 'utf8');
    expect(await readFile(join(import.meta.dirname, '..', 'README.md'), 'utf8')).toContain(
      `\`\`\`ts\n${example}\`\`\``,
    );
  });

  it('does what it says', async () => {
    const database = await openAccountsTestDatabase();
    try {
      expect(await welcome(database.db, database.encryption)).toMatchObject({
        status: 'frozen',
        iban: 'DE89370400440532013000',
      });
    } finally {
      await database.close();
    }
  });
});
