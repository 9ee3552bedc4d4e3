import { testMongoUrl, testPostgresUrl } from '@finova/db-kit/testing';
import { describe, expect, it } from 'vitest';
import { ATTACKS } from './attacks/index.ts';
import { Random } from './harness/random.ts';

/** A little of every attack; all of it: npm run attack. */
describe('an attack fails', () => {
  const seed = Math.floor(Math.random() * 2 ** 31);

  it.each(ATTACKS)(`$name (seed ${seed})`, { timeout: 120_000 }, async (attack) => {
    const { failures } = await attack.run({
      random: new Random(seed),
      servers: { postgres: testPostgresUrl(), mongodb: testMongoUrl() },
      count: ({ tiny }) => tiny,
    });
    expect(failures).toEqual([]);
  });
});
