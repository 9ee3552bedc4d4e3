import process from 'node:process';
// biome-ignore lint/correctness/noUndeclaredDependencies: a peer's package, fetched when it is measured.
import { Logger } from '@graphile/logger';
// biome-ignore lint/correctness/noUndeclaredDependencies: a peer's package, fetched when it is measured.
import graphileMigrate from 'graphile-migrate';
import { reportMeasurement } from './report-measurement.mjs';

const silent = new Logger(() => () => {});

await reportMeasurement(() =>
  graphileMigrate.migrate({
    connectionString: process.env.DATABASE_URL,
    migrationsFolder: process.env.MIGRATIONS_FOLDER,
    logger: silent,
  }),
);
