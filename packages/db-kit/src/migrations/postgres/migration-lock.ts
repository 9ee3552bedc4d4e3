import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { LockTimeoutError, MigrationInterruptedError } from '../errors/index.ts';
import type { EngineOptions } from '../migration-engine.ts';
import type { PostgresBookkeeping } from './bookkeeping.ts';

const POLL_INTERVAL_MS = 50;
const POLL_JITTER_MS = 50;

/**
 * The advisory lock key of a domain: the first 8 bytes of a SHA-256, so that other users of advisory locks in the
 * same database do not meet it by accident. The sign bit is cleared: `pg_locks` shows the key in two unsigned halves.
 */
export function migrationLockKey(domain: string): bigint {
  const digest = createHash('sha256').update(`finova-db migrations of ${domain}`).digest();
  return digest.readBigUInt64BE(0) & 0x7fff_ffff_ffff_ffffn;
}

/**
 * Holds a domain's migration lock while `use` runs.
 *
 * The lock belongs to the session that also runs the migrations: when the session dies the lock is free and what it
 * ran is rolled back, so there is no moment in which two runners change the domain. It is polled, because a session
 * that waits inside `pg_advisory_lock` holds a snapshot that `CREATE INDEX CONCURRENTLY` waits for: a deadlock.
 *
 * @throws {LockTimeoutError} after `lockTimeoutMs`, naming the holder.
 */
export async function withMigrationLock<T>(
  client: Client,
  bookkeeping: PostgresBookkeeping,
  options: EngineOptions,
  use: () => Promise<T>,
): Promise<T> {
  const key = migrationLockKey(options.domain.name);
  const startedAtMs = performance.now();
  while (!(await tryLock(client, key))) {
    const waitedMs = Math.round(performance.now() - startedAtMs);
    if (waitedMs >= options.lockTimeoutMs) {
      throw new LockTimeoutError(options.domain.name, await bookkeeping.readRunner(key), waitedMs);
    }
    await sleep(POLL_INTERVAL_MS + Math.random() * POLL_JITTER_MS, undefined, { signal: options.signal }).catch(() => {
      throw new MigrationInterruptedError(options.domain.name, 'waiting for the migration lock');
    });
  }
  try {
    return await use();
  } finally {
    // A broken connection has already let go of the lock.
    await client.query('SELECT pg_advisory_unlock($1)', [key]).catch(() => {});
  }
}

async function tryLock(client: Client, key: bigint): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [key]);
  return rows[0]?.locked === true;
}
