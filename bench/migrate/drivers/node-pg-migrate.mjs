import process from 'node:process';
// biome-ignore lint/correctness/noUndeclaredDependencies: a peer's package, fetched when it is measured.
import { runner } from 'node-pg-migrate';
import { reportMeasurement } from './report-measurement.mjs';

await reportMeasurement(() =>
  runner({
    databaseUrl: process.env.DATABASE_URL,
    dir: process.env.MIGRATIONS_FOLDER,
    direction: 'up',
    count: Number.POSITIVE_INFINITY,
    migrationsTable: 'pgmigrations',
    // Its default is one transaction for all; this one is compared with those that make one each.
    singleTransaction: false,
    log: () => {},
  }),
);
