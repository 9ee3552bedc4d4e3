import { randomUUID } from 'node:crypto';
import type { Db } from 'mongodb';
import { messageWithoutValues } from '../errors/index.ts';
import { type MongoConnectionOptions, withMongoClient } from './connect.ts';
import { describeMongo, type MongoServerDescription } from './describe-server.ts';
import { SERVER_PROBES } from './server-probes.ts';

/** One thing that a server was asked to do. */
export interface ProbedFeature {
  /** `hashed index` */
  readonly name: string;
  readonly isThere: boolean;
  /** What the server did instead. */
  readonly found: string | undefined;
}

/** What a server is, and what it can do of what MongoDB can. */
export interface ProbedServer extends MongoServerDescription {
  readonly features: readonly ProbedFeature[];
}

/**
 * Asks a server for everything that this project, or whoever designs a collection, may want of MongoDB: by doing it in a
 * database of its own and looking at the effect, because a server can answer "ok" and do nothing. The database is dropped.
 *
 * @throws {DatabaseUnreachableError | DatabaseLoginRefusedError}
 * @throws {MongoServerError} when the user may not make databases.
 * @example
 * (await probeMongoServer({ url, applicationName: 'me' })).features.filter(({ isThere }) => !isThere);
 */
export async function probeMongoServer(connection: MongoConnectionOptions): Promise<ProbedServer> {
  return withMongoClient(connection, async (client) => {
    const description = await describeMongo(client);
    const db = client.db(`finova_probe_${randomUUID().replaceAll('-', '')}`);
    try {
      await db.createCollection('probe');
      const features: ProbedFeature[] = [];
      for (const [name, probe] of Object.entries(SERVER_PROBES)) {
        features.push({ name, ...(await attempt(db, probe)) });
      }
      return { ...description, features };
    } finally {
      await db.dropDatabase();
    }
  });
}

async function attempt(db: Db, probe: (db: Db) => Promise<boolean>) {
  try {
    const isThere = await probe(db);
    return { isThere, found: isThere ? undefined : 'it says ok, and the effect is not there' };
  } catch (thrown) {
    return { isThere: false, found: messageWithoutValues(thrown) };
  }
}
