import type { MongoClient } from 'mongodb';

/** What a MongoDB-protocol server says it is. */
export interface MongoServerDescription {
  /** `MongoDB 8.0.4`, or `SecantusDB 0.7.0b3 (MongoDB 8.2.11 protocol)` for the stand-in. */
  readonly product: string;
  /** Transactions need a replica set or a sharded cluster. */
  readonly hasTransactions: boolean;
  readonly isSharded: boolean;
}

/** Asks the server what it is; nothing is taken on faith from the URL. */
export async function describeMongo(client: MongoClient): Promise<MongoServerDescription> {
  const admin = client.db('admin');
  const [build, hello] = await Promise.all([admin.command({ buildInfo: 1 }), admin.command({ hello: 1 })]);
  const isSharded = hello['msg'] === 'isdbgrid';
  const standIn = build['secantusVersion'] as string | undefined;
  return {
    product:
      standIn === undefined
        ? `MongoDB ${build['version']}`
        : `SecantusDB ${standIn} (MongoDB ${build['version']} protocol)`,
    hasTransactions: isSharded || hello['setName'] !== undefined,
    isSharded,
  };
}

/** Host and port of a client, without secrets: `127.0.0.1:27017`. */
export function mongoAddress(client: MongoClient): string {
  return client.options.hosts.map(String).join(',');
}
