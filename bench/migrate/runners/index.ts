import type { MigrationRunner } from '../migration-runner.ts';
import { dbmate } from './dbmate.ts';
import { graphileMigrate } from './graphile-migrate.ts';
import { kysely } from './kysely.ts';
import { nodePgMigrate } from './node-pg-migrate.ts';
import { sqitch } from './sqitch.ts';
import { umzug } from './umzug.ts';

/** Whom this project's migrator is compared with. */
export const PEERS: readonly MigrationRunner[] = [umzug, kysely, nodePgMigrate, graphileMigrate, dbmate, sqitch];

export { finovaDb } from './finova-db.ts';
