// This project's migrator; bundled into one plain module before it is measured, so that no loader is measured with it.
import { hostname } from 'node:os';
import { TOOL_VERSION } from '@finova/db-kit';
import { type MigrationDomain, withMigrator } from '@finova/db-kit/migrations';
// The migrator loads it when something is to run; on the other sides, too, modules are loaded before the clock starts.
import 'umzug';

/** The module beside the bundle; the peers' drivers use the same. */
const REPORT_MODULE = './report-measurement.mjs';
const { reportMeasurement } = (await import(REPORT_MODULE)) as {
  reportMeasurement: (work: () => Promise<void>) => Promise<void>;
};

const migrationsFolder = process.env['MIGRATIONS_FOLDER'] ?? '';
const domain: MigrationDomain = { name: 'bench-db', engine: 'postgres', namespace: 'bench', migrationsFolder };

await reportMeasurement(async () => {
  await withMigrator(
    {
      domain,
      url: process.env['DATABASE_URL'] ?? '',
      identity: { actor: 'bench', host: hostname(), pid: process.pid, gitCommit: null, toolVersion: TOOL_VERSION },
      lockTimeoutMs: 10_000,
      cacheFolder: process.env['CACHE_FOLDER'],
    },
    (migrator) => migrator.up(),
  );
});
