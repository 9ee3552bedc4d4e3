import { MongoClient } from 'mongodb';
import { type MongoConnectionOptions, mongoClientOptions } from './connect.ts';

/**
 * A client for a service: majority acknowledgement, bounded waiting, 64-bit integers as `bigint`. It connects with
 * its first command; end it with `close()`.
 */
export function createMongoClient(options: MongoConnectionOptions): MongoClient {
  return new MongoClient(options.url, mongoClientOptions(options));
}
