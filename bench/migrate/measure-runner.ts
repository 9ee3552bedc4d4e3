import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FinovaError } from '@finova/db-kit';
import { withPostgresClient } from '@finova/db-kit/postgres';
import { escapeLiteral } from 'pg';
import type { CreateDatabase } from '../harness/fresh-database.ts';
import type { Measurement, MigrationRunner } from './migration-runner.ts';
import { sampleMigrations } from './sample-migrations.ts';

/** A runner that does not do the work must not win the race. */
export class WorkNotDoneError extends FinovaError {
  readonly runner: string;
  readonly expected: number;
  readonly found: number;

  constructor(runner: string, expected: number, found: number) {
    super({ message: `${runner} should have made ${expected} tables and made ${found}`, next: 'read its output' });
    this.runner = runner;
    this.expected = expected;
    this.found = found;
  }
}

/** One runner on one fresh database. */
export interface RunnerResult {
  /** From an empty database to all migrations applied. */
  readonly applied: Measurement;
  /** How many transactions the server counted meanwhile; its own housekeeping adds a few. */
  readonly commits: number;
  /** Again, in a new process, with nothing left to do. */
  readonly noOp: Measurement;
}

/**
 * Measures a runner once, on a database and with migrations of its own. Neither is removed here: see
 * `withFreshDatabases`.
 *
 * @param home - the runner's folder, made by its `install`.
 * @throws {WorkNotDoneError} when the tables are not there afterwards.
 */
export async function measureRunner(
  runner: MigrationRunner,
  home: string,
  createDatabase: CreateDatabase,
  migrationCount: number,
): Promise<RunnerResult> {
  const tag = randomUUID().slice(0, 8);
  const folder = join(runsFolder(home), tag);
  await runner.writeMigrations(folder, sampleMigrations(migrationCount, tag));
  const databaseUrl = await createDatabase(`finova_bench_${tag}`);
  const applied = await runner.run({ home, folder, databaseUrl });
  const { tables, commits } = await inspectDatabase(databaseUrl, tag);
  if (tables !== migrationCount) {
    throw new WorkNotDoneError(runner.name, migrationCount, tables);
  }
  return { applied, commits, noOp: await runner.run({ home, folder, databaseUrl }) };
}

/** Removes the migrations that were written for {@link measureRunner}. */
export async function removeRuns(home: string): Promise<void> {
  await rm(runsFolder(home), { recursive: true, force: true });
}

/** Inside the runner's home, so that migrations find the packages that they import. */
function runsFolder(home: string): string {
  return join(home, 'runs');
}

interface DatabaseFacts {
  readonly tables: number;
  readonly commits: number;
}

async function inspectDatabase(databaseUrl: string, tag: string): Promise<DatabaseFacts> {
  return withPostgresClient({ url: databaseUrl, applicationName: 'finova bench' }, async (client) => {
    const { rows } = await client.query<DatabaseFacts>(
      `SELECT xact_commit::integer AS commits, (
         SELECT count(*)::integer FROM pg_tables WHERE starts_with(tablename, ${escapeLiteral(`bench_${tag}_`)})
       ) AS tables
       FROM pg_stat_database WHERE datname = current_database()`,
    );
    return rows[0] ?? { tables: 0, commits: 0 };
  });
}
