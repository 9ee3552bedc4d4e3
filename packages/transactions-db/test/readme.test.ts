import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openLedgerTestDatabase } from './ledger-test-database.ts';
import { buy } from './readme-example.ts';

describe('the example of the README', () => {
  it('is the code that runs here', async () => {
    const example = await readFile(join(import.meta.dirname, 'readme-example.ts'), 'utf8');
    expect(await readFile(join(import.meta.dirname, '..', 'README.md'), 'utf8')).toContain(
      `\`\`\`ts\n${example}\`\`\``,
    );
  });

  it('does what it says', async () => {
    const database = await openLedgerTestDatabase();
    try {
      const [payer, shop] = [await database.openAccount(), await database.openAccount()];
      await database.fund(payer, 10_000n);
      const order = { id: 'order-17', placedAt: new Date() };
      expect(await buy(database.db, payer, shop, order)).toEqual({ available: 5_010n, newest: 4_990n });
      // Whoever does not know how it ended asks again.
      expect(await buy(database.db, payer, shop, order)).toEqual({ available: 5_010n, newest: 4_990n });
    } finally {
      await database.close();
    }
  });
});
