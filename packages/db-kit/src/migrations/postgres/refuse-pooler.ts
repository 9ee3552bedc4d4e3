import type { Client } from 'pg';
import { PoolerRefusedError } from '../errors/index.ts';

/**
 * Refuses a connection that goes through a pooler such as PgBouncer. With transaction pooling the session that takes
 * the migration lock is not the one that migrates, and the lock would mean nothing. A pooler announces a process of
 * its own to its clients, so what the server says of itself differs from what was announced.
 *
 * @throws {PoolerRefusedError}
 */
export async function refusePooler(client: Client, domain: string): Promise<void> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const announced = (client as Client & { readonly processID: number }).processID;
  if (rows[0]?.pid !== announced) {
    throw new PoolerRefusedError(domain);
  }
}
