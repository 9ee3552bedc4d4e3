// Kysely's own migrator with its own file provider.
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import process from 'node:process';
import { FileMigrationProvider, Kysely, Migrator, PostgresDialect } from 'kysely';
import pg from 'pg';
import { reportMeasurement } from './report-measurement.mjs';

await reportMeasurement(async () => {
  const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });
  const db = new Kysely({ dialect: new PostgresDialect({ pool }) });
  const provider = new FileMigrationProvider({ fs, path, migrationFolder: process.env.MIGRATIONS_FOLDER });
  const { error } = await new Migrator({ db, provider }).migrateToLatest();
  if (error !== undefined) {
    throw error;
  }
  await db.destroy();
});
