import { join } from 'node:path';
import { testMongoUrl, testPostgresUrl } from '@finova/db-kit/testing';
import { startThrowAwayServer } from '@finova/local-databases';
import { describe, expect, it } from 'vitest';
import { ATTACKS } from './attacks/index.ts';
import { Random } from './harness/random.ts';

/** A little of every attack; all of it: npm run attack. */
describe('an attack fails', () => {
  const seed = Math.floor(Math.random() * 2 ** 31);

  it.each(ATTACKS)(`$name (seed ${seed})`, { timeout: 180_000 }, async ({ run }) => {
    const { failures } = await run({
      random: new Random(seed),
      servers: { postgres: testPostgresUrl(), mongodb: testMongoUrl() },
      // Those that kill within transactions, or end sessions, do it on servers of their own.
      startMongo: () => startThrowAwayServer(join(import.meta.dirname, '..'), 'mongodb'),
      count: ({ tiny }) => tiny,
    });
    expect(failures).toEqual([]);
  });
});
