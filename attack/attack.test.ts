import { join } from 'node:path';
import { testMongoUrl, testPostgresUrl } from '@finova/db-kit/testing';
import { startThrowAwayServer } from '@finova/local-databases';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ATTACKS } from './attacks/index.ts';
import { Random } from './harness/random.ts';

/**
 * Those that may kill a process within a transaction of MongoDB. SecantusDB then waits for a minute, and may hang for good:
 * each has a server of its own, so that no other test goes down with it.
 */
const KILLS_IN_TRANSACTIONS = ['kill-9', 'relay'];

/** A little of every attack; all of it: npm run attack. */
describe('an attack fails', () => {
  const seed = Math.floor(Math.random() * 2 ** 31);

  const attempt = async ({ run }: (typeof ATTACKS)[number], mongodb: string) => {
    const { failures } = await run({
      random: new Random(seed),
      servers: { postgres: testPostgresUrl(), mongodb },
      count: ({ tiny }) => tiny,
    });
    expect(failures).toEqual([]);
  };

  it.each(ATTACKS.filter(({ name }) => !KILLS_IN_TRANSACTIONS.includes(name)))(
    `$name (seed ${seed})`,
    { timeout: 180_000 },
    (attack) => attempt(attack, testMongoUrl()),
  );

  it.each(ATTACKS.filter(({ name }) => KILLS_IN_TRANSACTIONS.includes(name)))(
    `$name (seed ${seed})`,
    { timeout: 180_000 },
    async (attack) => {
      const server = await startThrowAwayServer(join(import.meta.dirname, '..'), 'mongodb');
      onTestFinished(() => server.stop());
      await attempt(attack, server.url);
    },
  );
});
