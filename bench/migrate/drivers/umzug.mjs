// Umzug by itself, as its documentation shows it for SQL: each migration between BEGIN and COMMIT, and a storage
// that keeps the names in a table.
import process from 'node:process';
import pg from 'pg';
import { Umzug } from 'umzug';
import { reportMeasurement } from './report-measurement.mjs';

await reportMeasurement(async () => {
  const client = new pg.Client({ connectionString: process.env.DATABASE_URL });
  await client.connect();
  await client.query('CREATE TABLE IF NOT EXISTS umzug_migrations (name text PRIMARY KEY)');
  const umzug = new Umzug({
    context: client,
    logger: undefined,
    migrations: {
      glob: ['*.mjs', { cwd: process.env.MIGRATIONS_FOLDER }],
      resolve: ({ name, path, context }) => ({
        name,
        path,
        up: async () => {
          const { up } = await import(path);
          await context.query('BEGIN');
          await up(context);
          await context.query('COMMIT');
        },
      }),
    },
    storage: {
      executed: async () =>
        (await client.query('SELECT name FROM umzug_migrations ORDER BY name')).rows.map((row) => row.name),
      logMigration: async ({ name }) => void (await client.query('INSERT INTO umzug_migrations VALUES ($1)', [name])),
      unlogMigration: async ({ name }) =>
        void (await client.query('DELETE FROM umzug_migrations WHERE name = $1', [name])),
    },
  });
  await umzug.up();
  await client.end();
});
