export { type PostgresConnectionOptions, withPostgresClient } from './connect.ts';
export { describePostgres } from './describe-server.ts';
export { createPostgresDatabase, type PostgresPoolOptions } from './pool.ts';
export { type SingleConnectionOptions, singleConnectionKysely } from './single-connection-kysely.ts';
export { describePostgresStructure, type Structure } from './structure.ts';
export { type TransactionOptions, withTransaction } from './transaction.ts';
export { postgresTypes } from './types.ts';
